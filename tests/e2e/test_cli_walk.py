"""One incident from its report to its end by the command line alone, and every way to refuse."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.disks import tmpfs
from tests.harness.homes import store_of
from tests.unit.cli.processes import Airledger, Ended


@pytest.fixture(scope="module")
def airledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airledger]:
    with Airledger(tmp_path_factory.mktemp("walk") / "data") as started:
        yield started


def reported(airledger: Airledger, *more: str) -> str:
    made = airledger.done("incident", "report", "--title", "T", "--system", "s", "--json", *more)
    return str(made.json["reference"])


def ago(**by: float) -> str:
    return (datetime.now(UTC) - timedelta(**by)).isoformat()


def test_an_incident_is_walked_from_its_report_to_closed(airledger: Airledger) -> None:
    detected = ago(hours=2)
    made = airledger.done(
        *["incident", "report", "--title", "Other people's data", "--system", "search-rag"],
        *["--detected-at", detected, "--severity", "high", "--description", "«Données» 🔥"],
        *["--source", "a customer", "--external-id", "T-1", "--json"],
    ).json
    ref = made["reference"]

    def step(*words: str) -> Any:
        return airledger.done("incident", *words, "--json").json

    assert ("ongoing", "high", "T-1") == tuple(
        made[name] for name in ("impact", "severity", "external_id")
    )
    assert "done" == step("contain", ref, "Off", "--at", ago(hours=1))["steps"]["contain"]["state"]
    step(
        "communicate", ref, "--audience", "customers", "--message", "We know.", "--at", ago(hours=1)
    )
    classified = step("classify", made["id"], "data_breach", "critical", "--reason", "Names")
    assert ("data_breach", "critical") == (classified["category"], classified["severity"])
    step("ticket", ref, "https://tickets.example/1")
    step("notify", ref, "phone", "--receipt", "call 7", "--at", ago(minutes=30))
    step("rollback", "request", ref, "The index mixes tenants", "--target", "v1")
    step("rollback", "fail", ref, "v1")
    assert "done" == step("rollback", "execute", ref, "v0")["steps"]["rollback"]["state"]
    step("rca", "start", ref)
    rca = step(
        *["rca", "complete", ref, "--summary", "S", "--root-cause", "The key lacked the tenant"],
        *["--actions", "A gate", "--actions", "A test", "--at", ago(minutes=1)],
    )["rca"]
    assert ("met", "met") == (rca["state"], rca["verdict_at_due"])
    assert "Ada" == step("assign", ref, "Ada")["owner"]
    step("amend", ref, "title", "Data of others", "--reason", "Clearer")
    step("amend", ref, "impact_ended_at", ago(minutes=5), "--reason", "Seen in the metrics")
    step("waive", ref, "playbook", "--reason", "CheckpointOffsets already")
    closed = step("close", ref)

    assert ("closed", None, "ended") == tuple(
        closed[name] for name in ("status", "next_step", "impact")
    )
    assert closed == airledger.done("incident", "show", ref, "--json").json
    [listed] = airledger.done("incidents", "--status", "closed", "--json").json["items"]
    assert closed == listed | {name: closed[name] for name in ("records", "records_total")} | {
        "context": []
    }
    timeline = airledger.done("incident", "timeline", ref, "--json").json["items"]
    assert closed["version"] == len(timeline)
    assert "Closed" == timeline[-1]["text"]
    assert "open" == step("reopen", ref, "--reason", "It is back")["status"]
    assert (
        "done" == step("playbook", ref, "onboarding", "Check the key")["steps"]["playbook"]["state"]
    )
    assert "closed" == step("close", ref)["status"]


def test_what_is_so_already_is_nothing_to_do(airledger: Airledger) -> None:
    ref = reported(airledger)
    assert f"{ref}: contained.\n" in airledger.done("incident", "contain", ref, "Off").text

    again = airledger.done("incident", "contain", ref, "Off").text

    assert f"{ref}: nothing to do, already in this state.\n" in again


def test_an_incident_can_be_merged_and_dismissed(airledger: Airledger) -> None:
    one, other, alarm = (reported(airledger) for _ in range(3))

    merged = airledger.done("incident", "merge", one, other, "--reason", "Same").text
    dismissed = airledger.done("incident", "dismiss", alarm, "--reason", "A test", "--json").json

    assert f"{one}: merged into {other}.\n" == merged
    assert ("dismissed", "cancelled") == (dismissed["status"], dismissed["rca"]["state"])


def events_in(airledger: Airledger) -> int:
    with closing(store_of(airledger.data_dir)) as store:
        return store.size()


@pytest.fixture(scope="module")
def opened(airledger: Airledger) -> str:
    return reported(airledger)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (["contain", "INC-999", "x"], 1, "There is no incident 'INC-999'. Name one by its id"),
        (["contain", "nonsense", "x"], 1, "There is no incident 'nonsense'."),
        (["contain", "INC-0", "x"], 1, "There is no incident 'INC-0'."),
        (["contain", "REF", ""], 2, "--action '' is invalid: Expected str of length >= 1."),
        (["contain", "REF", "x" * 10_001], 2, "Expected str of length <= 10000."),
        (["contain", "REF", "x", "--at", "2036-01-01T00:00:00Z"], 1, "(rule: not_in_the_future)"),
        (["contain", "REF", "x", "--at", "01/02/2026 10:00"], 2, "such as 2026-11-23T09:30:00Z"),
        (["contain", "REF", "x", "--at", "yesterday"], 2, "--at 'yesterday' is invalid"),
        (["close", "REF"], 1, "pending: contain, communicate, classify, ticket,"),
        (["close", "REF"], 1, "(rule: steps_pending)"),
        (["waive", "REF", "rca", "--reason", "R"], 1, "(rule: rca_cannot_be_waived)"),
        (["waive", "REF", "rollback", "--reason", "R"], 1, "(rule: step_not_applicable)"),
        (["waive", "REF", "contain"], 2, "--reason requires an argument"),
        (["ticket", "REF", "no url"], 2, "--url 'no url' is invalid"),
        (["reopen", "REF", "--reason", "R"], 1, "(rule: incident_open)"),
        (["amend", "REF", "mood", "good", "--reason", "R"], 2, "expected one of title, system,"),
        (["amend", "REF", "severity", "worst", "--reason", "R"], 2, "'worst' is not a severity"),
        (["amend", "REF", "title", "", "--reason", "R"], 2, "An incident needs its title."),
        (["merge", "REF", "INC-999", "--reason", "R"], 1, "There is no incident 'INC-999'."),
        (["merge", "REF", "REF", "--reason", "R"], 1, "(rule: "),
        (["show", "INC-999"], 1, "see airledger incidents."),
        (["timeline", "INC-999"], 1, "see airledger incidents."),
        (["report", "--title", "t"], 2, "--system requires an argument"),
        (["report", "--title", "", "--system", "s"], 2, "--title '' is invalid"),
        (["report", "--title", "t", "--system", "s", "--detected-at", "2036-01-01T00:00:00Z"], 1,
         "cannot have been detected at"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_refused_and_what_to_do(
    airledger: Airledger, opened: str, typed: list[str], status: int, said: str
) -> None:
    before = events_in(airledger)

    ended: Ended = airledger.run("incident", *(opened if word == "REF" else word for word in typed))

    assert (status, b"") == (ended.status, ended.out)
    assert said in ended.err
    assert ended.err.startswith("airledger: ")
    assert before == events_in(airledger)


DIRECTORIES = pytest.mark.parametrize(
    ("data_dir", "said"),
    [
        ("/proc/nowhere", "cannot be made"),
        ("/etc/hostname", "is not a directory that this user may write to"),
        ("/etc/hostname/below", "Name another with --data-dir"),
        ("x" * 300, "File name too long"),
        ("", "data_dir is '' (flag --data-dir): must not be empty"),
    ],
)
NEEDS_NONE = pytest.mark.only_on("sqlite", "on PostgreSQL an audit needs no data directory")


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing is kept in it")
@DIRECTORIES
def test_a_data_directory_that_cannot_be_is_refused_in_a_sentence(
    airledger: Airledger, data_dir: str, said: str
) -> None:
    command = ["source", "add", "tools", "--kind", "native"]
    assert_refused(airledger.run(*command, "--data-dir", data_dir), said)


WITHOUT = pytest.mark.parametrize(
    ("data_dir", "said"),
    [
        ("/proc/nowhere", "There is no ledger in /proc/nowhere"),
        ("/etc/hostname", "There is no ledger in /etc/hostname"),
        ("/etc/hostname/below", "Name the ledger's directory with --data-dir"),
        ("x" * 300, "File name too long"),
        ("", "data_dir is '' (flag --data-dir): must not be empty"),
    ],
)


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing is kept in it")
@WITHOUT
@pytest.mark.parametrize("command", [["incidents"], ["source", "list"]])
def test_reading_makes_no_ledger_and_says_that_there_is_none(
    airledger: Airledger, command: list[str], data_dir: str, said: str
) -> None:
    assert_refused(airledger.run(*command, "--data-dir", data_dir), said)


@NEEDS_NONE
@WITHOUT
def test_a_ledger_in_a_data_directory_that_cannot_be_is_not_verified(
    airledger: Airledger, data_dir: str, said: str
) -> None:
    assert_refused(airledger.run("verify", "--data-dir", data_dir), said)


def assert_refused(ended: Ended, said: str) -> None:
    assert (2, b"") == (ended.status, ended.out)
    assert said in ended.err


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing is kept in it")
def test_a_read_only_directory_takes_no_new_ledger(airledger: Airledger, tmp_path: Path) -> None:
    command = ["source", "add", "tools", "--kind", "native"]
    said = "is not a directory that this user may write to"
    refuse_read_only(airledger, tmp_path, said, *command)


@NEEDS_NONE
@pytest.mark.parametrize("command", ["incidents", "replay", "verify"])
def test_a_read_only_directory_without_a_ledger_is_not_read(
    airledger: Airledger, tmp_path: Path, command: str
) -> None:
    refuse_read_only(airledger, tmp_path, "There is no ledger in", command)


def refuse_read_only(airledger: Airledger, tmp_path: Path, said: str, *command: str) -> None:
    with tmpfs(tmp_path / "data", "size=1m,ro") as disk:
        ended = airledger.run(*command, "--data-dir", str(disk))

    assert_refused(ended, said)
