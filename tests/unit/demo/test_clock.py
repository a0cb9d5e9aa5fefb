"""The clock of a demo: forward alone, by way of what falls due, and then the machine's for good."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from consumers.commands.service import Caller, Commands
from consumers.container.ledger import Ledger, now, open_ledger
from consumers.demo.clock import CHECKED_AFTER, PlayedClock
from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Report
from ledger.domain.incident.kind import INCIDENT
from ledger.settings import Settings

BEGINS = datetime(2026, 10, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Played(NamedTuple):
    """A ledger whose time is played, and its clock."""

    ledger: Ledger
    clock: PlayedClock

    def recorded(self) -> dict[str, datetime]:
        """When the newest event of each type was recorded."""
        events = [json.loads(entry.stored) for entry in self.ledger.store.read(0, 1_000)]
        return {each["type"]: datetime.fromisoformat(each["recordedtime"]) for each in events}

    def report(self) -> None:
        commands = Commands(self.ledger.services)
        caller = Caller(asker=HOST, actor="person/ada", token="ada")
        commands.open(
            caller, INCIDENT, Report(title="Answers are rude", system="support-assistant")
        )


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    clock = PlayedClock(BEGINS)
    ledger = open_ledger(Settings(data_dir=tmp_path / "demo"), clock=clock)
    yield Played(ledger, clock)
    ledger.close()


def test_everything_is_recorded_at_the_moment_that_is_played(played: Played) -> None:
    played.report()
    played.ledger.seal_and_react()
    assert {BEGINS} == set(played.recorded().values())


def test_what_falls_due_on_the_way_is_recorded_when_it_does(played: Played) -> None:
    played.report()
    played.clock.advance_to(BEGINS + 30 * HOUR, played.ledger)
    recorded = played.recorded()
    assert BEGINS + 20 * HOUR + CHECKED_AFTER == recorded["incident.rca_at_risk.v1"]
    assert BEGINS + 24 * HOUR + CHECKED_AFTER == recorded["incident.rca_overdue.v1"]
    assert BEGINS + 30 * HOUR == played.clock()


def test_it_never_goes_back(played: Played) -> None:
    played.clock.advance_to(BEGINS + HOUR, played.ledger)
    played.clock.advance_to(BEGINS, played.ledger)
    assert BEGINS + HOUR == played.clock()


def test_let_go_it_is_the_machines_for_good(played: Played) -> None:
    played.clock.release(played.ledger)
    before = now()
    assert before <= played.clock() <= now()
    played.clock.advance_to(before + HOUR, played.ledger)
    assert before <= played.clock() <= now()


def test_a_ledger_that_is_told_no_clock_has_the_machines(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data_dir=tmp_path / "real"))
    try:
        assert ledger.now is now
    finally:
        ledger.close()


def test_signals_are_taken_all_the_time_but_in_a_pause(played: Played) -> None:
    for days in range(1, 4):
        played.clock.advance_to(BEGINS + days * 24 * HOUR, played.ledger)
    assert "intake.interrupted.v1" not in played.recorded()
    played.clock.pause_until(BEGINS + 75 * HOUR, played.ledger)
    played.ledger.seal_and_react()
    assert BEGINS + 75 * HOUR == played.recorded()["intake.interrupted.v1"]
