"""Sources that are silent and heard again, and times in which nobody listened."""

from datetime import datetime, timedelta
from typing import Any

from consumers.intake.signs import Signs
from ledger.domain.access import Grant, HolderKind
from ledger.domain.alert import AlertFired
from ledger.domain.identity import source_id
from ledger.domain.intake import IntakeInterrupted
from ledger.domain.source import SourceHeard, SourceSilent
from ledger.execute import GiveSign, GrantAccess, RecordSignals
from ledger.policy import shipped
from ledger.vocabulary import Scope, SourceKind
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import HOUR, Watch

MINUTE = timedelta(minutes=1)
GAPS = (SourceSilent, SourceHeard)


def policy(text: str = 'alertmanager = "PT15M"') -> str:
    """Under which a source of kind alertmanager is silent after a quarter of an hour."""
    heading = "[coverage.silent_after_by_kind]"
    return shipped().replace(heading, f"{heading}\n{text}")


def add(desk: Watch, name: str = "am") -> None:
    grant = Grant(
        holder_kind=HolderKind.SOURCE,
        holder_name=name,
        holder=f"source/{name}",
        scope=Scope.PUBLISH,
        source_kind=SourceKind.ALERTMANAGER,
    )
    desk.executor.execute(GrantAccess(grant=grant, digest=name.ljust(64, "0")), desk.context())


def sends(desk: Watch, *keys: str, source: str = "am", **given: Any) -> None:
    """A body of this source with these alerts; without any, one that says nothing."""
    signals = tuple(desk.signal(key, source=source, starts_at=NOON) for key in keys)
    request = RecordSignals(source=source, signals=signals)
    desk.executor.execute(request, desk.context(actor=f"source/{source}", **given))


def sign(desk: Watch) -> None:
    desk.executor.execute(GiveSign(), desk.context())


def passes(desk: Watch, span: timedelta, *, listening: bool = True) -> None:
    """Time in which a process gives signs, or in which none runs."""
    end = desk.now + span
    while listening and desk.now < end:
        desk.now = min(desk.now + timedelta(seconds=20), end)
        sign(desk)
    desk.now = end


def gaps(desk: Watch) -> list[tuple[str, datetime, datetime | None]]:
    """The source, beginning and end of each silence, as recorded."""
    found: list[tuple[str, datetime, datetime | None]] = []
    for each in desk.told_of(*GAPS):
        match each.event:
            case SourceSilent() as event:
                found.append((event.source, event.since, None))
            case SourceHeard() as event:
                found.append((event.source, event.silent_since, event.heard_at))
    return found


def begins(desk: Watch, text: str | None = None) -> None:
    desk.adopt(policy() if text is None else text)
    add(desk)
    sign(desk)


def interruptions(desk: Watch) -> list[tuple[datetime, datetime]]:
    """The beginning and end of each, as recorded."""
    return [
        (each.event.since, each.event.until)  # type: ignore[attr-defined]
        for each in desk.told_of(IntakeInterrupted)
    ]


class TestSilence:
    """A source that sends nothing for longer than the policy allows."""

    def test_it_is_recorded_once_and_ends_when_it_is_heard(self, desk: Watch) -> None:
        begins(desk)
        sends(desk)
        passes(desk, 14 * MINUTE)
        desk.look()
        assert [] == gaps(desk)

        passes(desk, 2 * MINUTE)
        desk.look()
        desk.look()
        assert [("am", NOON, None)] == gaps(desk)
        [silent] = desk.told_of(SourceSilent)
        assert NOON + 15 * MINUTE == silent.event.at

        passes(desk, HOUR)
        sends(desk, "a")
        sends(desk, "a")
        assert [("am", NOON, None), ("am", NOON, NOON + HOUR + 16 * MINUTE)] == gaps(desk)

        passes(desk, 15 * MINUTE)
        desk.look()
        assert 3 == len(gaps(desk))

    def test_one_that_was_never_heard_is_silent_since_it_was_added(self, desk: Watch) -> None:
        begins(desk)
        passes(desk, 15 * MINUTE)
        desk.look()
        assert [("am", NOON, None)] == gaps(desk)

    def test_repeats_and_bodies_without_alerts_are_heard(self, desk: Watch) -> None:
        begins(desk)
        for keys in (("a",), ("a",), (), ("a",)):
            sends(desk, *keys)
            passes(desk, 10 * MINUTE)
            desk.look()
        assert [] == gaps(desk)
        assert 1 == len(desk.told_of(AlertFired))

    def test_a_retry_from_quarantine_is_not_heard_again(self, desk: Watch) -> None:
        begins(desk)
        passes(desk, 20 * MINUTE)
        desk.look()
        sends(desk, "a", retried=True)
        assert [("am", NOON, None)] == gaps(desk)

    def test_a_policy_without_a_time_calls_no_source_silent(self, desk: Watch) -> None:
        begins(desk, policy('grafana = "PT15M"'))
        passes(desk, HOUR)
        desk.look()
        assert [] == gaps(desk)

    def test_a_source_has_its_own_time(self, desk: Watch) -> None:
        text = policy().replace(
            "[coverage.silent_after_by_source]", '[coverage.silent_after_by_source]\nam = "PT2H"'
        )
        begins(desk, text)
        add(desk, "other")
        passes(desk, HOUR)
        desk.look()
        assert [("other", NOON, None)] == gaps(desk)

    def test_a_name_that_no_source_has_is_not_kept(self, desk: Watch) -> None:
        begins(desk)
        sends(desk, source="anybody")
        assert {} == desk.store.last_seen.times([source_id("anybody")])

    def test_when_it_was_heard_is_written_every_15_seconds_at_most(self, desk: Watch) -> None:
        begins(desk)
        for seconds in (0, 5, 14, 15, 20, 29):
            sends(desk, at=NOON + timedelta(seconds=seconds))
            assert 1 == len(desk.store.last_seen.times([source_id("am")]))
        expected = {source_id("am"): NOON + timedelta(seconds=15)}
        assert expected == desk.store.last_seen.times([source_id("am")])

    def test_a_clock_that_is_set_back_makes_no_negative_gap(self, desk: Watch) -> None:
        begins(desk)
        passes(desk, 20 * MINUTE)
        sends(desk)
        passes(desk, 20 * MINUTE)
        desk.look()
        desk.now = NOON
        sends(desk)
        since = NOON + 20 * MINUTE
        assert [("am", since, None), ("am", since, since)] == gaps(desk)


