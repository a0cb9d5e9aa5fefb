"""RCA clocks, monthly counts, reviews and alerts as the world outside sees them. Blocking.

The same for HTTP, the command line and the pages.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from consumers.adoption import policy_in_force
from consumers.people import display_names
from consumers.references import reference
from consumers.runtime import Ledger, now
from ledger.policy import read
from ledger.vocabulary import AlertState, RcaState
from projections import queries
from projections.engine.projection import Row
from projections.queries.alerts import AlertFilters
from projections.queries.counts import Counted, ReviewFilters
from projections.queries.rca import RcaFilters
from projections.rca import rca_state
from projections.values import time_text

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list; `next` is the cursor of the page behind it."""

    items: list[T]
    next: str | None = None


class RcaClock(msgspec.Struct, frozen=True, kw_only=True):
    """The RCA clock of an incident; `state` is of this moment, and so is the verdict it holds.

    `verdict_at_due` (met or overdue) is what had been recorded when the RCA was first due, and
    never changes. `at_risk_recorded_at` and `overdue_recorded_at` are when the ledger wrote the
    event: later than the time it names where nothing ran then.
    """

    id: str
    reference: str
    title: str
    system: str
    severity: str | None
    status: str
    owner: str | None
    month: str
    detected_at: str
    state: RcaState
    due_at: str
    at_risk_at: str
    started_at: str | None
    completed_at: str | None
    at_risk_recorded_at: str | None
    overdue_recorded_at: str | None
    verdict_at_due: str | None


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


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and where its newest episode stands.

    `incident` is the one it belongs to today, `rule` the policy's rule that was applied to it.
    """

    id: str
    source: str
    dedup_key: str
    title: str
    system: str
    severity: str | None
    state: AlertState
    incident: str | None
    rule: str | None
    started_at: str | None
    ended_at: str | None
    stale_since: str | None
    episodes: int


def rca_clocks(
    ledger: Ledger,
    filters: RcaFilters,
    *,
    at: str | None = None,
    owed_first: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[RcaClock]:
    """RCA clocks, the earliest due first, as they are at `at` (RFC 3339 text in UTC; else now)."""
    at = at or time_text(now())
    page = queries.rca.clocks(
        ledger.views, filters, now=at, owed_first=owed_first, cursor=cursor, limit=limit
    )
    names = display_names(ledger.store)
    return Items(items=[_clock(row, names, at) for row in page.rows], next=page.next)


def _clock(row: Row, names: Mapping[str, str], at: str) -> RcaClock:
    same = {name: row[name] for name in RcaClock.__struct_fields__ if name in row}
    owner = row["owner"]
    return RcaClock(
        **same
        | {
            "id": row["incident"],
            "reference": reference(row["leaf"]),
            "owner": names.get(owner, owner),
            "due_at": row["due"],
            "state": rca_state(
                status=row["status"],
                due=row["due"],
                at_risk_at=row["at_risk_at"],
                completed_at=row["completed_at"],
                now=at,
            ),
        }
    )


def counts(
    ledger: Ledger,
    *,
    month: str | None = None,
    system: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[Count]:
    """The monthly counts, newest month first, systems by name."""
    threshold = read(policy_in_force(ledger.store).text).threshold
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
    leaves = queries.incidents.leaves_of(ledger.views, named)
    items = [
        _review(row, members.get(pair, []), leaves)
        for row, pair in zip(page.rows, pairs, strict=True)
    ]
    return Items(items=items, next=page.next)


def _review(row: Row, members: list[Row], leaves: Mapping[str, int]) -> ReviewView:
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
        references=[reference(leaves[each]) for each in row["incidents"] if each in leaves],
        count_now=len(members),
        later=[member["incident"] for member in later],
        later_references=[reference(member["leaf"]) for member in later],
    )


def alerts(
    ledger: Ledger, filters: AlertFilters, *, cursor: str | None = None, limit: int | None = None
) -> Items[AlertView]:
    """Alerts, that with the newest event first."""
    page = queries.alerts.episodes(ledger.views, filters, cursor=cursor, limit=limit)
    linked = {row["incident"] for row in page.rows if row["incident"] is not None}
    today = queries.incidents.standing_for(ledger.views, linked)
    return Items(items=[_alert(row, today) for row in page.rows], next=page.next)


def _alert(row: Row, today: Mapping[str, str]) -> AlertView:
    same = {name: row[name] for name in AlertView.__struct_fields__ if name in row}
    incident = row["incident"]
    return AlertView(
        **same | {"id": row["alert"], "incident": today.get(incident) if incident else None}
    )
