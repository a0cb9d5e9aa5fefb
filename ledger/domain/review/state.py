"""A review's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec import UnsetType
from msgspec.structs import replace

from ledger.domain.review import events as e
from ledger.domain.text import Text


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Where a review stands.

    `leaf` is that of the event which crossed the threshold, None where no review was launched.
    `due` is None where it has no due time. `overdue_marked`: the clock found it not concluded then.
    """

    leaf: int | None = None
    system: str = ""
    month: str = ""
    launched_at: datetime | None = None
    due: datetime | None = None
    owner: str | None = None
    findings: Text | None = None
    actions: tuple[Text, ...] = ()
    concluded_at: datetime | None = None
    overdue_marked: bool = False


def evolve(state: Review, event: e.ReviewEvent) -> Review:
    """The state after an event."""
    match event:
        case e.ReviewLaunched():
            return Review(
                leaf=event.leaf,
                system=event.system,
                month=event.month,
                launched_at=event.at,
                due=event.due or None,
            )
        case e.ReviewAssigned():
            return replace(state, owner=event.owner)
        case e.ReviewConcluded():
            return replace(
                state, findings=event.findings, actions=event.actions, concluded_at=event.at
            )
        case e.ReviewAmended():
            return _amended(state, event)
        case e.ReviewOverdue():
            return replace(state, overdue_marked=True)
        case e.ReviewNoted():
            return state
        case _:
            assert_never(event)


def _amended(state: Review, event: e.ReviewAmended) -> Review:
    if not isinstance(event.findings, UnsetType):
        state = replace(state, findings=event.findings)
    if not isinstance(event.actions, UnsetType):
        state = replace(state, actions=event.actions)
    return replace(state, concluded_at=event.concluded_at or state.concluded_at)
