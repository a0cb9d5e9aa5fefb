"""The risk report as evidence, and its check, on the command line."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger


def month() -> str:
    """The month that it is now, YYYY-MM in UTC."""
    return f"{datetime.now(UTC):%Y-%m}"


NUMBER = 'data-path="$.summary.incidents">1<'


@pytest.fixture
def airledger(tmp_path: Path) -> Iterator[Airledger]:
    data = tmp_path / "data"
    with Airledger(data, environment(data)) as opened:
        opened.done("incident", "report", "--title", "It leaked", "--system", "chat")
        yield opened


def generated(airledger: Airledger, into: Path, *words: str) -> Path:
    """A report that is filed and written to a file."""
    made = ("evidence", "generate", "risk-report", "--month", month(), *words, "--json")
    ref = airledger.done(*made).json["reference"]
    airledger.done("evidence", "content", ref, "--output", str(into))
    return into


def test_a_file_that_is_too_large_is_not_read(airledger: Airledger, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as opened:
        opened.truncate(1 << 30)
    ended = airledger.run("report", "check", str(file))
    assert (2, True) == (ended.status, "has more than" in ended.err)


def test_a_report_is_filed_and_checked_and_a_changed_number_is_named(
    airledger: Airledger, tmp_path: Path
) -> None:
    file = generated(airledger, tmp_path / "report.json")
    found = json.loads(file.read_bytes())
    assert (1, month(), False) == (found["summary"]["incidents"], found["month"], found["complete"])
    assert "It leaked" not in file.read_text("utf-8")
    assert "is what the log gives" in airledger.done("report", "check", str(file)).text

    airledger.done("incident", "report", "--title", "Later", "--system", "chat")
    again = generated(airledger, tmp_path / "again.json", "--leaf", str(found["leaf"]))
    assert file.read_bytes() == again.read_bytes()

    file.write_text(file.read_text("utf-8").replace('"incidents":1', '"incidents":0', 1), "utf-8")
    ended = airledger.run("report", "check", str(file))
    assert (1, True) == (
        ended.status,
        "$.summary.incidents: the file has 0, the log gives 1" in ended.text,
    )
    said = airledger.run("report", "check", str(file), "--json")
    assert (1, False, 1) == (said.status, said.json["ok"], said.json["differing"])


def test_a_page_is_checked_by_what_it_shows(airledger: Airledger, tmp_path: Path) -> None:
    file = generated(airledger, tmp_path / "report.html", "--format", "html")
    airledger.done("report", "check", str(file))
    page = file.read_text("utf-8")
    assert NUMBER in page
    file.write_text(page.replace(NUMBER, NUMBER.replace("1<", "0<")), "utf-8")
    ended = airledger.run("report", "check", str(file))
    assert (1, True) == (ended.status, "$.summary.incidents (shown)" in ended.text)


def test_it_is_of_the_kind_of_evidence_that_the_policy_has(airledger: Airledger) -> None:
    made = ("evidence", "generate", "risk-report", "--month", month(), "--json")
    assert "risk_report" == airledger.done(*made).json["state"]["kind"]
    raw = airledger.done("policy", "show", "--raw").text
    assert 'risk_report = "Risk report"\n' in raw
    old = airledger.data_dir.with_name("old.toml")
    old.write_text(raw.replace('risk_report = "Risk report"\n', ""), "utf-8")
    airledger.done("policy", "adopt", str(old), "--reason", "One of before.")
    assert "other" == airledger.done(*made).json["state"]["kind"]


def test_what_is_asked_wrongly_is_refused_with_what_there_is(airledger: Airledger) -> None:
    for words, said in (
        (("--month", month(), "--format", "csv"), "json, html, pdf"),
        (("--month", month(), "--system", "chat"), "of all systems"),
        (("--month", "2999-01"), "2999-01 begins at"),
        (("--month", month(), "--leaf", "9999"), "sealed up to leaf"),
    ):
        ended = airledger.run("evidence", "generate", "risk-report", *words)
        assert (2, True) == (ended.status, said in ended.err), ended.err


def test_what_is_no_report_is_refused(airledger: Airledger, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text("{}", "utf-8")
    ended = airledger.run("report", "check", str(file))
    assert (2, True) == (ended.status, "This is no risk report" in ended.err)
    missing = airledger.run("report", "check", str(tmp_path / "missing.json"))
    assert (2, True) == (missing.status, "cannot be read" in missing.err)
