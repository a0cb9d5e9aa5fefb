"""Side records of texts beside the log: what is stored of one, and what erases them."""

from collections.abc import Iterator

import msgspec

from ledger.domain.subject import SubjectErased, erased_name


class TextRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A text beside the log, by the id that its event has.

    `stream` is the event's, `author` its actor. `key` (32 random bytes) is that of the event's
    commitment to `content`. Of an erased text both are None. To write one that is there already is
    a Conflict.
    """

    id: str
    stream: str
    author: str
    key: bytes | None
    content: str | None


class TextsErased(msgspec.Struct, frozen=True, kw_only=True):
    """Content and key of these texts are erased; the rest of their rows stays.

    With them go answers under idempotency keys of commands for `streams`: these have a digest of
    what was sent, by which a guess at a text could be tried.
    """

    ids: tuple[str, ...]
    streams: tuple[str, ...] = ()


class TextRestored(msgspec.Struct, frozen=True, kw_only=True):
    """A text is put back from another copy: its row, or content and key of one that is there."""

    row: TextRow


class PersonErased(msgspec.Struct, frozen=True, kw_only=True):
    """A person, "person/<uuid>", has no name any more: `name` stands in its place.

    Gone as well are what providers know of the person, sessions that no token began, links and
    codes; ERASED_REASON stands where the person said why a quarantine entry was closed.
    """

    person: str
    name: str

    @property
    def in_json(self) -> bytes:
        """What the JSON of each session and secret of the person has; no text can, unescaped."""
        return f'"person":"{self.person}"'.encode()


ERASED_REASON = "[erased]"


def erasing_writes(event: SubjectErased) -> Iterator[TextsErased | PersonErased]:
    """What an erasure changes beside the log."""
    if event.texts:
        yield TextsErased(ids=event.texts, streams=event.streams)
    if event.person:
        yield PersonErased(person=event.person, name=erased_name(event.person))
