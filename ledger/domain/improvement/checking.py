"""Check: whether it had its effect, as somebody else says, or the clock; and what recurred."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from ledger.domain.envelope import stream_id
from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.criterion import States, require_effect
from ledger.domain.improvement.rules import stands
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CheckResult, CriterionKind, ImprovementStatus
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.times import time_text

S = ImprovementStatus
CHECKED_BEFORE = frozenset({S.EFFECTIVE, S.ACTED})
"""What was found effective can be found not effective later, and nothing else."""
MOST_SILENT = 0.1
"""The share of its time for which the source of the alerts may be silent: no data is no effect."""
MAY_RECUR = frozenset({S.DONE, S.EFFECTIVE, S.NOT_EFFECTIVE, S.ACTED, S.CLOSED})


def check(
    command: c.CheckImprovement,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """A person says whether it had its effect. Raises Refused, by the name of the rule."""
    state: Improvement = states[stream]
    event = e.ImprovementChecked(
        at=now,
        result=command.result,
        basis=command.basis,
        evidence=tuple(dict.fromkeys(command.evidence)),
        measurement=command.measurement or UNSET,
        person=sender.actor,
    )
    if _is_on_record(event, state):
        return ()
    late = command.result is CheckResult.NOT_EFFECTIVE and state.status in CHECKED_BEFORE
    if state.status is not S.DONE and not late:
        raise Refused(
            "check_before_done",
            f"The improvement is {stands(state)}: it is checked once it was done, and what was "
            "effective can only be found not effective.",
            remedy="Record that it was done; what had no effect is reopened and done again.",
        )
    _require_other(state, sender)
    if command.result is CheckResult.EFFECTIVE:
        require_effect(command, state, states, policy, now)
    return (Appended(stream, (event,)),)


def _is_on_record(event: e.ImprovementChecked, state: Improvement) -> bool:
    """Whether the same person checked it before, to the same, and nothing happened since."""
    before = state.checked
    if before is None or state.recurred:
        return False
    said = (event.person, event.result, event.basis)
    return said == (before.person, before.result, before.basis)


def _require_other(state: Improvement, sender: Sender) -> None:
    """Refuses whoever owns it or recorded it as done, with every person that he counts as."""
    counted = {sender.actor, *sender.persons}
    mine = "own it" if state.owner in counted else "recorded it as done"
    if state.owner in counted or not state.done_by.isdisjoint(counted):
        raise Refused(
            "own_check",
            f"You {mine}, or act for somebody who does: an improvement is checked by others.",
            remedy="Let somebody check it who neither owns it nor did it.",
        )


def by_clock(
    state: Improvement, incidents: Collection[UUID], silent: timedelta, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """What the clock finds of one that is to keep something from happening again, once.

    `incidents` are those that its group opened while it was watched; for `silent` of that time the
    source of its alerts was not heard.
    """
    criterion, until = state.criterion, state.check_by
    if criterion is None or criterion.kind is not CriterionKind.NO_RECURRENCE:
        return ()
    if state.status is not S.DONE or until is None or state.done_at is None or now < until:
        return ()
    if state.looked:
        return ()
    found = [each for each in incidents if str(each) not in state.recurrences]
    if found or state.recurred:
        return tuple(e.ImprovementRecurred(at=now, incident=each) for each in found)
    said = (
        f"The same alerts opened no incident from {time_text(state.done_at)} until "
        f"{time_text(until)}"
    )
    watched = until - state.done_at
    if silent > watched * MOST_SILENT:
        unheard = f"{said}, but for {_hours(silent)} of {_hours(watched)} hours nobody heard them."
        return (e.ImprovementChecked(at=now, result=CheckResult.INCONCLUSIVE, basis=unheard),)
    return (e.ImprovementChecked(at=now, result=CheckResult.EFFECTIVE, basis=f"{said}."),)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f}".removesuffix(".0")


def recur(
    command: c.RecurImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """Somebody says that it happened again. Raises Refused."""
    if command.incident in state.recurrences:
        return ()
    if state.done_at is None or state.status not in MAY_RECUR:
        raise Refused(
            "recur_before_done",
            f"The improvement is {stands(state)}: what was not done yet cannot have failed to "
            "keep something from happening.",
            remedy="Record it as done first.",
        )
    return (e.ImprovementRecurred(at=now, incident=UUID(command.incident)),)


def recorded(
    command: c.RecordRecurrence, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """The group opened another incident while it was watched; once, and of this time alone."""
    again = str(command.incident) in state.recurrences
    if again or state.done_at != command.since or state.status not in MAY_RECUR:
        return ()
    return (e.ImprovementRecurred(at=now, incident=command.incident),)


def read_to_check(command: c.CheckImprovement) -> tuple[str, ...]:
    """The evidence and the measurement that it names."""
    found = [stream_id("evidence", UUID(each)) for each in command.evidence]
    if command.measurement is not None:
        found.append(stream_id("metric", UUID(command.measurement)))
    return tuple(found)


def incident_named(command: c.RecurImprovement) -> tuple[str, ...]:
    """The incident as which it happened again."""
    return (stream_id("incident", UUID(command.incident)),)
