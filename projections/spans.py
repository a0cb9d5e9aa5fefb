"""Spans of time: which parts they have in common, and how long they are together."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` to before `end`."""

    start: datetime
    end: datetime


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time by spans that neither overlap nor touch, in order; empty ones are left out."""
    found: list[Span] = []
    for span in sorted(spans):
        if span.end <= span.start:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def common(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The time that two lists of spans have in common."""
    return joined(
        Span(max(one.start, other.start), min(one.end, other.end))
        for one in ones
        for other in others
    )


def length(spans: Iterable[Span]) -> timedelta:
    """How long they are together; what overlaps counts once."""
    return sum((span.end - span.start for span in joined(spans)), timedelta())


def share_outside(gaps: Iterable[Span], whole: Sequence[Span]) -> float | None:
    """The share of `whole` that is in none of the gaps, from 0 to 1; None of no time at all."""
    total = length(whole)
    if not total:
        return None
    return 1 - length(common(joined(gaps), whole)) / total
