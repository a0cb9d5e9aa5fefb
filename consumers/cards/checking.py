"""Whether a card has all that the policy asks of its kind. No data is never complete."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError

from consumers.cards.reading import Card
from ledger.domain.evidence.words import CardVerdict
from ledger.policy.evidence import CardRules
from ledger.policy.times import after

_ERRORS = (JMESPathError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What JMESPath's library raises for the data that it meets."""
_WHOLE = re.compile(
    r"(\{.*\}|<[^>]*>|\[[^\]]*needed\]|tbd|tba|todo|to be (done|defined|determined)|n/?a|none|null"
    r"|unknown|placeholder|lorem ipsum.*|[-.?_x*#\s]*)\W*",
    re.IGNORECASE | re.DOTALL,
)
"""A text that says nothing, as a whole."""
_WITHIN = re.compile(
    r"more information needed|\{\{[^{}]*\}\}|\bTBD\b|\bTODO\b|lorem ipsum", re.IGNORECASE
)
"""What a template leaves within a text."""


class CardGap(msgspec.Struct, frozen=True, kw_only=True):
    """What a card lacks: in words, by which expression it was looked for, and what was found."""

    words: str
    path: str
    reason: str


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether evidence is complete by the policy in force; `gaps` are all that it lacks.

    `format` is in which the content was read, empty where it was not.
    """

    verdict: CardVerdict
    reason: str
    format: str = ""
    gaps: tuple[CardGap, ...] = ()


def undecided(reason: str) -> Completeness:
    """What cannot be judged, and why."""
    return Completeness(verdict=CardVerdict.UNDECIDED, reason=reason)


def check_card(rules: CardRules, card: Card, *, release: str | None, now: datetime) -> Completeness:
    """Whether a card says what the rules ask for; `release` is the version that it is filed for."""
    gaps = tuple(_gaps(rules, card.data, release, now))
    if gaps:
        count = f"{len(gaps)} item{'s are' if len(gaps) > 1 else ' is'} missing"
        return Completeness(
            verdict=CardVerdict.INCOMPLETE, reason=f"{count}.", format=card.format, gaps=gaps
        )
    return Completeness(
        verdict=CardVerdict.COMPLETE,
        reason=f"All {len(rules.requires)} items are there.",
        format=card.format,
    )


def is_filled(value: Any) -> bool:
    """Whether something stands there: no blank, no placeholder, and in a list or object any."""
    return why_empty(value) is None


def why_empty(value: Any) -> str | None:
    """Why nothing stands there; None where something does. 0 and false are something."""
    match value:
        case None:
            return "not there"
        case str() if not value.strip():
            return "empty"
        case str() if _WHOLE.fullmatch(value.strip()):
            return "a placeholder"
        case str() if found := _WITHIN.search(value):
            return f"with a placeholder: {found[0]}"
        case dict():
            return _why_none(list(value.values()))
        case list():
            return _why_none(value)
        case _:
            return None


def _why_none(values: list[Any]) -> str | None:
    reasons = [why_empty(each) for each in values]
    return None if None in reasons else next(filter(None, reasons), "empty")


def _gaps(rules: CardRules, data: Any, release: str | None, now: datetime) -> Iterator[CardGap]:
    for item in rules.requires:
        reason = why_empty(_found(item.path, data))
        if reason is not None:
            yield CardGap(words=item.words, path=item.path, reason=f"It is {reason}.")
    if rules.version is not None and release is not None:
        named = _found(rules.version, data)
        if (reason := why_empty(named)) is not None:
            yield CardGap(words="version", path=rules.version, reason=f"It is {reason}.")
        elif str(named).strip().removeprefix("v") != release.strip().removeprefix("v"):
            said = f"It names {str(named)[:100]!r}, and is filed for {release!r}."
            yield CardGap(words="version", path=rules.version, reason=said)
    if rules.date is not None and rules.max_age is not None:
        yield from _too_old(rules, data, now)


def card_until(rules: CardRules, card: Card) -> datetime | None:
    """Until when a card holds by its own date; None where nothing asks for that."""
    if rules.date is None or rules.max_age is None:
        return None
    at = _time(_found(rules.date, card.data))
    return None if at is None else after(at, rules.max_age)


def _too_old(rules: CardRules, data: Any, now: datetime) -> Iterator[CardGap]:
    path, given = rules.date or "", _found(rules.date or "", data)
    at = _time(given)
    if at is None:
        reason = why_empty(given) or "no date such as 2026-03-01"
        yield CardGap(words="date", path=path, reason=f"It is {reason}.")
    elif rules.max_age is not None and at < now - rules.max_age:
        days = rules.max_age.days
        yield CardGap(words="date", path=path, reason=f"{given} is more than {days} days ago.")
    elif at > now:
        yield CardGap(words="date", path=path, reason=f"{given} is still to come.")


def _time(given: Any) -> datetime | None:
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _found(path: str, data: Any) -> Any:
    try:
        return _compiled(path).search(data)
    except _ERRORS:
        return None


@lru_cache(maxsize=512)
def _compiled(path: str) -> Any:
    return jmespath.compile(path)
