"""Free text: in the event itself, or beside the log with a commitment in its place (ADR 36).

What lies beside is shown by whoever may read it. Until then a sentence or a row has a mark in its
place: the text's id between two code points that Unicode assigns to nothing.

Only `plain_text` writes a mark. Somebody may type those code points all the same, and the log keeps
what he typed. Events are therefore read for rows, sentences and views with `READERS_CODEC`, which
has U+FFFD in place of them wherever they stand: in a free text, a system, a label, a name of a
field. Names of people and what is filled in pass through `unmarked`. So whatever is shown may be
filled, and filled again, and no text comes up where somebody asked for it by its id. Decisions read
events as they are stored.
"""

import hmac
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints, overload

import msgspec
from msgspec.structs import replace
from rpds import HashTrieMap

BEGIN, END = "\ufdd0", "\ufdd1"
"""What a text's id stands between; a text that holds one of them is shown with U+FFFD in place."""
MARK = 38
"""The characters of a mark."""
_MARK = re.compile(f"{BEGIN}([0-9a-f-]{{36}}){END}")
_FORGED = str.maketrans({BEGIN: "\ufffd", END: "\ufffd"})
_BEGINS = b"\xef\xb7"
"""What the UTF-8 of both begins with."""


class OutsideText(msgspec.Struct, frozen=True, gc=False):
    """A text that is stored beside the log, by its id (UUIDv7).

    `commitment` is the HMAC-SHA256 (hex) of its UTF-8 bytes under a random key of its own: who has
    text and key can prove that it is the one that was recorded, and nobody can find it by guessing.
    """

    text: str
    commitment: str


Text = str | OutsideText
"""Free text of people and alerts: in the event, or beside the log."""


class ErasedText(msgspec.Struct, frozen=True):
    """What is left of a text in a comparison once it was erased: it equals every text."""

    def __eq__(self, other: object) -> bool:
        """Equal, whatever the other text is."""
        return isinstance(other, str | OutsideText | ErasedText)

    def __hash__(self) -> int:
        """One for all."""
        return hash(ErasedText)


ERASED = ErasedText()
Texts = Mapping[str, str | ErasedText]
"""Texts by their ids; those that are in it alone are filled in."""


@cache
def free_texts(event: Hashable) -> tuple[str, ...]:
    """The names of an event's fields that may hold a text beside the log, or several."""
    hints = get_type_hints(event)
    return tuple(name for name, kind in hints.items() if _holds_text(kind))


def without_texts(event: msgspec.Struct, instead: str) -> Any:
    """The event with other words for each of its free texts; an empty one stays."""
    found = {name: getattr(event, name) for name in free_texts(type(event))}
    return replace(event, **{name: _instead(each, instead) for name, each in found.items()})


def _instead(value: Any, instead: str) -> Any:
    match value:
        case str() | OutsideText():
            return instead if value else value
        case tuple():
            return tuple(_instead(each, instead) for each in value)
        case _:
            return value


def _holds_text(kind: Any) -> bool:
    return kind is OutsideText or any(_holds_text(inner) for inner in get_args(kind))


@overload
def plain_text(text: Text | tuple[Text, ...]) -> str: ...
@overload
def plain_text(text: Text | tuple[Text, ...] | None) -> str | None: ...
def plain_text(text: Text | tuple[Text, ...] | None) -> str | None:
    """A text for people: one beside the log has its mark, and several stand a line each."""
    if isinstance(text, tuple):
        return "\n".join(map(plain_text, text))
    if isinstance(text, OutsideText):
        return f"{BEGIN}{text.text}{END}"
    return text if text is None else unmarked(text)


def unmarked(text: str) -> str:
    """A text from outside, in which nothing is taken for a mark."""
    return text.translate(_FORGED) if BEGIN in text or END in text else text


def unmarked_json(stored: bytes) -> bytes:
    """The same of JSON that a codec encoded: it has these code points as UTF-8, never as escapes.

    The bytes of one character do not occur within another, so they are replaced as they are.
    """
    if _BEGINS not in stored:
        return stored
    for each in (BEGIN, END):
        stored = stored.replace(each.encode(), b"\xef\xbf\xbd")
    return stored


def marked_ids(text: str) -> Iterator[str]:
    """The ids of the texts that a sentence has marks of."""
    return (found[1] for found in _MARK.finditer(text)) if BEGIN in text else iter(())


def fill_marks(text: str, shown: Callable[[str], str]) -> str:
    """The sentence with each mark replaced by what is shown for its id."""
    return _MARK.sub(lambda found: shown(found[1]), text) if BEGIN in text else text


def commitment_to(text: str, key: bytes) -> str:
    """The commitment (hex) to a text under its key."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def outside_texts(value: Any) -> Iterator[OutsideText]:
    """The texts beside the log anywhere in a value: an event, or a state."""
    match value:
        case OutsideText():
            yield value
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from outside_texts(getattr(value, name))
        case tuple() | list():
            for each in value:
                yield from outside_texts(each)
        case dict() | HashTrieMap():
            for each in value.values():
                yield from outside_texts(each)


def filled(value: Any, texts: Texts) -> Any:
    """The same value with these texts in their places; others stay beside."""
    match value:
        case OutsideText():
            return texts.get(value.text, value)
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            new = {name: filled(each, texts) for name, each in fields.items()}
            changed = {name: each for name, each in new.items() if each is not fields[name]}
            return replace(value, **changed) if changed else value
        case tuple() if type(value) is tuple:
            parts = tuple(filled(each, texts) for each in value)
            same = all(new is old for new, old in zip(parts, value, strict=True))
            return value if same else parts
        case dict():
            return {name: filled(each, texts) for name, each in value.items()} if value else value
        case HashTrieMap():
            for key, each in value.items():
                if (after := filled(each, texts)) is not each:
                    value = value.insert(key, after)
            return value
        case _:
            return value
