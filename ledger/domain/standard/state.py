"""A standard's state, folded from its stream."""

from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import asdict, replace

from ledger.domain.identity import system_id
from ledger.domain.standard import events as e
from ledger.domain.standard.words import StandardKind, StandardStatus
from ledger.domain.text import Text


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """Where a standard stands; `standard` is empty where none is registered.

    `changes` counts how often it changed, `summary` is what changed last. `overdue` is the time of
    the review that the clock marked.
    """

    standard: str = ""
    title: str = ""
    standard_kind: StandardKind | None = None
    reference: str = ""
    version: str = ""
    in_force_from: datetime | None = None
    url: str = ""
    review_due: datetime | None = None
    systems: tuple[str, ...] = ()
    changes: int = 0
    changed_at: datetime | None = None
    summary: Text = ""
    reassess_by: datetime | None = None
    reviewed_at: datetime | None = None
    notes: Text = ""
    overdue: datetime | None = None
    withdrawn: bool = False

    def has_in_scope(self, system: str) -> bool:
        """Whether a registered system is in its scope."""
        wanted = system_id(system)
        return not self.systems or any(system_id(each) == wanted for each in self.systems)

    def status_at(self, at: datetime) -> StandardStatus:
        """Where it stands at a time, whether the clock has marked it yet or not."""
        if self.withdrawn:
            return StandardStatus.WITHDRAWN
        if self.review_due is not None and self.review_due <= at:
            return StandardStatus.REVIEW_OVERDUE
        return StandardStatus.IN_USE


def evolve(state: Standard, event: e.StandardEvent) -> Standard:
    """The state after an event."""
    match event:
        case e.StandardRegistered():
            return Standard(**_given(event))
        case e.StandardAmended():
            return replace(state, **_given(event))
        case e.StandardChanged():
            return replace(
                state,
                version=event.version,
                in_force_from=event.in_force_from or state.in_force_from,
                changes=state.changes + 1,
                changed_at=event.at,
                summary=event.summary,
                reassess_by=event.reassess_by,
            )
        case e.StandardReviewed():
            return replace(
                state,
                reviewed_at=event.at,
                notes=event.notes or "",
                review_due=event.review_due or None,
            )
        case e.StandardReviewOverdue():
            return replace(state, overdue=event.due)
        case e.StandardWithdrawn():
            return replace(state, withdrawn=True)
        case _:
            assert_never(event)


def _given(event: e.StandardRegistered | e.StandardAmended) -> dict[str, Any]:
    """The fields that an event sets, of those that a standard has."""
    given = {name: value for name, value in asdict(event).items() if value is not msgspec.UNSET}
    return {name: value for name, value in given.items() if name not in {"at", "reason"}}