class TestInterruption:
    """Time in which no process took signals."""

    def test_it_lasts_from_the_last_sign_to_the_next(self, desk: Watch) -> None:
        begins(desk)
        passes(desk, HOUR)
        passes(desk, HOUR, listening=False)
        sign(desk)
        sign(desk)
        passes(desk, HOUR)
        assert [(NOON + HOUR, NOON + 2 * HOUR)] == interruptions(desk)

    def test_it_is_recorded_once_by_any_number_of_processes(self, desk: Watch) -> None:
        begins(desk)
        processes = [Signs(desk.services()) for _ in range(3)]
        passes(desk, HOUR, listening=False)
        assert [True, False, False] == [process.give_due() for process in processes]
        assert 1 == len(interruptions(desk))

    def test_there_is_none_while_another_process_gives_signs(self, desk: Watch) -> None:
        begins(desk)
        killed = Signs(desk.services())
        assert not killed.give_due()
        passes(desk, HOUR)
        assert not Signs(desk.services()).give_due()
        assert [] == interruptions(desk)

    def test_a_clock_that_is_set_back_makes_none_and_the_next_is_found(self, desk: Watch) -> None:
        begins(desk)
        passes(desk, HOUR)
        desk.now = NOON
        passes(desk, MINUTE)
        passes(desk, MINUTE, listening=False)
        sign(desk)
        assert [(NOON + MINUTE, NOON + 2 * MINUTE)] == interruptions(desk)

    def test_a_clock_that_is_set_forward_makes_none(self, desk: Watch) -> None:
        begins(desk)
        desk.now = NOON + 40 * 24 * HOUR
        desk.executor.execute(GiveSign(passed=timedelta(seconds=5)), desk.context())
        assert [] == interruptions(desk)

    def test_a_process_that_was_stopped_and_goes_on_finds_it(self, desk: Watch) -> None:
        begins(desk)
        desk.now = NOON + HOUR
        desk.executor.execute(GiveSign(passed=HOUR), desk.context())
        assert [(NOON, NOON + HOUR)] == interruptions(desk)

    def test_nobody_is_silent_in_it(self, desk: Watch) -> None:
        """Neither while no process listens, nor right after."""
        begins(desk)
        sends(desk)
        passes(desk, HOUR, listening=False)
        desk.look()
        assert [] == gaps(desk)

        sign(desk)
        passes(desk, 14 * MINUTE)
        desk.look()
        assert [] == gaps(desk)
        passes(desk, MINUTE)
        desk.look()
        assert [("am", NOON, None)] == gaps(desk)


def test_a_heartbeat_is_recorded_and_opens_no_incident(desk: Watch) -> None:
    begins(desk)
    labels = {"alertname": "Watchdog", "severity": "critical", "system": "chat"}
    desk.take(desk.signal("a", labels=labels), desk.signal("b"))
    assert ["heartbeat", "urgent"] == [
        each.event.rule  # type: ignore[attr-defined]
        for each in desk.told_of(AlertFired)
    ]
    assert (
        [None]
        == [
            each.event.incident  # type: ignore[attr-defined]
            for each in desk.told_of(AlertFired)[:1]
        ]
    )
