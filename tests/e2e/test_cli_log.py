"""Replay, rebuild and verify, on one data directory with a log of some size."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from consumers.access.people import AIRLEDGER
from consumers.container import ledger as container
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.incident.commands import Communicate, Report
from ledger.execute import Context
from tests.harness.commands import command_incident, report_incident
from tests.harness.homes import environment, settings_of, store_of
from tests.harness.tampering import tamper
from tests.harness.texts import INLINE
from tests.unit.cli.processes import Airledger

EVENTS = 2_500
LONG = "A long story. " * 600
MIB = 1 << 20


@pytest.fixture(scope="module")
def airledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airledger]:
    """A ledger whose log has about 21 MiB, of two incidents."""
    with Airledger(tmp_path_factory.mktemp("log") / "data") as started:
        _fill(started.data_dir)
        yield started


def _fill(data_dir: Path) -> None:
    from uuid import uuid4

    with pytest.MonkeyPatch.context() as patched:  # the log itself has the long texts
        patched.setattr(container, "shipped", lambda: INLINE)
        ledger = open_ledger(settings_of(data_dir))
    context = Context(at=now(), actor=AIRLEDGER, source=AIRLEDGER, correlation=new_id())
    incidents = [uuid4(), uuid4()]
    for incident in incidents:
        report = Report(title="Answers are slow", system="chat")
        ledger.executor.execute(report_incident(incident=incident, report=report), context)
    told = [
        ledger.executor.submit(
            command_incident(
                incident=incidents[number % 2],
                command=Communicate(audience="staff", message=f"{number} {LONG}"),
            ),
            context,
        )
        for number in range(EVENTS)
    ]
    for each in told:
        each.result()
    ledger.seal_and_project()
    ledger.close()


@pytest.fixture(scope="module")
def stored(airledger: Airledger) -> list[tuple[str, str, bytes]]:
    """Stream, type and bytes of every event in the store, in log order."""
    with closing(store_of(airledger.data_dir)) as store:
        entries = store.read(0, EVENTS + 100, sealed=False)
    return [(entry.stream, entry.type, entry.stored) for entry in entries]


Stored = list[tuple[str, str, bytes]]


def lines(events: list[bytes]) -> bytes:
    return b"".join(event + b"\n" for event in events)


def test_replay_is_the_exact_stored_bytes_in_log_order(
    airledger: Airledger, stored: Stored
) -> None:
    assert lines([state for _, _, state in stored]) == airledger.done("replay").out


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        (["--from", "3", "--to", "5"], 3, 5),
        (["--to", "0"], 0, 0),
        (["--from", "1100"], 1100, None),
        (["--from", "990", "--to", "1010"], 990, 1010),
        (["--from", "7", "--to", "6"], 7, 6),
        (["--from", "999999"], 999_999, None),
    ],
)
def test_replay_takes_a_range_inclusive_of_both_ends(
    airledger: Airledger, stored: Stored, typed: list[str], first: int, last: int | None
) -> None:
    wanted = [state for _, _, state in stored][first : None if last is None else last + 1]

    assert lines(wanted) == airledger.done("replay", *typed).out


@pytest.mark.parametrize("subject", ["INC-1", "incident/INC-1", "stream"])
def test_replay_takes_a_subject_by_reference_or_id(
    airledger: Airledger, stored: Stored, subject: str
) -> None:
    stream = stored[1][0]
    wanted = lines([state for of, _, state in stored if of == stream])

    typed = stream if subject == "stream" else subject

    assert wanted == airledger.done("replay", "--subject", typed).out


def test_replay_takes_a_type_and_all_filters_together(airledger: Airledger, stored: Stored) -> None:
    detected = airledger.done("replay", "--type", "incident.detected.v1").out
    both = airledger.done(
        "replay", "--type", "incident.communicated.v1", "--subject", "INC-2", "--to", "20"
    ).out

    assert lines([state for _, of, state in stored if of == "incident.detected.v1"]) == detected
    assert 9 == both.count(b"\n")


def test_replay_of_nothing_is_empty_and_a_typing_error_is_told(airledger: Airledger) -> None:
    nothing = airledger.done("replay", "--type", "incident.closed.v1")
    mistyped = airledger.run("replay", "--type", "incident.close.v1")

    assert (b"", "") == (nothing.out, nothing.err)
    assert (2, b"") == (mistyped.status, mistyped.out)
    assert "Did you mean incident.closed.v1?" in mistyped.err


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (["--from", "-1"], 2, "--from -1 is invalid: leaf indices start at 0 and end at "),
        (["--to", f"{1 << 70}"], 2, "is invalid"),
        (["--subject", "INC-77777"], 1, "There is no incident 'INC-77777'."),
        (["--subject", "incident/nope"], 1, "There is no incident 'nope'."),
    ],
)
def test_a_wrong_range_or_subject_is_refused(
    airledger: Airledger, typed: list[str], status: int, said: str
) -> None:
    ended = airledger.run("replay", *typed)

    assert (status, b"") == (ended.status, ended.out)
    assert said in ended.err


def test_replay_as_one_document_holds_the_same_bytes(airledger: Airledger, stored: Stored) -> None:
    few = airledger.done("replay", "--json", "--to", "1").out
    none = airledger.done("replay", "--json", "--from", "99999")

    assert b'{"items": [\n' + stored[0][2] + b",\n" + stored[1][2] + b"]}\n" == few
    assert {"items": []} == none.json
    every = airledger.done("replay", "--json").json["items"]
    assert [json.loads(state) for _, _, state in stored] == every


def test_replay_streams_with_flat_memory(airledger: Airledger) -> None:
    little = airledger.done("replay", "--to", "10")
    everything = airledger.done("replay")

    assert 20 * MIB < len(everything.out)
    assert everything.peak - little.peak < 10 * MIB


@pytest.mark.parametrize("typed", [["replay"], ["incidents"], ["--help"]])
def test_a_reader_that_leaves_early_is_no_error(airledger: Airledger, typed: list[str]) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", *typed],
        env=os.environ | environment(airledger.data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if started.stdout is None:
        raise AssertionError("no pipe")
    started.stdout.close()

    _, said = started.communicate(timeout=30)

    assert (0, b"") == (started.returncode, said)


def test_rebuilding_changes_nothing_that_people_see(airledger: Airledger) -> None:
    before = airledger.done("incidents", "--json").json

    rebuilt = airledger.done("rebuild", "register", "--json").json["items"]
    every = airledger.done("rebuild").text.splitlines()

    assert [{"name": "register", "events": EVENTS + 3}] == rebuilt
    assert f"timeline: rebuilt from {EVENTS + 3} events." in every
    assert before == airledger.done("incidents", "--json").json


def test_an_unknown_read_model_is_refused_with_those_that_are(airledger: Airledger) -> None:
    ended = airledger.run("rebuild", "registre")

    assert 2 == ended.status
    assert "There is no read model 'registre'. There are register, " in ended.err


@pytest.mark.only_on("sqlite", "deletes the file of the read models")
def test_read_models_may_be_deleted(airledger: Airledger) -> None:
    before = airledger.done("incidents", "--json").json
    (airledger.data_dir / "views.db").unlink()

    assert before == airledger.done("incidents", "--json").json


def test_verify_reads_tiles_of_every_level(airledger: Airledger) -> None:
    found = airledger.done("verify", "--json").json

    assert (True, EVENTS + 3, 0) == (found["ok"], found["size"], found["unsealed"])


def test_the_first_bad_index_is_named_deep_in_the_log(airledger: Airledger) -> None:
    def edit(old: str, new: str) -> None:
        told = f"UPDATE stored_events SET state = replaced(state, '{old}', '{new}')"
        tamper(airledger.data_dir, f"{told} WHERE notification_id IN (1001, 1300)")

    edit("A long story", "A tall story")

    found = airledger.run("verify", "--json")
    edit("A tall story", "A long story")

    assert (1, 1000) == (found.status, found.json["first_bad_index"])
    assert "Verification failed, from event 1000." in found.err
    assert 0 == airledger.run("verify").status
