"""`airledger replay`: exact bytes for programs, nothing that a terminal obeys for people."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

TITLE = "\x9b31m red \u202e backwards \x7f"


class Terminal(io.TextIOWrapper):
    """What a terminal would get."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def nasty(run: Run) -> Run:
    assert 0 == run("incident", "report", "--title", "T", "--system", TITLE).status
    return run


def test_a_pipe_gets_the_exact_bytes(nasty: Run) -> None:
    lines = nasty("replay").out.splitlines()
    assert any(TITLE in json.dumps(json.loads(line), ensure_ascii=False) for line in lines if line)


def test_a_terminal_gets_control_characters_written_out(
    nasty: Run, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    from consumers.cli import main

    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Terminal(raw, encoding="utf-8"))
        assert 0 == main(["replay"])
        shown = raw.getvalue().decode()

    assert "\\x9b31m red \\u202e backwards" in shown
    assert not {"\x9b", "\u202e", "\x7f"} & set(shown)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_type_that_nothing_has_is_wrong_usage(nasty: Run, form: tuple[str, ...]) -> None:
    ended = nasty("replay", "--type", "nothing", *form)

    assert 2 == ended.status
    assert "No event has the type 'nothing'" in ended.err
    assert 0 == nasty("replay", "--type", "incident.closed.v1").status
