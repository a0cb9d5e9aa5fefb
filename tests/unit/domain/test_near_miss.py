"""Near misses: not counted, no RCA owed, no more alerts attracted; and back to an incident."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.identity import group_id, incident_id
from ledger.domain.incident import Incident, decide_merge, next_deadline
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.review import counting
from ledger.errors import Refused
from ledger.vocabulary import Category, Impact, Severity, Step, StepState
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
    policy_with,
)
from tests.unit.domain.world import LABELS, World, fires, minutes

DECLARED = e.NearMissDeclared(at=NOW, reason="The filter held it back.")
WITHDRAWN = e.NearMissWithdrawn(at=NOW, reason="It was seen.", counts=True)
COMPLETED = e.RcaCompleted(at=NOW, summary="s", root_cause="r")
GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))
FIRST, SECOND = (incident_id(GROUP, n) for n in (1, 2))
HIGH = LABELS | {"severity": "error"}


def test_one_that_is_reported_as_a_near_miss_does_not_count_and_its_impact_is_over() -> None:
    report = c.Report(title="t", system="chat", detected_at=DETECTED_AT, near_miss=True)
    begun, declared = given().when(report).decided()

    assert isinstance(begun, e.IncidentDetected)
    assert (False, DETECTED_AT, DUE) == (begun.counts, begun.impact_ended_at, begun.rca_due)
    assert e.NearMissDeclared(at=NOW) == declared
    state = folded(begun, declared)
    assert (True, False, Impact.ENDED) == (state.near_miss, state.owes_rca, state.impact)


def test_an_incident_becomes_a_near_miss_once() -> None:
    declare = c.DeclareNearMiss(reason="The filter held it back.")
    given(detected()).when(declare).then(DECLARED)
    given(detected(), DECLARED).when(declare).nothing()


def test_a_near_miss_becomes_an_incident_again_that_counts_as_the_policy_says() -> None:
    withdraw = c.WithdrawNearMiss(reason="It was seen.")
    given(detected(), DECLARED).when(withdraw).then(WITHDRAWN)
    critical_only = policy_with('["critical", "high", "medium", "low"]', '["critical"]')
    low = detected(severity=Severity.LOW)
    told = given(low, DECLARED).when(withdraw, policy=critical_only)
    told.then(e.NearMissWithdrawn(at=NOW, reason="It was seen.", counts=False))


def test_what_is_no_near_miss_is_not_made_an_incident() -> None:
    given(detected()).when(c.WithdrawNearMiss(reason="r")).refused("no_near_miss")


@pytest.mark.parametrize(
    "command",
    [
        c.Classify(category=Category.INFRA_ERROR, severity=Severity.CRITICAL),
        c.Amend(field="severity", to="critical", reason="r"),
        c.Amend(field="system", to="search", reason="r"),
        c.Amend(field="detected_at", to="2026-03-10T07:00:00Z", reason="r"),
    ],
)
def test_a_near_miss_does_not_count_whatever_is_said_of_it(command: c.IncidentCommand) -> None:
    [event] = given(detected(), DECLARED).when(command).decided()
    assert isinstance(event, e.Classified | e.Amended)
    assert event.counts is False
    member: counting.CountedIncident | None = None
    for each in (detected(), DECLARED, event):
        member = counting.evolve(member, each)
    assert member is not None
    assert not member.counted


def test_the_clock_finds_nothing_of_a_near_miss_and_goes_on_with_the_due_time_that_it_had() -> None:
    near_miss = (detected(), DECLARED)
    given(*near_miss).when(c.MarkRcaAtRisk(due=DUE), now=LATE).nothing()
    given(*near_miss).when(c.MarkRcaOverdue(due=DUE), now=LATE).nothing()
    assert next_deadline(folded(*near_miss)) is None

    again = (*near_miss, WITHDRAWN)
    given(*again).when(c.MarkRcaOverdue(due=DUE), now=LATE).then(e.RcaOverdue(at=DUE, due=DUE))
    assert AT_RISK_AT == next_deadline(folded(*again))


def test_a_mark_that_was_recorded_before_stays() -> None:
    past = given(detected(), e.RcaOverdue(at=DUE, due=DUE), DECLARED, WITHDRAWN)
    assert frozenset({DUE}) == past.state.overdue_marked
    past.when(c.MarkRcaOverdue(due=DUE), now=LATE).nothing()


def test_closing_a_near_miss_waits_for_every_step_but_the_rca() -> None:
    done: tuple[e.IncidentEvent, ...] = (
        e.Contained(at=NOW, action="x"),
        e.Communicated(at=NOW, audience="a", message="m"),
        e.Classified(at=NOW, category=Category.INFRA_ERROR, severity=Severity.LOW, counts=False),
        e.TicketOpened(at=NOW, url="https://t/1"),
        e.RiskManagerNotified(at=NOW, channel="c"),
        e.PlaybookUpdated(at=NOW, playbook="p", change="c"),
    )
    over = detected(impact_ended_at=NOW)
    given(over, DECLARED, *done).when(c.Close()).then(e.Closed(at=NOW))
    given(over, *done, DECLARED).when(c.Close()).then(e.Closed(at=NOW))
    given(over, DECLARED, *done[1:]).when(c.Close()).refused("steps_pending")
    given(over, DECLARED, *done, WITHDRAWN).when(c.Close()).refused("steps_pending")


def test_an_rca_of_a_near_miss_may_be_recorded_is_never_overdue_and_stays() -> None:
    complete = c.CompleteRca(summary="s", root_cause="r")
    completed = e.RcaCompleted(at=LATE, summary="s", root_cause="r")
    state = given(detected(), DECLARED).when(complete, now=LATE).then(completed)
    assert StepState.DONE is state.steps[Step.RCA]
    again = folded(detected(), DECLARED, completed, WITHDRAWN)
    assert (StepState.DONE, LATE) == (again.steps[Step.RCA], again.rca_completed_at)


def test_an_rca_that_was_done_before_stays_done() -> None:
    state = folded(detected(), COMPLETED, DECLARED)
    assert StepState.DONE is state.steps[Step.RCA]


def test_an_alert_that_comes_later_opens_an_incident_of_its_own() -> None:
    world = World()
    assert FIRST == world.opened(fires("a"))
    world.command(FIRST, c.DeclareNearMiss(reason="r"))

    assert SECOND == world.opened(fires("b"), minutes(1))
    assert SECOND == world.opened(fires("c"), minutes(2))

    assert 1 == len(world.incident(FIRST).firing)
    assert world.incident(SECOND).owes_rca


def test_a_repeat_of_an_alert_of_a_near_miss_is_nothing_new() -> None:
    world = World()
    world.take(fires("a"))
    world.command(FIRST, c.DeclareNearMiss(reason="r"))
    taken = world.take(fires("a"), minutes(1))
    assert ((), FIRST) == (taken.changes, taken.incident)


def test_an_alert_of_a_near_miss_that_becomes_worse_opens_an_incident_of_its_own() -> None:
    world = World()
    world.take(fires("a", labels=HIGH))
    world.command(FIRST, c.DeclareNearMiss(reason="r"))

    assert SECOND == world.opened(fires("a"), minutes(1))

    second = world.incident(SECOND)
    assert not world.incident(FIRST).firing
    assert (True, Severity.CRITICAL) == (second.owes_rca, second.severity)


def test_an_incident_is_not_merged_into_a_near_miss_where_it_would_count_nowhere() -> None:
    near_miss, incident = folded(detected(), DECLARED), folded(detected())

    def merge(merged: Incident, target: Incident) -> object:
        ids = {"source": UUID(int=1), "into": UUID(int=2)}
        return decide_merge("r", merged=merged, target=target, now=NOW, **ids)

    with pytest.raises(Refused) as refused:
        merge(incident, near_miss)
    assert "merge_into_near_miss" == refused.value.rule
    assert merge(near_miss, incident)
    assert merge(near_miss, near_miss)


def test_a_near_miss_attracts_alerts_again_once_it_is_an_incident() -> None:
    later, quiet = NOW + timedelta(days=1), POLICY.alerts.quiet
    assert not folded(detected(), DECLARED).attracts(NOW, quiet)
    assert folded(detected(), DECLARED, WITHDRAWN).attracts(later, quiet)
