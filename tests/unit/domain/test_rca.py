"""The root cause analysis: completion, its bounds, and the clock's marks (runbook section 7.5)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from tests.unit.domain.story import (
    AT_RISK_AT,
    DETECTED_AT,
    DUE,
    LATE,
    NOW,
    POLICY,
    detected,
    folded,
    given,
)

INSTANT = timedelta(microseconds=1)
OVERDUE = e.RcaOverdue(at=DUE, due=DUE)
AT_RISK = e.RcaAtRisk(at=AT_RISK_AT, due=DUE)
MOVED_DUE = DUE - timedelta(hours=3)
MOVED = e.Amended(
    at=NOW,
    field="detected_at",
    from_=None,
    to="2026-03-10T05:00:00Z",
    reason="logs",
    month="2026-03",
    rca_due=MOVED_DUE,
    at_risk_at=AT_RISK_AT - timedelta(hours=3),
    counts=True,
)


def complete(**changes: Any) -> c.CompleteRca:
    return c.CompleteRca(**{"summary": "s", "root_cause": "r"} | changes)


def completed(at: datetime, *actions: str) -> e.RcaCompleted:
    return e.RcaCompleted(at=at, summary="s", root_cause="r", actions=actions)


@pytest.mark.parametrize("now", [NOW, DUE])
def test_an_rca_complete_by_its_due_time_is_complete(now: datetime) -> None:
    after = given(detected()).when(complete(), now=now).then(completed(now))
    assert (now, True) == (after.rca_completed_at, after.rca_started)


@pytest.mark.parametrize("now", [DUE + INSTANT, LATE])
def test_an_rca_complete_after_its_due_time_records_overdue_first(now: datetime) -> None:
    given(detected()).when(complete(), now=now).then(OVERDUE, completed(now))


def test_an_rca_recorded_late_records_overdue_although_it_was_complete_in_time() -> None:
    told = given(detected()).when(complete(at=NOW), now=LATE)
    told.then(OVERDUE, completed(NOW))


def test_overdue_is_recorded_once() -> None:
    given(detected(), OVERDUE).when(complete(), now=LATE).then(completed(LATE))


def test_a_due_time_moved_by_an_amendment_has_an_overdue_of_its_own() -> None:
    past = given(detected(), OVERDUE, MOVED)
    past.when(complete(), now=LATE).then(e.RcaOverdue(at=MOVED_DUE, due=MOVED_DUE), completed(LATE))


@pytest.mark.parametrize("at", [DETECTED_AT, NOW - INSTANT, NOW])
def test_an_rca_is_complete_between_detection_and_now(at: datetime) -> None:
    given(detected()).when(complete(at=at)).then(completed(at))


def test_an_rca_is_not_complete_before_detection_or_after_now() -> None:
    past = given(detected())
    past.when(complete(at=DETECTED_AT - INSTANT)).refused("rca_after_detection")
    past.when(complete(at=NOW + POLICY.alerts.clock_skew + INSTANT)).refused("not_in_the_future")


def test_an_rca_is_complete_once() -> None:
    past = given(detected(), completed(NOW))
    past.when(complete()).refused("rca_already_complete")
    past.when(complete(at=NOW)).refused("rca_already_complete")


@pytest.mark.parametrize(
    ("actions", "expected"),
    [("", ()), ("one", ("one",)), ([], ()), (["one", "two"], ("one", "two"))],
)
def test_actions_are_one_text_or_several(
    actions: str | list[str], expected: tuple[str, ...]
) -> None:
    given(detected()).when(complete(actions=actions)).then(completed(NOW, *expected))


def test_an_rca_that_is_complete_does_not_start() -> None:
    given(detected(), completed(NOW)).when(c.StartRca()).nothing()
    given(detected(), e.RcaStarted(at=NOW)).when(c.StartRca()).nothing()


@pytest.mark.parametrize(
    ("mark", "from_when", "event"),
    [
        (c.MarkRcaAtRisk(due=DUE), AT_RISK_AT, AT_RISK),
        (c.MarkRcaOverdue(due=DUE), DUE + INSTANT, OVERDUE),
    ],
)
class TestTheClockMarks:
    """At risk and overdue, each once for a due time."""

    def test_from_its_time_on(
        self, mark: c.IncidentCommand, from_when: datetime, event: e.IncidentEvent
    ) -> None:
        given(detected()).when(mark, now=from_when).then(event)
        given(detected()).when(mark, now=from_when + timedelta(days=9)).then(event)
        given(detected()).when(mark, now=from_when - INSTANT).nothing()

    def test_once(
        self, mark: c.IncidentCommand, from_when: datetime, event: e.IncidentEvent
    ) -> None:
        given(detected(), event).when(mark, now=from_when).nothing()

    def test_a_moved_due_time_anew(
        self, mark: c.IncidentCommand, from_when: datetime, event: e.IncidentEvent
    ) -> None:
        again = type(mark)(due=MOVED_DUE)  # type: ignore[call-arg]
        moved = type(event)(at=event.at - timedelta(hours=3), due=MOVED_DUE)  # type: ignore[call-arg]
        given(detected(), event, MOVED).when(again, now=from_when).then(moved)

    def test_a_reopened_incident_once_in_its_life(
        self, mark: c.IncidentCommand, from_when: datetime, event: e.IncidentEvent
    ) -> None:
        past = (detected(), event, e.Dismissed(at=NOW, reason="r"), e.Reopened(at=NOW, reason="r"))
        given(*past).when(mark, now=from_when).nothing()
        given(past[0], *past[2:]).when(mark, now=from_when).then(event)


@pytest.mark.parametrize("mark", [c.MarkRcaAtRisk(due=DUE), c.MarkRcaOverdue(due=DUE)])
def test_the_clock_marks_no_rca_that_is_complete_and_no_due_time_that_has_moved(
    mark: c.IncidentCommand,
) -> None:
    given(detected(), completed(NOW)).when(mark, now=LATE).nothing()
    given(detected(), MOVED).when(mark, now=LATE).nothing()


def test_the_marks_move_no_step_and_no_clock() -> None:
    before, after = folded(detected()), folded(detected(), AT_RISK, OVERDUE)
    assert (before.steps, before.rca_due) == (after.steps, after.rca_due)
