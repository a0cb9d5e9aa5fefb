"""Public views of monthly counts and the reviews they launched."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.coverage_facts import Heard, Months
from consumers.read_service.filters import owners_for
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.review import REVIEW
from ledger.vocabulary import ReviewState
from projections import queries
from projections.engine.projection import Row
from projections.queries.counts import MAX_NAMED, Counted, LaterMembers, Members, ReviewFilters
from projections.queries.whole import whole
from projections.review_status import is_late, review_state
from projections.reviews import REVIEWS
from projections.values import time_text


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """The number of counted incidents of a system and month, and their review.

    `threshold` is the review's, else that of the policy in force. `crossed`: it is exceeded, or was
    when the review was launched; `crossed_at` is that time, or without a review the detection of
    the incident that exceeds it. `incidents` and `references` name the first 1,000, in order of
    detection; the register, filtered by month and system, has all. `near_misses` of the month do
    not count; `near_miss_references` names the first 1,000. `heard_share` is the share of the
    month, up to now, that the system was heard, as in the coverage of the month.
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
    near_misses: int = 0
    near_miss_references: list[str] = []
    heard_share: float | None = None
    silence_measured: bool = False

    @property
    def heard(self) -> Heard:
        """The share of the month that the system was heard, with its words."""
        return Heard(self.heard_share, self.silence_measured)


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it was launched, where it stands, and the current count of its month.

    `leaf` is that of the event which crossed the threshold; `count` and `incidents` are of then.
    `count_now`, `later_count` and `later` (incidents that count now and did not then) are current.
    Both lists name at most the first 1,000 incidents; the review's event names up to 1,000.

    `state` is current. `due_at` is None where the policy named no time, `late` says that it was
    concluded after that time, and `overdue_recorded_at` when the ledger recorded that no conclusion
    was on record then. `version` is that of its stream.
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
    reference: str
    version: int
    state: ReviewState
    due_at: str | None
    owner: str | None
    findings: str | None
    actions: list[str]
    concluded_at: str | None
    late: bool
    overdue_recorded_at: str | None


def monthly_counts(
    ledger: Ledger,
    *,
    month: str | None = None,
    system: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[Count]:
    """The monthly counts, newest month first unless sorted otherwise. Raises Invalid."""
    threshold = policy_in_force(ledger.store).threshold
    page = queries.counts.monthly_counts(
        ledger.views,
        threshold=threshold,
        month=month,
        system=system,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    months = Months(ledger)
    items = [
        _count(each, threshold, months.of(each.month).of_system(each.system))
        for each in page.counts
    ]
    return Items(items=items, next=page.next)


def _count(counted: Counted, in_force: int, heard: Heard) -> Count:
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
        near_misses=counted.near_misses.total,
        near_miss_references=[reference(row["leaf"]) for row in counted.near_misses.first],
        heard_share=heard.share,
        silence_measured=heard.measured,
    )


def reviews(
    ledger: Ledger,
    filters: ReviewFilters,
    *,
    at: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[ReviewView]:
    """Reviews, the newest first unless sorted otherwise. Raises Invalid.

    They are as at `at` (RFC 3339 text in UTC; default: now).
    """
    at = at or time_text(ledger.now())
    page = queries.counts.reviews(
        ledger.views,
        filters,
        now=at,
        sort=sort,
        owners=owners_for(ledger.store, sort),
        cursor=cursor,
        limit=limit,
    )
    return Items(items=_reviews(ledger, page.rows, at), next=page.next)


def whole_reviews(
    ledger: Ledger, filters: ReviewFilters, *, sort: str | None = None
) -> Iterator[list[ReviewView]]:
    """Every matching review in batches, as of now; see `projections.queries.whole`. Blocking."""
    at = time_text(ledger.now())
    plan = queries.counts.reviews_plan(filters, at, sort, owners_for(ledger.store, sort))
    return (_reviews(ledger, rows, at) for rows in whole(ledger.views, plan))


def review_from_stream(ledger: Ledger, review: UUID) -> ReviewView:
    """A review folded from its stream; what counts now is of the read models. Raises NotFound."""
    stream = REVIEW.stream(review)
    row: Row | None = None
    for entry in ledger.store.load({stream: 0})[stream]:
        recorded = READERS_CODEC.decode(entry.stored, entry.leaf)
        row = REVIEWS.evolve(row, recorded, (str(review),))
    if row is None:
        raise REVIEW.unknown(review)
    [view] = _reviews(ledger, [row], time_text(ledger.now()))
    return view


def _reviews(ledger: Ledger, rows: Sequence[Row], at: str) -> list[ReviewView]:
    rows = filled_columns(ledger.store, rows, ("findings", "actions"))
    pairs = [(row["month"], row["system"]) for row in rows]
    members = queries.counts.members_of(ledger.views, pairs)
    named = {incident for row in rows for incident in row["incidents"][:MAX_NAMED]}
    references = references_of(ledger, named)
    names = display_names(ledger.store)
    items = []
    for row, pair in zip(rows, pairs, strict=True):
        now = members.get(pair, Members())
        later = _later(ledger, row, now)
        items.append(_review(row, now.total, later, references, names, at))
    return items


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
    row: Row,
    count_now: int,
    later: LaterMembers,
    references: Mapping[str, str],
    names: Mapping[str, str],
    at: str,
) -> ReviewView:
    same = {name: row[name] for name in ReviewView.__struct_fields__ if name in row}
    incidents = row["incidents"][:MAX_NAMED]
    return ReviewView(
        **same | {"incidents": incidents, "owner": names.get(row["owner"], row["owner"])},
        reference=reference(row["launched_leaf"], REVIEW),
        state=review_state(
            owner=row["owner"], due=row["due"], concluded_at=row["concluded_at"], now=at
        ),
        due_at=row["due"],
        late=is_late(due=row["due"], concluded_at=row["concluded_at"]),
        id=row["review"],
        references=[references[each] for each in incidents if each in references],
        count_now=count_now,
        later_count=later.total,
        later=[member["incident"] for member in later.first],
        later_references=[reference(member["leaf"]) for member in later.first],
    )
