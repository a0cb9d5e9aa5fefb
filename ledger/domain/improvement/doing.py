"""Do: it was done, and from then on it is known whether it happens again."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ledger.domain.envelope import id_of, stream_id
from ledger.domain.identity import recurrence_id
from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.criterion import States, check_by
from ledger.domain.improvement.recurrence import RecurrenceWatched
from ledger.domain.improvement.rules import overdue, stands
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CriterionKind, ImprovementStatus
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Refused
from ledger.policy import Policy


def done(
    command: c.RecordImprovementDone,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """It was done; where nothing is to recur, its group is watched from now. Raises Refused."""
    state: Improvement = states[stream]
    if state.status is ImprovementStatus.DONE and command.what == state.what:
        return ()
    if state.status is not ImprovementStatus.ACCEPTED:
        raise Refused(
            "done_before_accepted",
            f"The improvement is {stands(state)}: only what is accepted and not done yet is "
            "recorded as done.",
            remedy="Accept it first; where it had no effect, reopen it.",
        )
    until = check_by(state.criterion, now)
    event = e.ImprovementDone(
        at=now,
        what=command.what,
        person=sender.actor,
        persons=tuple(sorted(sender.persons)),
        evidence=tuple(dict.fromkeys(command.evidence)),
        release=command.release or UNSET,
        check_by=until or UNSET,
    )
    appended = [Appended(stream, (*overdue(state, now), event))]
    watching = watched_by(state)
    if watching is not None and until is not None:
        watched = RecurrenceWatched(at=now, improvement=UUID(id_of(stream)), since=now, until=until)
        appended.append(Appended(watching, (watched,)))
    return tuple(appended)


def watched_by(state: Improvement) -> str | None:
    """The stream of what its alert group is watched for; None for another criterion."""
    criterion = state.criterion
    if criterion is None or criterion.kind is not CriterionKind.NO_RECURRENCE:
        return None
    return stream_id("recurrence", recurrence_id(criterion.group)) if criterion.group else None


def read_for_done(command: object, stream: str, states: States) -> tuple[str, ...]:
    """The stream that says what the group is watched for."""
    watching = watched_by(states[stream])
    return () if watching is None else (watching,)


def named_by(command: c.RecordImprovementDone) -> tuple[str, ...]:
    """The evidence and the release that it names."""
    release = () if command.release is None else (stream_id("release", UUID(command.release)),)
    return (*(stream_id("evidence", UUID(each)) for each in command.evidence), *release)
