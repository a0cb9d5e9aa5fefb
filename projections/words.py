"""The words of a text, as the full-text search compares them, and the words of a query.

A word is a run of letters and digits, in one case (NFKC, case-folded). A reference such as INC-7 is
the word "inc7" as well, so that it can be searched for as a whole.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from ledger.errors import Invalid

MAX_WORD = 64
"""The maximum number of characters of a word; the rest of a longer one is not searched."""
MAX_QUERY = 200
"""The maximum number of characters of a query."""
MAX_QUERY_WORDS = 10

_WORD = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"(?<![^\W_])inc-([0-9]+)(?![^\W_])")


class Word(NamedTuple):
    """A word of a query. With `prefix` it matches every word that begins with it."""

    text: str
    prefix: bool


def words_of(text: str) -> str:
    """The distinct words of a text in order, separated by spaces."""
    folded = _folded(text)
    found = {word[:MAX_WORD] for word in _WORD.findall(folded)}
    found |= {_joined(number)[:MAX_WORD] for number in _REFERENCE.findall(folded)}
    return " ".join(sorted(found))


def query_words(query: str) -> tuple[Word, ...]:
    """The words of a query, all of which have to occur. Raises Invalid.

    A word of two characters or more matches every word that begins with it; a single character and
    a reference match whole words.
    """
    if len(query) > MAX_QUERY:
        raise _invalid(query[:20], f"at most {MAX_QUERY} characters")
    folded = _folded(query)
    references = [Word(_joined(number), prefix=False) for number in _REFERENCE.findall(folded)]
    others = _WORD.findall(_REFERENCE.sub(" ", folded))
    found = dict.fromkeys([*references, *map(_word, others)])
    if not found:
        raise _invalid(query, "a word: letters or digits")
    if len(found) > MAX_QUERY_WORDS:
        raise _invalid(query[:20], f"at most {MAX_QUERY_WORDS} words")
    return tuple(found)


def matches(words: Iterable[str], wanted: Iterable[Word]) -> bool:
    """Whether all wanted words occur: the rule of the search, without an index."""
    own = list(words)
    return all(
        any(each.startswith(word.text) if word.prefix else each == word.text for each in own)
        for word in wanted
    )


def _word(text: str) -> Word:
    return Word(text[:MAX_WORD], prefix=len(text) > 1)


def _folded(text: str) -> str:
    # Folding may undo the normal form, so the form comes last as well.
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def _joined(number: str) -> str:
    return f"inc{int(number[:20])}"


def _invalid(query: str, expected: str) -> Invalid:
    return Invalid(
        f"Invalid search {query!r}.",
        errors=[("q", f"expected {expected}")],
        remedy="Write the words that must occur, separated by spaces.",
    )
