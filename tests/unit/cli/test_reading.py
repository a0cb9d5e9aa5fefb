"""The register, one incident and its timeline, quarantine, the policy, the settings."""

import dataclasses
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from consumers.container.ledger import open_ledger
from consumers.intake import quarantine
from consumers.intake.formats.registry import FORMATS
from consumers.intake.kafka_records import delivered
from consumers.intake.parsed import Incoming, ParsedBody, rejected
from consumers.intake.record_parser import parse_record
from ledger.execute import Context, RecordSignals
from ledger.policy import digest, shipped
from ledger.vocabulary import SourceKind
from tests.harness.homes import settings_of
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Run, use_terminal
from tests.unit.intake.records import Record

ENTRY = "0199-entry"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def entry(data_dir: Path) -> str:
    """A body in quarantine."""
    body = b'{"alerts": "\x1b[31mnone\xff"}'
    incoming = Incoming(
        source="am", body=body, digest=hashlib.sha256(body).hexdigest(), arrived_at=NOW
    )
    set_aside(data_dir, incoming)
    return ENTRY


def set_aside(data_dir: Path, incoming: Incoming) -> None:
    """Puts a body into quarantine."""
    ledger = open_ledger(settings_of(data_dir))
    notes = quarantine.side_writes_for(
        ledger.store, rejected("alerts is no list"), incoming, SourceKind.ALERTMANAGER, ENTRY
    )
    context = Context(at=NOW, actor="source/am", source="source/am", correlation=ENTRY)
    ledger.executor.execute(RecordSignals(source=incoming.source, notes=notes), context)
    ledger.close()


@pytest.mark.usefixtures("begun")
def test_a_new_ledger_says_that_there_is_nothing_yet(run: Run) -> None:
    assert ("", "No incident was recorded yet.\n") == run("incidents")[1:]
    assert ("", "Nothing is in quarantine.\n") == run("quarantine", "list")[1:]
    no_source = "There is no source yet; see airledger source add --help.\n"
    assert ("", no_source) == run("source", "list")[1:]
    for words in (("incidents",), ("quarantine", "list"), ("source", "list"), ("token", "list")):
        assert {"items": []} == run(*words, "--json").json


def test_the_register_tells_a_risk_manager_what_is_to_be_done(run: Run, ref: str) -> None:
    run("incident", "classify", ref, "safety_failure", "critical")

    told = run("incidents")
    heading, row = told.out.splitlines()

    assert [
        *["Incident", "Severity", "Status", "Impact", "System", "Title", "Detected (UTC)"],
        *["RCA due (UTC)", "RCA", "Next step"],
    ] == heading.split("\t")
    cells = row.split("\t")
    assert [ref, "Critical", "Open", "Ongoing", "chat", "Toxic answers"] == cells[:6]
    assert ["On track", "Contain"] == cells[-2:]
    total = "1 incident, 1 open, 1 with ongoing impact, RCA at risk: 0, breached: 0\n"
    assert total == told.err


def test_the_register_fits_a_narrow_terminal_without_losing_anything(
    run: Run, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)

    told = run("incidents").out

    assert max(map(len, told.splitlines())) <= 80
    for word in (ref, "Toxic answers", "Open", "Ongoing", "chat", "On track", "Contain"):
        assert word in told


def test_filters_narrow_the_register(run: Run, ref: str) -> None:
    run("incident", "report", "--title", "Slow", "--system", "search", "--severity", "low")

    def listed(*words: str) -> list[str]:
        return [each["title"] for each in run("incidents", "--json", *words).json["items"]]

    assert ["Slow", "Toxic answers"] == listed()
    assert ["Toxic answers", "Slow"] == listed("--sort", "system")
    assert ["Slow"] == listed("--system", "search")
    assert ["Slow"] == listed("--severity", "low")
    assert [] == listed("--status", "closed")
    assert [] == listed("--category", "data_breach")
    assert [] == listed("--month", "2001-01")
    assert ("", "No incident matches.\n") == run("incidents", "--month", "2001-01")[1:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--month", "2026-13"), "--month '2026-13' is invalid. Write it as 2026-11."),
        (("--sort", "mood"), "expected one of detected_at,"),
    ],
)
@pytest.mark.usefixtures("begun")
def test_a_filter_that_says_nothing_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    ended = run("incidents", *words)

    assert 2 == ended.status
    assert said in ended.err


