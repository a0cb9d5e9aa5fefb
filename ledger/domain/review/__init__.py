"""Reviews: one a system and month, launched by more incidents than the policy allows.

Source: runbook section 6, "Incident count > 3 per month: Launch RCA review".
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members

MOST_NAMED = 1_000
"""So many incidents fit an event with room to spare; `count` counts them all."""


class ReviewLaunched(Event, frozen=True, kw_only=True):
    """A system had more incidents in a month than `threshold`; `at` is when the ledger knew.

    It is a function of the log up to and including `leaf`: `count` incidents counted then for
    `month` (YYYY-MM in `zone`), named in the order of their detection events (the first 1,000).
    Whatever happens later undoes nothing.
    """

    name: ClassVar[str] = "review.launched.v1"

    system: str
    month: str
    threshold: int
    zone: str
    action: str
    leaf: int
    count: int
    incidents: tuple[UUID, ...]


ReviewEvent = ReviewLaunched


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the review of a system and month was launched, and by which leaf."""

    leaf: int | None = None


class LaunchReview(msgspec.Struct, frozen=True, kw_only=True):
    """The log up to `leaf` leaves a system's month above the threshold in force there."""

    system: str
    month: str
    threshold: int
    zone: str
    action: str
    leaf: int
    incidents: tuple[UUID, ...]
    at: datetime


def decide(command: LaunchReview, state: Review) -> tuple[ReviewEvent, ...]:
    """The first launch is the only one: a second, from wherever, is nothing to do."""
    if state.leaf is not None:
        return ()
    return (
        ReviewLaunched(
            at=command.at,
            system=command.system,
            month=command.month,
            threshold=command.threshold,
            zone=command.zone,
            action=command.action,
            leaf=command.leaf,
            count=len(command.incidents),
            incidents=command.incidents[:MOST_NAMED],
        ),
    )


def evolve(state: Review, event: ReviewEvent) -> Review:
    """The state after an event."""
    return Review(leaf=event.leaf)


REVIEW = StreamType(
    kind="review",
    initial=Review(),
    evolve=evolve,
    events=members(ReviewEvent),
    decide=lambda command, state, policy, now: decide(command, state),
)
