"""The HTML form of a command has a labelled input for each field, with the limits of its body."""

from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from litestar import Request

from consumers.web.pages.forms import form_of
from consumers.web.pages.rendering import environment
from consumers.web.pages.submitting import TOKEN, require_token
from consumers.web.sessions import COOKIE
from ledger.domain.catalogue import STREAMS
from ledger.domain.stream_type import StreamType
from ledger.errors import Refused
from ledger.vocabulary import Severity

COMMANDS = [(kind, name) for kind in STREAMS for name in kind.commands]


class Inputs(HTMLParser):
    """The inputs of a form by their names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.options: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"input", "select", "textarea"}:
            self.found[given["name"] or ""] = {"tag": tag, **given}
        if tag == "option":
            self.options.append(given["value"])


def rendered(kind: StreamType, name: str, **hidden: str) -> Inputs:
    template = environment.from_string(
        "{% from 'macros.html' import command_form %}{{ command_form(form) }}"
    )
    return Inputs(template.render(form=form_of(kind, name, "REF-1")._replace(hidden=hidden)))


@pytest.mark.parametrize(
    ("kind", "name"), COMMANDS, ids=[f"{kind.kind} {name}" for kind, name in COMMANDS]
)
def test_every_command_has_a_form_with_all_of_its_fields(kind: StreamType, name: str) -> None:
    body = kind.commands[name].body
    found = rendered(kind, name).found
    fields = {each.encode_name: each.required for each in msgspec.structs.fields(body)}
    assert set(fields) == set(found)
    assert fields == {each: "required" in attributes for each, attributes in found.items()}


def test_a_form_has_the_limits_and_the_words_of_the_body() -> None:
    [incident] = [kind for kind in STREAMS if kind.kind == "incident"]
    report = rendered(incident, "report", key="k<1>")
    assert ("input", "500") == (report.found["title"]["tag"], report.found["title"]["maxlength"])
    assert "textarea" == report.found["description"]["tag"]
    assert "datetime-local" == report.found["detected_at"]["type"]
    assert ["", *Severity] == report.options
    assert "k<1>" == report.found["key"]["value"]
    assert "url" == rendered(incident, "ticket").found["url"]["type"]


def test_a_form_posts_to_its_command() -> None:
    [incident] = [kind for kind in STREAMS if kind.kind == "incident"]
    assert "/incidents" == form_of(incident, "report").action
    assert "/incidents/INC-7/rca/complete" == form_of(incident, "rca/complete", "INC-7").action


@pytest.mark.parametrize("token", ["", "0" * 64, "\xe9", "\u2603"])
def test_a_form_with_another_token_is_refused_whatever_its_characters(token: str) -> None:
    request = Request[Any, Any, Any](
        {"type": "http", "headers": [(b"cookie", f"{COOKIE}=abc".encode())]}  # type: ignore[arg-type]
    )
    with pytest.raises(Refused):
        require_token(request, {TOKEN: token})
