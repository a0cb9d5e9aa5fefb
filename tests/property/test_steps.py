"""The runbook's steps after detection, in any order, as they come in life (runbook section 7)."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.domain.incident import Incident, decide, evolve
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import Closed
from ledger.domain.incident.steps import pending
from ledger.vocabulary import Category, Severity, Status, Step, StepState
from tests.unit.domain.story import LATE, NOW, POLICY, Told, detected, folded

DOING: dict[Step, tuple[c.IncidentCommand, ...]] = {
    Step.CONTAIN: (c.Contain(action="x"),),
    Step.COMMUNICATE: (c.Communicate(audience="a", message="m"),),
    Step.CLASSIFY: (c.Classify(category=Category.INFRA_ERROR, severity=Severity.LOW),),
    Step.TICKET: (c.OpenTicket(url="https://t/1"),),
    Step.NOTIFY_RISK_MANAGER: (c.NotifyRiskManager(channel="c"),),
    Step.ROLLBACK: (
        c.RequestRollback(reason="r"),
        c.FailRollback(snapshot="s"),
        c.ExecuteRollback(snapshot="s"),
    ),
    Step.RCA: (c.StartRca(), c.CompleteRca(summary="s", root_cause="r")),
    Step.PLAYBOOK: (c.UpdatePlaybook(playbook="p", change="c"),),
}
WAIVING: dict[Step, tuple[c.IncidentCommand, ...]] = {
    step: (c.WaiveStep(step=step, reason="r"),) for step in Step if step is not Step.RCA
} | {
    Step.ROLLBACK: (
        c.RequestRollback(reason="r"),
        c.WaiveStep(step=Step.ROLLBACK, reason="r"),
    )
}
"""A rollback applies, and can be waived, once it was requested."""


def run(state: Incident, commands: list[c.IncidentCommand], now: datetime) -> Incident:
    """The state after commands, none of them refused."""
    for command in commands:
        for event in decide(command, state, POLICY, now):
            state = evolve(state, event)
    return state


@st.composite
def interleaved(
    draw: st.DrawFn, of_step: dict[Step, tuple[c.IncidentCommand, ...]]
) -> list[c.IncidentCommand]:
    """The commands of all steps in any order; those of one step stay in theirs."""
    waiting = {step: list(commands) for step, commands in of_step.items()}
    turns = draw(st.permutations([step for step, left in waiting.items() for _ in left]))
    return [waiting[step].pop(0) for step in turns]


Orders = tuple[set[Step], list[c.IncidentCommand], list[c.IncidentCommand]]
WAIVED = st.sets(st.sampled_from(sorted(WAIVING)))
OVER = detected(impact_ended_at=NOW)
TIMES = st.sampled_from([NOW, LATE, LATE + timedelta(days=30)])


@st.composite
def two_orders(draw: st.DrawFn) -> Orders:
    """Steps to waive, and two orders of doing the others and waiving these."""
    waived = draw(WAIVED)
    of_step = {step: (WAIVING if step in waived else DOING)[step] for step in Step}
    return waived, draw(interleaved(of_step)), draw(interleaved(of_step))


@settings(max_examples=100, deadline=None)
@given(two_orders(), TIMES)
def test_steps_done_or_waived_in_any_order_end_in_the_same_steps_and_can_be_closed(
    orders: Orders, now: datetime
) -> None:
    waived, one, other = orders
    states = [run(folded(OVER), order, now) for order in (one, other)]
    expected = {step: StepState.WAIVED if step in waived else StepState.DONE for step in Step}
    for state in states:
        assert expected == state.steps
        assert (Closed(at=now, reason="r"),) == decide(c.Close(reason="r"), state, POLICY, now)
    # The order in which they were written is kept, for corrections; the rest is the same.
    assert states[0] == replace(states[1], written=states[0].written)


@settings(max_examples=100, deadline=None)
@given(two_orders(), st.integers(0, 30))
def test_closing_is_refused_until_the_last_step_is_done_or_waived(
    orders: Orders, count: int
) -> None:
    _, order, _ = orders
    so_far = run(folded(OVER), order[:count], NOW)
    if pending(so_far.steps):
        Told(so_far, c.Close(reason="r"), NOW, POLICY).refused("steps_pending")
    else:
        assert Status.CLOSED is run(so_far, [c.Close()], NOW).status
