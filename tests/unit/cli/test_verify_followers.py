"""What `airledger verify` says of what the followers of a whole log keep: deadlines, positions."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from consumers.container.ledger import Ledger, open_ledger
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.domain.incident.commands import CompleteRca, IncidentCommand, OpenTicket, Report
from ledger.domain.metric import METRIC, RecordMeasurement, measurement_id
from ledger.execute import Context, ExecuteCommand, RecordSignals
from ledger.vocabulary import SourceKind
from tests.harness.commands import EVERYTHING, command_incident, report_incident
from tests.harness.homes import home, settings_of
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_verify_beside import told

OPEN, DONE = UUID(int=1), UUID(int=2)


@pytest.fixture
def ledger(run: Run, data_dir: Path) -> Run:
    """An open incident, one whose RCA is complete, an alert that fires and one that ended."""
    with closing(open_ledger(settings_of(data_dir))) as opened:
        report(opened, OPEN, DONE)
        command(opened, DONE, CompleteRca(summary="It broke", root_cause="A bad switch"))
        take(opened, "firing", "down", "gone")
        take(opened, "resolved", "gone")
        opened.seal_and_react()
    return run


def context() -> Context:
    return Context(at=datetime.now(UTC), actor="person/1", source="airledger", correlation="c")


def report(ledger: Ledger, *incidents: UUID, system: str = "chat") -> None:
    for incident in incidents:
        asked = report_incident(incident=incident, report=Report(title="It broke", system=system))
        ledger.executor.execute(asked, context())


def command(ledger: Ledger, incident: UUID, asked: IncidentCommand) -> None:
    ledger.executor.execute(command_incident(incident=incident, command=asked), context())


def measure(ledger: Ledger, asked: RecordMeasurement) -> None:
    request = ExecuteCommand(
        kind=METRIC.kind, subject=measurement_id(asked), command=asked, asker=EVERYTHING
    )
    ledger.executor.execute(request, context())


def take(ledger: Ledger, status: str, *keys: str) -> None:
    signals = tuple(
        Signal(
            source="am",
            kind=SourceKind.ALERTMANAGER,
            dedup_key=key,
            status=SignalStatus(status),
            title=f"{key} is down",
            labels={"alertname": "Down", "severity": "warning", "system": "chat"},
            annotations={},
            starts_at=datetime.now(UTC),
            sender=Sender(receiver="ledger"),
        )
        for key in keys
    )
    ledger.executor.execute(RecordSignals(source="am", signals=signals), context())


def test_of_deadlines_that_are_as_the_streams_say_nothing_is_said(ledger: Run) -> None:
    assert [] == told(ledger)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM watched WHERE kind = 'rca'",
            f"The root cause analysis of incident {OPEN} is open and the clock does not watch it",
        ),
        (
            "UPDATE watched SET at = '2999-01-01T00:00:00.000000Z' WHERE kind = 'rca'",
            f"The root cause analysis of incident {OPEN} is watched for 2999-01-01T00:00",
        ),
        ("UPDATE watched SET at = 'zzz' WHERE kind = 'rca'", f"{OPEN} is watched for zzz"),
        (
            "DELETE FROM watched WHERE kind = 'alert'",
            "is open and the clock does not watch it, so that it is never found stale",
        ),
        (
            "UPDATE watched SET at = '2999-01-01T00:00:00.000000Z' WHERE kind = 'alert'",
            "is watched for 2999-01-01T00:00:00.000000Z; the log says to look at it by 20",
        ),
        (
            "UPDATE positions SET next = 5000 WHERE follower = 'clock'",
            "The follower clock stands at leaf 5000",
        ),
    ],
    ids=["no rca", "rca later", "rca never", "no alert", "alert later", "position"],
)
def test_a_deadline_that_is_gone_or_late_is_named(
    ledger: Run, data_dir: Path, statement: str, said: str
) -> None:
    tamper(data_dir, statement)

    [fault] = told(ledger)

    assert said in fault


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00.000000Z", "zzz"])
def test_an_alert_that_was_heard_of_in_the_future_is_named(
    ledger: Run, data_dir: Path, at: str
) -> None:
    alert = "SELECT subject FROM watched WHERE kind = 'alert'"
    tamper(
        data_dir,
        "DELETE FROM last_heard",
        f"INSERT INTO last_heard SELECT subject, '{at}' FROM watched WHERE subject IN ({alert})",
    )

    assert any(f"was last heard of at {at}, which has not come yet" in f for f in told(ledger))


def test_what_the_clock_has_yet_to_read_is_no_finding(ledger: Run, data_dir: Path) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        report(opened, UUID(int=3))
        take(opened, "firing", "new")
        opened.sealer.seal()

    assert [] == told(ledger)


def test_a_mark_in_its_time_and_a_late_look_are_no_finding(ledger: Run, data_dir: Path) -> None:
    tamper(data_dir, "UPDATE watched SET at = '2001-01-01T00:00:00.000000Z'")
    assert [] == told(ledger)

    with closing(open_ledger(settings_of(data_dir))) as opened:
        opened.seal_and_react()
    assert [] == told(ledger)


def test_a_review_that_the_log_calls_for_and_nobody_launched_is_named(
    run: Run, data_dir: Path
) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        opened.seal_and_react()
        tamper(
            data_dir,
            "INSERT INTO positions VALUES ('reviews', 5)"
            " ON CONFLICT (follower) DO UPDATE SET next = 5",
        )
        report(opened, *(UUID(int=number) for number in range(1, 5)))
        opened.seal_and_react()

    [fault] = told(run)
    assert fault.startswith("No review of chat in ")
    assert "was launched: at leaf 4 more than 3 incidents counted" in fault


def test_a_ticket_whose_address_is_not_kept_is_named_until_it_is_read_again(
    ledger: Run, data_dir: Path
) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        for number in (1, 2):
            url = f"https://company.example/browse/OPS-{number}"
            command(opened, UUID(int=number), OpenTicket(url=url))
        opened.seal_and_react()
    assert [] == told(ledger)

    tamper(data_dir, f"DELETE FROM ticket_addresses WHERE incident = '{OPEN}'")
    [fault] = told(ledger)
    assert f"The address of a ticket of incident {OPEN} is not kept" in fault

    tamper(data_dir, "DELETE FROM positions WHERE follower = 'tickets'")
    assert [] == told(ledger)  # what the follower has yet to read
    with closing(open_ledger(settings_of(data_dir))) as opened:
        opened.seal_and_react()
    assert [] == told(ledger)


def test_a_measurement_that_is_not_kept_for_judging_is_named(ledger: Run, data_dir: Path) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        now = opened.now()
        for value in (1.0, 2.0):
            measure(opened, RecordMeasurement(system="chat", metric="p95", value=value, until=now))
            now -= timedelta(hours=1)
        opened.seal_and_react()
    assert [] == told(ledger)

    one = "SELECT measurement FROM measured LIMIT 1"
    tamper(data_dir, f"DELETE FROM measured WHERE measurement IN ({one})")
    [fault] = told(ledger)
    assert "is not kept for judging as the log has it" in fault


def test_a_follower_whose_position_is_deleted_mends_what_was_found(
    ledger: Run, data_dir: Path
) -> None:
    """As the guide for operators says; nothing is recorded twice."""
    with closing(open_ledger(settings_of(data_dir))) as opened:
        tamper(data_dir, "DELETE FROM watched", "UPDATE positions SET next = 40")
        report(opened, *(UUID(int=number) for number in range(3, 8)))
        for number in range(8, 50):
            report(opened, UUID(int=number), system=f"system {number}")
        opened.seal_and_react()
    found = told(ledger)
    assert any("does not watch" in fault for fault in found)
    assert any("No review of chat" in fault for fault in found)

    tamper(
        data_dir,
        "DELETE FROM positions WHERE follower IN ('clock', 'reviews')",
        "DELETE FROM month_members",
        "UPDATE positions SET next = 1 WHERE follower = 'clock/policy'",
    )
    with closing(open_ledger(settings_of(data_dir))) as opened:
        opened.seal_and_react()
        size = opened.store.size()
        opened.seal_and_react()
        assert size == opened.store.size()
    assert [] == told(ledger)


def test_a_launched_review_and_a_month_below_the_threshold_are_no_finding(
    run: Run, data_dir: Path
) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        report(opened, *(UUID(int=number) for number in range(1, 6)))
        report(opened, *(UUID(int=number) for number in range(11, 14)), system="rag")
        opened.seal_and_react()

    assert [] == told(run)


def test_read_models_ahead_of_the_log_are_named(ledger: Run, data_dir: Path) -> None:
    assert 0 == ledger("incidents").status
    there = home(data_dir)
    statement = "UPDATE {}positions SET next = 5000 WHERE projection = 'register'"
    if there is None:
        with closing(sqlite3.connect(data_dir / "views.db")) as views, views:
            views.execute(statement.format(""))
    else:
        with there.database.connected() as connection:
            connection.execute(statement.format("airledger_views."))

    [fault] = told(ledger)

    assert "The read model register stands at leaf 5000, and the store holds" in fault


@pytest.mark.only_on("sqlite", "the index of its file is damaged")
def test_a_row_that_its_index_lacks_is_named(ledger: Run, data_dir: Path) -> None:
    """The clock finds what is due by an index: a row that the index lacks is never due."""
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    path = data_dir / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA writable_schema=ON")
        index = file.execute(
            "SELECT * FROM sqlite_master WHERE name = 'watched_by_time'"
        ).fetchone()
        file.execute("DELETE FROM sqlite_master WHERE name = 'watched_by_time'")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("INSERT INTO watched VALUES ('rca', ?, ?)", (str(DONE), at))
        file.execute("PRAGMA writable_schema=ON")
        file.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index)

    assert any("index watched_by_time" in fault for fault in told(ledger))
