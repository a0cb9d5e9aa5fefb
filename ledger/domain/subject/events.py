"""What happens to a subject: a person, or a text by itself. `at` is when it was recorded."""

from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.vocabulary import ErasureReason


class SubjectErased(Event, frozen=True, kw_only=True):
    """Texts beside the log are unreadable from here on, and the name of `person`, if it is there.

    `texts` are their ids, at most 500; `streams` those that have them. `proposed_by` is the person,
    other than the one who erased, that it was proposed by, where it needed two.
    """

    name: ClassVar[str] = "subject.erased.v1"

    texts: tuple[str, ...]
    streams: tuple[str, ...]
    reason: ErasureReason
    person: str | UnsetType = UNSET
    proposed_by: str | UnsetType = UNSET


class ErasureProposed(Event, frozen=True, kw_only=True):
    """A person, a text or a stream is to be erased, once a second person erases it as well.

    `by` proposed it; `persons` is everybody that the proposal counts as.
    """

    name: ClassVar[str] = "subject.erasure_proposed.v1"

    reason: ErasureReason
    by: str
    person: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    stream: str | UnsetType = UNSET
    persons: tuple[str, ...] = ()


SubjectEvent = SubjectErased | ErasureProposed