def test_an_incident_is_shown_with_its_steps_and_the_next_command(run: Run, ref: str) -> None:
    run("incident", "assign", ref, "Ada Lovelace")
    run("incident", "contain", ref, "Switched off", "--at", "2026-11-23T00:00:00Z")

    shown = run("incident", "show", ref).out

    assert f"{ref}  Toxic answers" in shown
    assert "Ada Lovelace" in shown
    assert "person/" not in shown
    assert f"Next step: Communicate (airledger incident communicate {ref} ...)" in shown


def test_a_merged_incident_is_named_by_its_reference(run: Run, ref: str) -> None:
    other = run("incident", "report", "--title", "Same", "--system", "chat", "--json").json
    run("incident", "merge", other["reference"], ref, "--reason", "Same cause")

    assert ref in run("incident", "show", other["id"]).out.split("Merged into")[1]
    assert f"Merged into {ref} (Same cause)" in run("incident", "timeline", other["id"]).out
    assert f"Absorbed {other['reference']}" in run("incident", "timeline", ref).out


def test_a_timeline_is_in_log_order_with_names(run: Run, ref: str) -> None:
    run("incident", "contain", ref, "Switched off")

    entries = run("incident", "timeline", ref, "--json").json["items"]
    lines = run("incident", "timeline", ref).out.splitlines()

    assert ["incident.detected.v1", "incident.contained.v1"] == [each["type"] for each in entries]
    assert not any(each["actor"].startswith("person/") for each in entries)
    assert lines[-1].rstrip().endswith("Contained: Switched off")


def test_a_quarantined_body_is_shown_and_not_obeyed(run: Run, entry: str) -> None:
    shown = run("quarantine", "show", entry).out
    [listed] = run("quarantine", "list", "--state", "open", "--json").json["items"]

    assert "alerts is no list" in shown
    assert '{"alerts": "\\x1b[31mnone\ufffd"}' in shown
    assert (entry, "open", 1) == (listed["id"], listed["state"], listed["seen"])
    assert "alerts is no list" in run("quarantine", "list").out
    told = run("quarantine", "show", entry, "--json").json
    assert {"entry", "body", "body_omitted", "warning"} == told.keys()


def test_an_edited_body_is_shown_with_a_warning_and_not_retried(
    run: Run, entry: str, data_dir: Path
) -> None:
    whole = run("quarantine", "show", entry)
    assert (0, False) == (whole.status, "Warning" in whole.out)
    tamper(data_dir, "UPDATE bodies SET content = zeroblob(7)")

    shown = run("quarantine", "show", entry)
    printed = run("quarantine", "show", entry, "--json")
    retried = run("quarantine", "retry", entry)

    assert (1, 1, 1) == (shown.status, printed.status, retried.status)
    assert "Warning" in shown.out
    assert "not what arrived" in shown.out
    assert printed.json["warning"].startswith("The kept body is not what arrived")
    assert "(rule: body_altered)" in retried.err


def test_a_record_of_kafka_is_shown_with_all_its_headers(run: Run, data_dir: Path) -> None:
    record = Record(headers=[("ce-id", b"1"), ("traceparent", b"00-4b"), ("x", b"\xff\x1b")])
    of = replace(parse_record(delivered(record), {}, NOW).incoming, source="kafka")
    set_aside(data_dir, of)

    shown = run("quarantine", "show", ENTRY).out

    for name, text in (
        *(("kafka-topic", "airledger.signals"), ("kafka-partition", "2"), ("kafka-offset", "17")),
        *(("ce-id", "1"), ("traceparent", "00-4b"), ("x", "%FF%1B")),
    ):
        assert [name, text] in [line.split() for line in shown.splitlines()]
    assert "kafka-record" not in shown


def test_a_dismissed_entry_names_who_did_it_and_why(run: Run, entry: str) -> None:
    assert (
        "Dismissed 0199-entry.\n" == run("quarantine", "dismiss", entry, "--reason", "A test").out
    )

    shown = run("quarantine", "show", entry, "--json").json["entry"]
    assert ("dismissed", "A test") == (shown["state"], shown["close_reason"])
    assert not shown["closed_by"].startswith("person/")
    assert "A test" in run("quarantine", "show", entry).out
    again = run("quarantine", "dismiss", entry, "--reason", "A test")
    assert 1 == again.status
    assert "(rule: not_open)" in again.err


def test_what_is_still_not_understood_stays(run: Run, entry: str) -> None:
    again = run("quarantine", "retry", entry)

    assert 1 == again.status
    assert "(rule: still_not_understood)" in again.err


