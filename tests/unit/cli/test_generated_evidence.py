"""Evidence that the ledger makes of its own log: the same leaf gives the same bytes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger

MONTH = f"{datetime.now(UTC):%Y-%m}"


@pytest.fixture
def airledger(tmp_path: Path) -> Iterator[Airledger]:
    data = tmp_path / "data"
    with Airledger(data, environment(data)) as opened:
        words = ("--title", "It leaked", "--system", "chat", "--severity", "high")
        opened.done("incident", "report", *words)
        other = ("--title", "It fell over", "--system", "rag", "--severity", "low")
        opened.done("incident", "report", *other)
        analysis = ("--summary", "A key was public.", "--root-cause", "=1+1")
        opened.done("incident", "rca", "complete", "INC-1", *analysis)
        yield opened


def made(airledger: Airledger, *words: str) -> tuple[str, str, bytes]:
    """The title and kind of what is made, and its content."""
    filed = airledger.done("evidence", "generate", *words, "--month", MONTH, "--json").json
    content = airledger.done("evidence", "content", filed["reference"]).text
    return filed["state"]["title"], filed["state"]["kind"], content.encode()


def test_the_same_leaf_gives_the_same_bytes_whatever_is_recorded_later(
    airledger: Airledger,
) -> None:
    title, kind, content = made(airledger, "register")
    found = json.loads(content)
    leaf = found["leaf"]
    assert (f"Incident register {MONTH}, up to leaf {leaf}", "other") == (title, kind)
    assert ["chat", "rag"] == [row["system"] for row in found["rows"]]
    airledger.done("incident", "report", "--title", "Later", "--system", "chat")
    again = airledger.done(
        "evidence", "generate", "register", "--month", MONTH, "--leaf", str(leaf)
    ).text
    assert f"up to leaf {leaf}." in again
    rows = airledger.done("evidence", "list", "--kind", "other", "--json").json["items"]
    assert 1 == len(rows)
    later = json.loads(made(airledger, "register")[2])
    assert 3 == len(later["rows"])
    refused = airledger.run("evidence", "generate", "register", "--month", MONTH, "--leaf", "9999")
    assert (2, True) == (refused.status, "sealed up to leaf" in refused.err)


def test_texts_beside_the_log_are_named_and_not_copied(airledger: Airledger) -> None:
    for report in ("register", "rca-summaries", "dashboard-log"):
        for form in ("json", "csv"):
            content = made(airledger, report, "--format", form)[2]
            assert b"It leaked" not in content
            assert b"A key was public" not in content
    analysed = json.loads(made(airledger, "rca-summaries")[2])
    [row] = analysed["rows"]
    assert row["analysis"]["root_cause"].startswith("[text ")
    assert row["rca_completed_at"] is not None
    lines = made(airledger, "register", "--format", "csv", "--system", "rag")[2].splitlines()
    assert 2 == len(lines)


def test_what_is_asked_wrongly_is_refused_with_what_there_is(airledger: Airledger) -> None:
    for words, said in (
        (("cards", "--month", MONTH), "rca-summaries"),
        (("register", "--month", "2026"), "2026-11"),
        (("register", "--month", MONTH, "--format", "pdf"), "csv"),
    ):
        ended = airledger.run("evidence", "generate", *words)
        assert ended.status in {1, 2}
        assert said in ended.err


def test_a_raci_of_a_month_is_refused(airledger: Airledger) -> None:
    refused = airledger.run("evidence", "generate", "raci", "--month", MONTH)
    assert "The RACI is that of the policy in force" in refused.err
