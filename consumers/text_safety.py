"""Texts from outside as they may be shown: no control character in them has an effect.

Neither a terminal's control sequences nor marks that turn the direction of what stands beside them.
"""

import unicodedata
from typing import TypeVar

import msgspec

from ledger.domain.text import unmarked_json

V = TypeVar("V", bound=msgspec.Struct)
_HARMLESS = "\n\t"
_OBEYED = {"Cc", "Cf", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"


def escape_controls(text: str, *, one_line: bool = False) -> str:
    """The text with what a terminal would obey written out (`\\x1b`), line ends kept or spaced."""
    if text.isprintable():
        return text
    shown = "".join(
        character
        if character in _HARMLESS or character in _JOINERS or not _obeyed(character)
        else character.encode("unicode_escape").decode()
        for character in text
    )
    return " ".join(shown.split()) if one_line else shown


def one_line(text: str) -> str:
    """The text on one line, in which nothing steers a terminal, a header or a format."""
    return escape_controls(" ".join(text.split()))


def printable_line(text: str) -> str:
    """The text on one line, with a space for whatever is not printable."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def without_marks(view: V) -> V:
    """A view of what is in no event, in which nothing is taken for a mark.

    See `ledger.domain.text`.
    """
    encoded = msgspec.json.encode(view)
    plain = unmarked_json(encoded)
    return view if plain is encoded else msgspec.json.decode(plain, type=type(view))


def lines_for_people(text: str) -> str:
    """The text with plain line ends, and its other controls written out."""
    return escape_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def _obeyed(character: str) -> bool:
    return unicodedata.category(character) in _OBEYED
