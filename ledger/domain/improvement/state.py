"""An improvement's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.improvement import events as e
from ledger.domain.improvement.words import CheckResult, ImprovementKind, ImprovementStatus
from ledger.domain.text import Text

_AFTER_CHECK = {
    CheckResult.EFFECTIVE: ImprovementStatus.EFFECTIVE,
    CheckResult.NOT_EFFECTIVE: ImprovementStatus.NOT_EFFECTIVE,
}


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """Where an improvement stands; `status` is None where none was proposed.

    `overdue` is the due time that passed. `done_at`, `done_by`, `what`, `check_by`, `checked`,
    `looked` (the clock has checked it) and `recurred` are of the last time that it was done.
    `done_by` is everybody that whoever recorded it counts as. `recurrences` are all incidents, by
    id, as which it happened again.
    """

    status: ImprovementStatus | None = None
    title: Text = ""
    system: str = ""
    improvement_kind: ImprovementKind | None = None
    cause: e.ImprovementCause | None = None
    action: Text = ""
    owner: str | None = None
    due: datetime | None = None
    success: Text = ""
    criterion: e.SuccessCriterion | None = None
    reason: Text = ""
    overdue: datetime | None = None
    done_at: datetime | None = None
    done_by: frozenset[str] = frozenset()
    what: Text = ""
    check_by: datetime | None = None
    checked: e.ImprovementChecked | None = None
    looked: bool = False
    recurred: tuple[str, ...] = ()
    recurrences: tuple[str, ...] = ()
    updates: tuple[e.ActedUpdate, ...] = ()


def evolve(state: Improvement, event: e.ImprovementEvent) -> Improvement:
    """The state after an event."""
    match event:
        case e.ImprovementProposed():
            return Improvement(
                status=ImprovementStatus.PROPOSED,
                title=event.title,
                system=event.system,
                improvement_kind=event.improvement_kind,
                cause=event.cause,
                action=event.action or "",
            )
        case e.ImprovementAccepted():
            return replace(
                state,
                status=ImprovementStatus.ACCEPTED,
                owner=event.owner,
                due=event.due,
                success=event.success or "",
                criterion=event.criterion or None,
            )
        case e.ImprovementRejected():
            return replace(state, status=ImprovementStatus.REJECTED, reason=event.reason)
        case e.ImprovementDueChanged():
            return replace(state, due=event.to, overdue=None)
        case e.ImprovementOverdue():
            return replace(state, overdue=event.due)
        case e.ImprovementDone():
            return _done(state, event)
        case e.ImprovementChecked():
            status = _AFTER_CHECK.get(event.result, state.status)
            looked = state.looked or event.person is UNSET
            return replace(state, status=status, checked=event, looked=looked)
        case e.ImprovementActed():
            updates = (*state.updates, *event.updates)
            return replace(state, status=ImprovementStatus.ACTED, updates=updates)
        case e.ImprovementReopened():
            return _reopened(state, event)
        case e.ImprovementRecurred():
            again = str(event.incident)
            return replace(
                state,
                status=ImprovementStatus.NOT_EFFECTIVE,
                recurred=(*state.recurred, again),
                recurrences=(*state.recurrences, again),
            )
        case e.ImprovementClosed():
            return replace(state, status=ImprovementStatus.CLOSED, reason=event.reason)
        case _:
            assert_never(event)


def _done(state: Improvement, event: e.ImprovementDone) -> Improvement:
    return replace(
        state,
        status=ImprovementStatus.DONE,
        done_at=event.at,
        done_by=frozenset({event.person, *event.persons}),
        what=event.what,
        check_by=event.check_by or None,
        checked=None,
        looked=False,
        recurred=(),
    )


def _reopened(state: Improvement, event: e.ImprovementReopened) -> Improvement:
    """As it was accepted, with another due time; what was learnt before stays on record."""
    return replace(
        state,
        status=ImprovementStatus.ACCEPTED,
        due=event.due,
        overdue=None,
        done_at=None,
        done_by=frozenset(),
        what="",
        check_by=None,
        checked=None,
        looked=False,
        recurred=(),
    )
