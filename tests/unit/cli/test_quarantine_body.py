"""`airledger quarantine body`: the exact bytes that are kept, or that they are not."""

import hashlib
import io
import sys
from pathlib import Path

import pytest

from consumers.cli import main
from consumers.intake.parsed import Incoming
from tests.harness.homes import home
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Run
from tests.unit.cli.processes import Airledger
from tests.unit.cli.test_reading import ENTRY, NOW, set_aside
from tests.unit.cli.test_replay_shown import Terminal

BODY = b'{"alerts": "\x1b[31m\x9b\x00none\xff"}\r\n\n' + bytes(range(256)) * 1_000


@pytest.fixture
def entry(data_dir: Path) -> str:
    """A body that is no text, and larger than what `show` gives of it."""
    digest = hashlib.sha256(BODY).hexdigest()
    set_aside(data_dir, Incoming(source="am", body=BODY, digest=digest, arrived_at=NOW))
    return ENTRY


def test_a_pipe_gets_the_exact_bytes(data_dir: Path, entry: str) -> None:
    with Airledger(data_dir) as airledger:
        ended = airledger.run("quarantine", "body", entry)

    assert (0, BODY, "") == (ended.status, ended.out, ended.err)


def test_a_terminal_gets_control_characters_written_out(
    entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Terminal(raw, encoding="utf-8"))
        assert 0 == main(["quarantine", "body", entry])
        shown = raw.getvalue().decode()

    assert shown.startswith('{"alerts": "\\x1b[31m\\x9b\\x00none\\xff"}')
    assert not {"\x1b", "\x9b", "\x00"} & set(shown)


def test_a_body_that_is_gone_is_said_and_nothing_is_written(
    run: Run, entry: str, data_dir: Path
) -> None:
    tamper(data_dir, "DELETE FROM bodies")

    ended = run("quarantine", "body", entry)

    assert (1, "") == (ended.status, ended.out)
    assert f"The body of the entry {entry} is gone" in ended.err
    assert "Put it back from a backup" in ended.err


def test_an_empty_body_is_none_that_is_gone(run: Run, data_dir: Path) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    set_aside(data_dir, Incoming(source="am", body=b"", digest=digest, arrived_at=NOW))

    assert (0, "", "") == run("quarantine", "body", ENTRY)


def test_an_edited_body_is_written_and_said(data_dir: Path, entry: str) -> None:
    content = "X'656469746564'" if home(data_dir) is None else "'\\x656469746564'"
    tamper(data_dir, f"UPDATE bodies SET content = {content}")
    with Airledger(data_dir) as airledger:
        ended = airledger.run("quarantine", "body", entry)

    assert (1, b"edited") == (ended.status, ended.out)
    assert "The kept body is not what arrived" in ended.err


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("unknown", ["no-entry", "01a2", "\u202e"])
def test_an_unknown_id_is_said_with_what_to_do(run: Run, unknown: str) -> None:
    ended = run("quarantine", "body", unknown)

    assert (1, "") == (ended.status, ended.out)
    assert "There is no quarantine entry" in ended.err
    assert "airledger quarantine list" in ended.err.replace("\n", " ")
