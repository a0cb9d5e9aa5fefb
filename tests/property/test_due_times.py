"""Any classifications, corrections and adoptions while time passes: what becomes of the due time.

A recorded breach stays, a class moves no due time to before its own decision, and the due time is
that of a computation which knows no events.
"""

from datetime import datetime, timedelta
from functools import reduce
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.incident import Incident, IncidentEvent, decide, evolve, next_deadline
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.errors import Refused
from ledger.policy import Policy, parse_policy, shipped
from ledger.vocabulary import Category, Severity
from tests.unit.domain.story import DETECTED_AT, POLICY
from tests.unit.policy.extended import EXTENDED, TEXT, changed

HOUR = timedelta(hours=1)
SOONER = parse_policy(changed(TEXT, ('critical = "PT8H"', 'high = "PT4H"'), ('"PT12H"', '"PT2H"')))
LATER = parse_policy(changed(shipped(), ('due_after = "PT24H"', 'due_after = "PT30H"')))
POLICIES = [POLICY, EXTENDED, SOONER, LATER]


class Model(NamedTuple):
    """What the due time is, computed from its rules; no event is read."""

    due: datetime
    detected_at: datetime = DETECTED_AT
    category: str | None = None
    severity: Severity | None = None
    complete: bool = False

    def span(self, policy: Policy, category: str | None, severity: Severity | None) -> timedelta:
        """The shortest time of the policy's entries for either; without one, the general time."""
        rca = policy.rca
        entries = [rca.due_after_by_category.get(each) for each in (category,) if each]
        entries += [rca.due_after_by_severity.get(each) for each in (severity,) if each]
        return min((each for each in entries if each is not None), default=rca.due_after)

    def reclassified(
        self, policy: Policy, category: str | None, severity: Severity | None, now: datetime
    ) -> "Model":
        """A due time that is still ahead moves by the class, to now at the earliest."""
        was, is_now = (
            self.span(policy, *each)
            for each in ((self.category, self.severity), (category, severity))
        )
        moves = not self.complete and now < self.due and was != is_now
        due = max(now, self.detected_at + is_now) if moves else self.due
        return self._replace(category=category, severity=severity, due=due)

    def corrected(self, policy: Policy, detected_at: datetime) -> "Model":
        """A corrected detection has its due time from the policy in force."""
        span = self.span(policy, self.category, self.severity)
        return self._replace(detected_at=detected_at, due=detected_at + span)


COMMANDS = st.one_of(
    st.builds(
        c.Classify,
        category=st.sampled_from([*map(str, Category)]),
        severity=st.sampled_from(Severity),
    ),
    st.builds(
        c.Amend,
        field=st.just("severity"),
        to=st.sampled_from([*map(str, Severity), None]),
        reason=st.just("r"),
    ),
    st.integers(-10, 0).map(
        lambda hours: c.Amend(
            field="detected_at", to=(DETECTED_AT + hours * HOUR).isoformat(), reason="r"
        )
    ),
    st.just(c.CompleteRca(summary="s", root_cause="r")),
    st.just(None),  # time passes, and no more
)
STEPS = st.lists(
    st.tuples(COMMANDS, st.integers(0, 20), st.sampled_from(POLICIES)), min_size=1, max_size=20
)


def clock(state: Incident, policy: Policy, now: datetime) -> tuple[IncidentEvent, ...]:
    """What the clock records until now: each mark when its time has come."""
    events: tuple[IncidentEvent, ...] = ()
    for _ in range(2):
        at = next_deadline(state)
        if at is None or at > now or state.rca_due is None:
            break
        for command in (c.MarkRcaAtRisk(due=state.rca_due), c.MarkRcaOverdue(due=state.rca_due)):
            new = decide(command, state, policy, now)
            state, events = reduce(evolve, new, state), events + new
    return events


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(POLICIES), st.sampled_from([None, *Severity]), STEPS)
def test_no_breach_vanishes_and_no_class_sets_a_due_time_before_its_decision(
    first: Policy,
    severity: Severity | None,
    steps: list[tuple[c.IncidentCommand | None, int, Policy]],
) -> None:
    now = DETECTED_AT
    [begun] = decide(
        c.Report(title="t", system="s", severity=severity), Incident(), first, DETECTED_AT
    )
    state = evolve(Incident(), begun)
    model = Model(DETECTED_AT, severity=severity)
    model = model._replace(due=DETECTED_AT + model.span(first, None, severity))
    breaches: set[datetime] = set()
    for command, hours, policy in steps:
        now += hours * HOUR
        for mark in clock(state, policy, now):
            state = evolve(state, mark)
        breaches |= state.overdue_marked
        if command is None:
            continue
        before, at_risk_before = state.rca_due, state.at_risk_at
        try:
            events = decide(command, state, policy, now)
        except Refused:
            continue
        state = reduce(evolve, events, state)
        model = told(model, command, events, policy, now)
        assert breaches <= state.overdue_marked
        assert model.due == state.rca_due
        if isinstance(command, c.Classify) or getattr(command, "field", "") == "severity":
            assert state.rca_due == before or now <= model.due
            assert state.at_risk_at is not None
            assert state.at_risk_at == at_risk_before or now <= state.at_risk_at
            assert state.at_risk_at <= model.due
        if before is not None and before in breaches and isinstance(command, c.Classify):
            assert before == state.rca_due


def told(
    model: Model,
    command: c.IncidentCommand,
    events: tuple[IncidentEvent, ...],
    policy: Policy,
    now: datetime,
) -> Model:
    """The model after a command that was not refused."""
    if not events:
        return model
    match command:
        case c.Classify():
            return model.reclassified(policy, command.category, command.severity, now)
        case c.Amend(field="severity"):
            severity = Severity(str(command.to)) if command.to else None
            return model.reclassified(policy, model.category, severity, now)
        case c.Amend():
            return model.corrected(policy, datetime.fromisoformat(str(command.to)))
        case _:
            assert isinstance(events[-1], e.RcaCompleted)
            return model._replace(complete=True)
