"""What happens to a review. `at` is when it happened; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import Text


class ReviewLaunched(Event, frozen=True, kw_only=True):
    """A system had more incidents in a month than `threshold`; `at` is when the ledger knew.

    It is a function of the log up to and including `leaf`: `count` incidents counted then for
    `month` (YYYY-MM in `zone`), named in the order of their detection events (the first 1,000).
    Whatever happens later undoes nothing. `due` is when it has to be concluded; absent where the
    policy named no time.
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
    due: datetime | UnsetType = UNSET


class ReviewAssigned(Event, frozen=True, kw_only=True):
    """Who sees it through: an opaque "person/<uuid>"."""

    name: ClassVar[str] = "review.assigned.v1"

    owner: str


class ReviewConcluded(Event, frozen=True, kw_only=True):
    """What was found, and what will be done; `at` is when it was concluded.

    `due` is the time by which it had to be, absent where it had none.
    """

    name: ClassVar[str] = "review.concluded.v1"

    findings: Text
    actions: tuple[Text, ...] = ()
    due: datetime | UnsetType = UNSET


class ReviewAmended(Event, frozen=True, kw_only=True):
    """A correction of what was concluded: the fields that are there have these values now."""

    name: ClassVar[str] = "review.amended.v1"

    reason: Text
    findings: Text | UnsetType = UNSET
    actions: tuple[Text, ...] | UnsetType = UNSET
    concluded_at: datetime | UnsetType = UNSET


class ReviewNoted(Event, frozen=True, kw_only=True):
    """A remark for those who read the record."""

    name: ClassVar[str] = "review.noted.v1"

    text: Text


class ReviewOverdue(Event, frozen=True, kw_only=True):
    """No conclusion was on record at `due`; recorded by the clock, once."""

    name: ClassVar[str] = "review.overdue.v1"

    due: datetime


ReviewEvent = (
    ReviewLaunched | ReviewAssigned | ReviewConcluded | ReviewAmended | ReviewNoted | ReviewOverdue
)