def test_what_is_understood_now_is_taken(
    run: Run, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dataclasses.replace(FORMATS[SourceKind.ALERTMANAGER], parse=lambda _: ParsedBody())
    monkeypatch.setitem(cast("dict[Any, Any]", FORMATS), SourceKind.ALERTMANAGER, known)

    assert "Taken: 0 recorded, 0 known before.\n" == run("quarantine", "retry", entry).out
    assert [] == run("quarantine", "list", "--state", "open", "--json").json["items"]


@pytest.mark.parametrize("command", ["show", "retry"])
@pytest.mark.usefixtures("begun")
def test_an_unknown_entry_is_refused(run: Run, command: str) -> None:
    ended = run("quarantine", command, "nope")

    assert 1 == ended.status
    assert "There is no quarantine entry 'nope'. See airledger quarantine list." in ended.err


@pytest.mark.usefixtures("begun")
def test_the_policy_in_force_is_printed_as_toml(run: Run, tmp_path: Path) -> None:
    shown = run("policy", "show").out
    Path("copy.toml").write_text(shown)

    assert shown.endswith(shipped())
    assert {"digest": digest(shipped()), "text": shipped()}.items() <= run(
        "policy", "show", "--json"
    ).json.items()
    assert 0 == run("policy", "check", "copy.toml").status


def test_a_policy_is_adopted_once_for_a_reason(run: Run) -> None:
    text = shipped().replace("more_than = 3", "more_than = 5")
    Path("new.toml").write_text(text)

    first = run("policy", "adopt", "new.toml", "--reason", "Fewer reviews")
    again = run("policy", "adopt", "new.toml", "--reason", "Fewer reviews", "--json")

    assert f"Adopted: {digest(text)}.\n" == first.out
    assert {"digest": digest(text), "adopted": False} == again.json
    assert "Fewer reviews" in run("policy", "show").out.splitlines()[0]


@pytest.mark.parametrize("command", [("check",), ("adopt", "--reason", "R")])
def test_every_fault_of_a_policy_is_named_by_its_path(run: Run, command: tuple[str, ...]) -> None:
    Path("bad.toml").write_text(shipped().replace("more_than = 3", 'more_than = "x"\nextra = 1'))

    ended = run("policy", *command, "bad.toml")

    assert 2 == ended.status
    assert "triggers.incident_count.more_than" in ended.err
    assert "triggers.incident_count.extra" in ended.err


def test_a_fault_of_a_policy_is_data_as_well(run: Run) -> None:
    Path("bad.toml").write_text("schema = 1\nnope = = 1\n")

    ended = run("policy", "check", "bad.toml", "--json")

    assert (2, False) == (ended.status, ended.json["ok"])
    assert ["line 2"] == [each["path"] for each in ended.json["errors"]]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file or directory"), (b"\xff", "is not UTF-8")]
)
def test_a_policy_file_that_cannot_be_read_is_refused(
    run: Run, content: bytes | None, said: str
) -> None:
    if content is not None:
        Path("p.toml").write_bytes(content)

    ended = run("policy", "adopt", "p.toml", "--reason", "R")

    assert 2 == ended.status
    assert said in ended.err


def test_an_empty_reason_adopts_nothing(run: Run) -> None:
    Path("p.toml").write_text(shipped())

    assert 2 == run("policy", "adopt", "p.toml", "--reason", " ").status


@pytest.mark.only_on("sqlite", "names a store in a settings file")
def test_settings_are_shown_with_their_source_and_without_secrets(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("airledger.toml").write_text('[store]\nurl = "postgresql://me:hunter2@db/l"\n')
    monkeypatch.setenv("AIRLEDGER_HTTP__PORT", "9")

    told = run("config", "show", "--http.host", "::1")
    shown = {
        each["key"]: (each["value"], each["source"])
        for each in run("config", "show", "--http.host", "::1", "--json").json["items"]
    }

    assert "hunter2" not in told.out
    assert ("postgresql://me:***@db/l", "file airledger.toml") == shown["store.url"]
    assert (9, "environment AIRLEDGER_HTTP__PORT") == shown["http.port"]
    assert ("::1", "flag --http.host") == shown["http.host"]
    assert ("info", "default") == shown["log_level"]


def test_a_read_model_that_stopped_is_told(
    run: Run, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from projections.engine import Progress, Projector

    stopped = (Progress("register", 4, "The event type 'x.v9' is not known."),)
    monkeypatch.setattr(Projector, "progress", property(lambda _: stopped))

    ended = run("incidents")

    assert 0 == ended.status
    assert "register stopped at event 4" in ended.err
    assert "'x.v9'" in ended.err
