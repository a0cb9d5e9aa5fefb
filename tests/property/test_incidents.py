"""Any commands in any order: refused or recorded, and what is recorded keeps its promises."""

from datetime import datetime, timedelta
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.catalogue import CODEC
from ledger.domain.incident import Incident, IncidentEvent, decide, evolve
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.steps import pending
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.vocabulary import RcaMark, Status, Step
from tests.golden.envelope import recorded
from tests.property.commanding import COMMANDS, NEAR, REPORTS
from tests.unit.domain.story import DETECTED_AT, POLICY, detected, policy_with

POLICIES = st.sampled_from(
    [
        POLICY,
        policy_with('zone = "UTC"', 'zone = "Pacific/Auckland"'),
        policy_with('due_after = "PT24H"', 'due_after = "PT30H"'),
        policy_with('["critical", "high", "medium", "low"]', '["critical"]'),
        policy_with("preliminary_meets = false", "preliminary_meets = true"),
        policy_with("final_needs_approval = false", "final_needs_approval = true"),
    ]
)
STEPS = st.lists(st.tuples(COMMANDS, NEAR, POLICIES), max_size=25)
FIRST = st.none() | st.just(detected()) | REPORTS


def begun(first: e.IncidentDetected | c.Report | None) -> tuple[IncidentEvent, ...]:
    """An incident's first events: none, an alert's or a person's."""
    if isinstance(first, c.Report):
        try:
            return decide(first, Incident(), POLICY, DETECTED_AT)
        except Refused:
            return ()
    return () if first is None else (first,)


Asked = tuple[c.IncidentCommand, datetime, Policy]
Stage = tuple[Incident, c.IncidentCommand, datetime, tuple[IncidentEvent, ...]]


def played(
    first: e.IncidentDetected | c.Report | None, steps: list[Asked]
) -> tuple[tuple[IncidentEvent, ...], list[Stage]]:
    """The stream that commands led to, and each stage: state before, command, now, its events.

    A refused command leaves nothing behind, and anything but a refusal is an error of ours.
    """
    stream = begun(first)
    state = reduce(evolve, stream, Incident())
    stages: list[Stage] = []
    for command, now, policy in steps:
        try:
            events = decide(command, state, policy, now)
        except (Refused, Invalid):
            assert reduce(evolve, stream, Incident()) == state
            continue
        stages.append((state, command, now, events))
        stream += events
        state = reduce(evolve, events, state)
    return stream, stages


@settings(max_examples=100, deadline=None)
@given(FIRST, STEPS)
def test_decide_is_total_and_evolve_never_refuses(
    first: e.IncidentDetected | c.Report | None,
    steps: list[Asked],
) -> None:
    stream, _ = played(first, steps)
    state = reduce(evolve, stream, Incident())
    if state.detected_at is not None and state.rca_completed_at is not None:
        assert state.detected_at <= state.rca_completed_at
    for event in stream:
        read_back = CODEC.decode(CODEC.encode(recorded(event)), 0).event
        assert event == read_back
        assert timedelta(0) == event.at.utcoffset()


@settings(max_examples=100, deadline=None)
@given(FIRST, STEPS)
def test_what_is_recorded_keeps_the_runbook_s_promises(
    first: e.IncidentDetected | c.Report | None,
    steps: list[Asked],
) -> None:
    stream, stages = played(first, steps)
    for state, _, now, events in stages:
        for event in events:
            assert event.at <= now
            match event:
                case e.Closed():
                    assert () == pending(state.steps)
                case e.StepWaived():
                    assert event.step is not Step.RCA
                case e.RcaCompleted():
                    assert state.detected_at is not None
                    assert state.rca_due is not None
                    assert state.detected_at <= event.at <= now
                    marked = state.rca_due in state.overdue_marked
                    overdue = marked or isinstance(events[0], e.RcaOverdue)
                    assert overdue or now <= state.rca_due or state.near_miss
                case e.RcaPreliminary():
                    assert state.detected_at is not None
                    assert state.detected_at <= event.at <= now
                    assert event.final_due is None or state.preliminary_due is None
                case e.RcaAtRisk() | e.RcaOverdue():
                    assert not state.near_miss
                case e.RcaApproved():
                    assert state.rca_completed_at is not None
                case e.Classified() | e.NearMissWithdrawn() | e.Amended(field="severity"):
                    assert not (event.counts and evolve(state, event).near_miss)
                case _:
                    assert state.status is Status.OPEN or isinstance(
                        event,
                        e.Amended | e.Noted | e.Reopened | e.ImpactResolved | e.RcaMarkWithdrawn,
                    )
    overdue_marks = [event.due for event in stream if isinstance(event, e.RcaOverdue)]
    at_risk_marks = [event.due for event in stream if isinstance(event, e.RcaAtRisk)]
    withdrawn = [
        (event.mark, event.due) for event in stream if isinstance(event, e.RcaMarkWithdrawn)
    ]
    for mark, dues in ((RcaMark.OVERDUE, overdue_marks), (RcaMark.AT_RISK, at_risk_marks)):
        for due in set(dues):  # once, and once more for each time that it was withdrawn
            assert 0 <= dues.count(due) - withdrawn.count((mark, due)) <= 1
    assert 1 >= sum(isinstance(event, e.RcaCompleted) for event in stream)
