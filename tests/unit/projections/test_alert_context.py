"""The links and texts of an alert that are shown: http and https alone, bounded, each once."""

import json

import pytest
from msgspec.structs import replace

from ledger.domain.alert import AlertDetails, Sender
from ledger.domain.text import BEGIN, END, OutsideText
from projections.alert_context import (
    MOST_CHARACTERS,
    MOST_LINKS,
    ShownContext,
    alert_context,
    is_web_link,
    shown_context,
)


def alert(**annotations: str) -> AlertDetails:
    return AlertDetails(
        source="am",
        dedup_key="k",
        title="t",
        system="s",
        severity=None,
        labels={},
        annotations=dict(annotations),
        generator_url="http://prometheus.example/graph",
    )


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example:8443/x?y=%20z#f", "HTTPS://A.example/é"]
)
def test_a_web_address_is_a_link(url: str) -> None:
    assert is_web_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "//a.example",
        "https://",
        "https:a.example",
        "https://good.example@evil.example/",
        "https://a.example/\x1b[31m",
        "https://a.example/\u202egnp.exe",
        "https://a.example/ b",
        "https://a.example\\@evil.example",
        "https://[::1",
        "https://a.example/" + "x" * MOST_CHARACTERS,
    ],
)
def test_anything_else_is_none(url: str) -> None:
    assert not is_web_link(url)


def test_a_runbook_comes_first_and_the_same_link_once() -> None:
    links = alert_context(
        alert(
            aa="https://a.example",
            runbook_url="https://r.example",
            z="http://prometheus.example/graph",
        ),
        Sender(external_url="http://am.example"),
    )["links"]
    assert [
        ["runbook_url", "https://r.example"],
        ["aa", "https://a.example"],
        ["z", "http://prometheus.example/graph"],
        ["sender", "http://am.example"],
    ] == links


def test_the_links_of_a_pagerduty_event_are_its_links() -> None:
    links = '[{"href": "https://r.example", "text": "Runbook"}, {"href": "javascript:x"}]'
    assert ["Runbook", "https://r.example"] in alert_context(alert(links=links), None)["links"]
    assert alert_context(alert(links="no JSON"), None)["links"]


def test_links_and_texts_are_bounded() -> None:
    many = {f"a{number}": f"https://a.example/{number}" for number in range(50)}
    found = alert_context(alert(**many, description="d" * 9_000), None)
    assert MOST_LINKS == len(found["links"])
    assert MOST_CHARACTERS + 1 == len(found["texts"]["description"])


def beside() -> AlertDetails:
    """An alert whose annotations lie beside the log."""
    return replace(alert(), annotations_text=OutsideText("x" * 36, "c"))


def shown(**annotations: str) -> ShownContext:
    """What is shown of it once its text is read."""
    row = alert_context(beside(), Sender(external_url="http://am.example"))
    assert f"{BEGIN}{'x' * 36}{END}" == row["said"]
    return shown_context({**row, "said": json.dumps(annotations)})


def test_annotations_beside_the_log_are_shown_as_those_in_the_event() -> None:
    annotations = {
        "summary": "It fails.",
        "runbook_url": " https://r.example ",
        "links": '[{"href": "https://l.example", "text": "L"}]',
        "dash": "https://d.example",
    }
    sender = Sender(external_url="http://am.example")
    inline = shown_context(alert_context(alert(**annotations), sender))
    assert inline == shown(**annotations)
    assert ("runbook_url", "https://r.example") == inline.links[0]
    assert {"summary": "It fails."} == inline.texts


def test_they_are_bounded_too() -> None:
    many = {f"a{number}": f"https://a.example/{number}" for number in range(50)}
    links, texts = shown(**many, description="d" * 9_000)
    assert MOST_LINKS == len(links)
    assert MOST_CHARACTERS + 1 == len(texts["description"])


@pytest.mark.parametrize("said", ["[erased]", "[missing]", "[1]"])
def test_what_cannot_be_read_is_said_and_the_alert_s_own_links_stay(said: str) -> None:
    row = alert_context(beside(), None)
    links, texts = shown_context({**row, "said": said})
    assert [("generator", "http://prometheus.example/graph")] == links
    assert {"annotations": said} == texts
