"""Monthly counts, and the reviews that they launched, as the world outside sees them."""

from collections.abc import Mapping

import msgspec

from consumers.adoption import policy_in_force
from consumers.commands.references import reference
from consumers.reporting.incidents import references_of
from consumers.reporting.items import Items
from consumers.runtime import Ledger
from projections import queries
from projections.engine.projection import Row
from projections.queries.counts import Counted, ReviewFilters


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents of a system count for a month, and the review that they launched.

    `threshold` is the review's, else that of the policy in force. `crossed`: it is exceeded, or was
    when the review was launched; `crossed_at` is that moment, and for a month without a review the
    detection of the incident that exceeds it.
    """

    month: str
    system: str
    count: int
    threshold: int
    crossed: bool
    crossed_at: str | None
    incidents: list[str]
    references: list[str]
    review: str | None


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it was launched, and what became of its month.

    `leaf` is that of the event which crossed the threshold; `count` and `incidents` are of then.
    `count_now` and `later` (incidents that count now and were not named then) are of this moment.
    """

    id: str
    month: str
    system: str
    threshold: int
    zone: str
    action: str
    leaf: int
    count: int
    incidents: list[str]
    references: list[str]
    launched_at: str
    recorded_at: str
    launched_leaf: int
    count_now: int
    later: list[str]
    later_references: list[str]


def months(
    ledger: Ledger,
    *,
    month: str | None = None,
    system: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[Count]:
    """The monthly counts, newest month first, systems by name."""
    threshold = policy_in_force(ledger.store).threshold
    page = queries.counts.months(
        ledger.views, month=month, system=system, cursor=cursor, limit=limit
    )
    return Items(items=[_count(each, threshold) for each in page.counts], next=page.next)


def _count(counted: Counted, in_force: int) -> Count:
    review, members = counted.review, counted.members
    threshold = in_force if review is None else review["threshold"]
    above = len(members) > threshold
    crossed_at: str | None = None
    if review is not None:
        crossed_at = review["launched_at"]
    elif above:
        crossed_at = sorted(row["detected_at"] for row in members)[threshold]
    return Count(
        month=counted.month,
        system=counted.system,
        count=len(members),
        threshold=threshold,
        crossed=above or review is not None,
        crossed_at=crossed_at,
        incidents=[row["incident"] for row in members],
        references=[reference(row["leaf"]) for row in members],
        review=None if review is None else review["review"],
    )


def reviews(
    ledger: Ledger, filters: ReviewFilters, *, cursor: str | None = None, limit: int | None = None
) -> Items[ReviewView]:
    """Reviews, the newest first."""
    page = queries.counts.reviews(ledger.views, filters, cursor=cursor, limit=limit)
    pairs = [(row["month"], row["system"]) for row in page.rows]
    members = queries.counts.members_of(ledger.views, pairs)
    named = {incident for row in page.rows for incident in row["incidents"]}
    references = references_of(ledger, named)
    items = [
        _review(row, members.get(pair, []), references)
        for row, pair in zip(page.rows, pairs, strict=True)
    ]
    return Items(items=items, next=page.next)


def _review(row: Row, members: list[Row], references: Mapping[str, str]) -> ReviewView:
    named = frozenset(row["incidents"])
    unnamed = row["count"] > len(named)
    later = [
        member
        for member in members
        if member["incident"] not in named and not (unnamed and member["leaf"] <= row["leaf"])
    ]
    same = {name: row[name] for name in ReviewView.__struct_fields__ if name in row}
    return ReviewView(
        **same,
        id=row["review"],
        references=[references[each] for each in row["incidents"] if each in references],
        count_now=len(members),
        later=[member["incident"] for member in later],
        later_references=[reference(member["leaf"]) for member in later],
    )
