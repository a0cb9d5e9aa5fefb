"""Public views of monthly counts and the reviews they launched."""

from collections.abc import Mapping

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from projections import queries
from projections.engine.projection import Row
from projections.queries.counts import MAX_NAMED, Counted, LaterMembers, Members, ReviewFilters


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """The number of counted incidents of a system and month, and their review.

    `threshold` is the review's, else that of the policy in force. `crossed`: it is exceeded, or was
    when the review was launched; `crossed_at` is that time, or without a review the detection of
    the incident that exceeds it. `incidents` and `references` name the first 1,000, in order of
    detection; the register, filtered by month and system, has all.
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
    """A review as it was launched, and the current count of its month.

    `leaf` is that of the event which crossed the threshold; `count` and `incidents` are of then.
    `count_now`, `later_count` and `later` (incidents that count now and did not then) are current.
    Both lists name at most the first 1,000 incidents; the review's event names up to 1,000.
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
    later_count: int
    later: list[str]
    later_references: list[str]


def monthly_counts(
    ledger: Ledger,
    *,
    month: str | None = None,
    system: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[Count]:
    """The monthly counts, newest month first, systems by name."""
    threshold = policy_in_force(ledger.store).threshold
    page = queries.counts.monthly_counts(
        ledger.views,
        threshold=threshold,
        month=month,
        system=system,
        cursor=cursor,
        limit=limit,
    )
    return Items(items=[_count(each, threshold) for each in page.counts], next=page.next)


def _count(counted: Counted, in_force: int) -> Count:
    review, members = counted.review, counted.members
    threshold = in_force if review is None else review["threshold"]
    above = members.total > threshold
    return Count(
        month=counted.month,
        system=counted.system,
        count=members.total,
        threshold=threshold,
        crossed=above or review is not None,
        crossed_at=members.crossed_at if review is None else review["launched_at"],
        incidents=[row["incident"] for row in members.first],
        references=[reference(row["leaf"]) for row in members.first],
        review=None if review is None else review["review"],
    )


def reviews(
    ledger: Ledger, filters: ReviewFilters, *, cursor: str | None = None, limit: int | None = None
) -> Items[ReviewView]:
    """Reviews, the newest first."""
    page = queries.counts.reviews(ledger.views, filters, cursor=cursor, limit=limit)
    pairs = [(row["month"], row["system"]) for row in page.rows]
    members = queries.counts.members_of(ledger.views, pairs)
    named = {incident for row in page.rows for incident in row["incidents"][:MAX_NAMED]}
    references = references_of(ledger, named)
    items = []
    for row, pair in zip(page.rows, pairs, strict=True):
        now = members.get(pair, Members())
        items.append(_review(row, now.total, _later(ledger, row, now), references))
    return Items(items=items, next=page.next)


def _later(ledger: Ledger, row: Row, now: Members) -> LaterMembers:
    """The incidents that count now and did not when the review was launched."""
    if now.total > len(now.first):
        return queries.counts.later_members(ledger.views, row)
    named = frozenset(row["incidents"])
    unnamed = row["count"] > len(named)
    later = [
        member
        for member in now.first
        if member["incident"] not in named and not (unnamed and member["leaf"] <= row["leaf"])
    ]
    return LaterMembers(len(later), later)


def _review(
    row: Row, count_now: int, later: LaterMembers, references: Mapping[str, str]
) -> ReviewView:
    same = {name: row[name] for name in ReviewView.__struct_fields__ if name in row}
    incidents = row["incidents"][:MAX_NAMED]
    return ReviewView(
        **same | {"incidents": incidents},
        id=row["review"],
        references=[references[each] for each in incidents if each in references],
        count_now=count_now,
        later_count=later.total,
        later=[member["incident"] for member in later.first],
        later_references=[reference(member["leaf"]) for member in later.first],
    )
