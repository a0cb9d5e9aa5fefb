"""How an incident, a time in the log and a ledger are named where a command is typed."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from consumers.commands.references import incident_id, is_reference
from ledger.errors import NotFound
from tests.harness.homes import store_of
from tests.unit.cli.conftest import Run


def number(ref: str) -> str:
    return ref.removeprefix("INC-")


def test_a_number_is_a_reference_in_every_place_that_takes_one(run: Run, ref: str) -> None:
    other = run("incident", "report", "--title", "Same", "--system", "chat", "--json").json

    contained = run("incident", "contain", number(ref), "Off")
    merged = run("incident", "merge", number(other["reference"]), number(ref), "--reason", "Same")

    assert (0, 0) == (contained.status, merged.status)
    assert ref == run("incident", "show", number(ref), "--json").json["reference"]
    assert 3 == len(run("incident", "timeline", number(ref), "--json").json["items"])
    assert [] == run("alerts", "--incident", number(ref), "--json").json["items"]
    replayed = run("replay", "--subject", number(ref), "--type", "incident.contained.v1").out
    assert 1 == len(replayed.splitlines())


def test_a_source_means_by_a_number_only_what_it_reported(
    run: Run, ref: str, data_dir: Path
) -> None:
    with closing(store_of(data_dir)) as store:
        assert (True, False) == (is_reference(ref), is_reference(number(ref)))
        by_person = incident_id(store, number(ref))
        by_reference = incident_id(store, ref, reporter="source/pipeline")
        with pytest.raises(NotFound, match="reported none under that key"):
            incident_id(store, number(ref), reporter="source/pipeline")

    assert by_person == by_reference


def test_an_incident_is_shown_with_its_timeline(run: Run, ref: str) -> None:
    run("incident", "contain", ref, "Switched off")

    shown = run("incident", "show", ref).out

    assert "\nTimeline\n" in shown
    assert "Contained: Switched off" in shown.partition("\nTimeline\n")[2]


def test_a_list_has_at_most_as_many_items_as_are_asked_for(run: Run, ref: str) -> None:
    run("incident", "report", "--title", "Second", "--system", "chat")

    for words in (("incidents",), ("rca",)):
        assert 2 == len(run(*words, "--json").json["items"])
        assert 1 == len(run(*words, "--json", "--limit", "1").json["items"])
    assert 2 == run("incidents", "--limit", "0").status


def test_a_replay_is_bounded_by_times_of_recording(run: Run, ref: str) -> None:
    recorded = [json.loads(line)["recordedtime"] for line in run("replay").out.splitlines()]

    def replayed(*words: str) -> list[str]:
        return [json.loads(line)["recordedtime"] for line in run("replay", *words).out.splitlines()]

    assert recorded[-1:] == replayed("--from", recorded[-1])
    assert recorded[:1] == replayed("--to", recorded[0])
    assert recorded == replayed("--from", "yesterday 00:00", "--to", "now")
    assert [] == replayed("--from", "2001-01-01", "--to", "2001-12-31")
    assert recorded[1:] == replayed("--from", "1", "--to", "now")


def test_a_type_that_is_not_known_is_refused_with_those_that_are(run: Run, ref: str) -> None:
    ended = run("replay", "--type", "incident.close.v1")

    assert (2, "") == (ended.status, ended.out)
    assert "Did you mean incident.closed.v1?" in ended.err
    assert "There are incident.absorbed.v1, " in ended.err


def test_a_list_is_bounded_by_times_as_people_write_them(run: Run, ref: str) -> None:
    def listed(*words: str) -> int:
        return len(run("incidents", "--json", *words).json["items"])

    assert 1 == listed("--from", "yesterday 00:00", "--to", "now")
    assert 0 == listed("--to", "yesterday 00:00")
    assert 0 == listed("--to", "2001-01-01", "--tz", "Asia/Tokyo")


@pytest.mark.only_on("sqlite", "a data directory with nothing in it is an embedded ledger's")
@pytest.mark.parametrize(
    "words",
    [
        *(["incident", "contain", "1", "Off"], ["incident", "close", "INC-1"]),
        *(["quarantine", "retry", "x"], ["quarantine", "dismiss", "x", "--reason", "R"]),
        *(["incident", "show", "1"], ["replay"], ["policy", "show"], ["token", "list"]),
    ],
    ids=" ".join,
)
def test_what_needs_a_ledger_begins_none_and_says_where_it_looked(
    run: Run, data_dir: Path, words: list[str]
) -> None:
    ended = run(*words)

    assert (2, "") == (ended.status, ended.out)
    assert f"There is no ledger in {data_dir}: " in ended.err
    assert not data_dir.exists()
