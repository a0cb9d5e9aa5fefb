"""What happens to a law or standard. `at` is when; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.standard.words import StandardKind
from ledger.domain.text import Text


class StandardRegistered(Event, frozen=True, kw_only=True):
    """A law or standard that systems are held to; `standard` is its id, as the policy has it.

    `systems` are those in its scope; without any it is for all that are registered and not retired.
    Somebody looks until `review_due` whether it changed.
    """

    name: ClassVar[str] = "standard.registered.v1"

    standard: str
    title: str
    standard_kind: StandardKind
    reference: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    in_force_from: datetime | UnsetType = UNSET
    url: str | UnsetType = UNSET
    review_due: datetime | UnsetType = UNSET
    systems: tuple[str, ...] = ()


class StandardAmended(Event, frozen=True, kw_only=True):
    """A correction: the fields that are there have these values now."""

    name: ClassVar[str] = "standard.amended.v1"

    reason: Text
    title: str | UnsetType = UNSET
    standard_kind: StandardKind | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    in_force_from: datetime | UnsetType = UNSET
    url: str | UnsetType = UNSET
    review_due: datetime | UnsetType = UNSET
    systems: tuple[str, ...] | UnsetType = UNSET


class StandardChanged(Event, frozen=True, kw_only=True):
    """It says something else now: what is mapped to it is to be re-assessed until `reassess_by`.

    `version` is the new one, `summary` what changed.
    """

    name: ClassVar[str] = "standard.changed.v1"

    version: str
    summary: Text
    reassess_by: datetime
    in_force_from: datetime | UnsetType = UNSET


class StandardReviewed(Event, frozen=True, kw_only=True):
    """A person looked whether it changed; the next time that somebody does is `review_due`."""

    name: ClassVar[str] = "standard.reviewed.v1"

    person: str
    notes: Text | UnsetType = UNSET
    review_due: datetime | UnsetType = UNSET


class StandardReviewOverdue(Event, frozen=True, kw_only=True):
    """The clock's mark: nobody looked until then whether it changed."""

    name: ClassVar[str] = "standard.review_overdue.v1"

    due: datetime


class StandardWithdrawn(Event, frozen=True, kw_only=True):
    """Nothing is held to it any more."""

    name: ClassVar[str] = "standard.withdrawn.v1"

    reason: Text


StandardEvent = (
    StandardRegistered
    | StandardAmended
    | StandardChanged
    | StandardReviewed
    | StandardReviewOverdue
    | StandardWithdrawn
)
