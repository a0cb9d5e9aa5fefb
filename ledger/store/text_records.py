"""Side records of texts beside the log: what is stored of one, and what erases them."""

import msgspec


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

    Gone as well are what providers know of the person, and sessions and links; ERASED_REASON stands
    where the person said why a quarantine entry was closed.
    """

    person: str
    name: str


ERASED_REASON = "[erased]"
TextWrite = TextRow | TextsErased | TextRestored
