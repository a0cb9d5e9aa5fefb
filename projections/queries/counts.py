"""Queries of the monthly counts and the reviews they launched (runbook section 6)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from ledger.vocabulary import ReviewState
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.monthly_count import MONTHLY_COUNT
from projections.queries.count_order import (
    COUNT_SORTS,
    counts_order,
    pairs_in_order,
    totals_in_order,
)
from projections.queries.lookup import KEYS_PER_QUERY, rows_for
from projections.queries.ordering import Sorts, or_empty, order_of, owned_by, rank
from projections.queries.paging import Page, decode_cursor, encode_cursor
from projections.queries.period import Period
from projections.queries.plan import Plan, Planned, planned_page
from projections.queries.system_names import is_of_system
from projections.reviews import REVIEWS

DEFAULT_COUNT_SORT = "-month"
DEFAULT_REVIEW_SORT = "-reference"
MAX_NAMED = 1_000
"""The number of incidents that a list names for a month or a review. A month counts any number: the
register, filtered by month, lists all."""

Pair = tuple[str, str]
"""A month and a system."""


class Members(NamedTuple):
    """The incidents that count for a system's month: how many, and the first MAX_NAMED of them.

    In the order of their detection events. `crossed_at` is the detection time of the incident that
    exceeds the threshold; None if none does.
    """

    total: int = 0
    first: Sequence[Row] = ()
    crossed_at: str | None = None


class Counted(NamedTuple):
    """A system's month: its counted incidents, and its review if launched."""

    month: str
    system: str
    members: Members
    review: Row | None
    near_misses: Members = Members()


class CountPage(NamedTuple):
    """Counts in order, and the cursor after the last one; None at the end."""

    counts: list[Counted]
    next: str | None


class ReviewFilters(NamedTuple):
    """The filters of the reviews; None does not filter. `review` is an id."""

    month: str | None = None
    system: str | None = None
    state: ReviewState | None = None
    review: str | None = None
    owner: tuple[str, ...] | None = None
    launched: Period = Period()


def monthly_counts(
    views: ViewsDatabase,
    *,
    threshold: int = 0,
    month: str | None = None,
    system: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> CountPage:
    """Every system's month with a counted incident, a near miss or a launched review.

    Newest month first, systems by name, unless sorted otherwise; so are those that are equal in
    another sort. `threshold` is for `Members.crossed_at`. Raises Invalid for an unknown sort or an
    invalid cursor.
    """
    order = order_of(
        COUNT_SORTS, sort or DEFAULT_COUNT_SORT, "The list of counts", cursors="counts"
    )
    terms = counts_order(order)
    types = [COUNT_SORTS[name].type.python_type for name, _ in terms]
    after = None if cursor is None else decode_cursor(order.name, cursor, types)
    with views.begin() as connection:
        read = totals_in_order if order.column in {"count", "near_misses"} else pairs_in_order
        rows = read(connection, month, system, terms, after, None if limit is None else limit + 1)
        page = rows if limit is None else rows[:limit]
        shown = [(row["month"], row["system"]) for row in page]
        members = _members(connection, shown, threshold)
        averted = _members(connection, shown, threshold, column="averted")
        launched = _reviews_of(connection, shown)
    found = [
        Counted(
            *pair,
            members.get(pair, Members()),
            launched.get(pair),
            averted.get(pair, Members()),
        )
        for pair in shown
    ]
    if len(page) == len(rows):
        return CountPage(found, None)
    return CountPage(found, encode_cursor(order.name, [page[-1][name] for name, _ in terms]))


def reviews(
    views: ViewsDatabase,
    filters: ReviewFilters,
    *,
    now: str,
    sort: str | None = None,
    owners: Sequence[str] = (),
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Reviews, the newest first unless sorted otherwise. `now` is RFC 3339 text in UTC.

    `owners` as for the register. Raises Invalid for an unknown sort or an invalid cursor.
    """
    with views.begin() as connection:
        return planned_page(connection, reviews_plan(filters, now, sort, owners), cursor, limit)


def reviews_plan(
    filters: ReviewFilters, now: str, sort: str | None, owners: Sequence[str]
) -> Planned:
    """The plan of the reviews; see `reviews`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table = live_table(connection, REVIEWS)
        sorts = review_sorts(table, now, owners)
        order = order_of(
            sorts, sort or DEFAULT_REVIEW_SORT, "The list of reviews", cursors="reviews"
        )
        if table is None:
            return None
        every = select(table, order.by)
        matching = every.where(*_review_conditions(connection, table, filters, now))
        return Plan(every, matching, order, table.c.launched_leaf)

    return planned


def _review_conditions(
    connection: Connection, table: Table, filters: ReviewFilters, now: str
) -> Iterator[ColumnElement[bool]]:
    if filters.system:
        yield is_of_system(connection, table.c.system, filters.system)
    for name in ("month", "review"):
        if value := getattr(filters, name):
            yield table.c[name] == value
    if filters.state:
        yield _in_state(table, filters.state, now)
    if filters.owner is not None:
        yield owned_by(table.c.owner, filters.owner)
    yield from filters.launched.conditions(table.c.launched_at)


def review_sorts(table: Table | None, now: str, owners: Sequence[str]) -> Sorts:
    """What each sort of the reviews orders by; see `reviews`."""
    table = REVIEWS.table(0) if table is None else table
    own = table.c
    return {
        "reference": own.launched_leaf,
        "launched_at": own.launched_at,
        "month": own.month,
        "system": own.system,
        "count": own["count"],
        "threshold": own.threshold,
        "state": partial(_state_rank, table, now),
        "owner": partial(rank, own.owner, owners),
        "due_at": or_empty(own.due),
        "concluded_at": or_empty(own.concluded_at),
    }


def _state_rank(table: Table, now: str) -> ColumnElement[Any]:
    states = ((_in_state(table, state, now), place) for place, state in enumerate(ReviewState))
    return case(*states, else_=len(ReviewState))


def reviews_by_state(
    views: ViewsDatabase, filters: ReviewFilters, *, now: str
) -> dict[ReviewState, int]:
    """The number of reviews in each state at `now`; ignores the filter by state."""
    with views.begin() as connection:
        table = live_table(connection, REVIEWS)
        if table is None:
            return dict.fromkeys(ReviewState, 0)
        counted = (func.count().filter(_in_state(table, state, now)) for state in ReviewState)
        query = (
            select(*counted)
            .select_from(table)
            .where(*_review_conditions(connection, table, filters._replace(state=None), now))
        )
        return dict(zip(ReviewState, connection.execute(query).one(), strict=True))


def _in_state(table: Table, state: ReviewState, now: str) -> ColumnElement[bool]:
    """The rule of `review_state` in SQL."""
    concluded, owner = table.c.concluded_at, table.c.owner
    overdue = and_(table.c.due.is_not(None), table.c.due < now)
    in_time = and_(concluded.is_(None), not_(overdue))
    match state:
        case ReviewState.CONCLUDED:
            return concluded.is_not(None)
        case ReviewState.OVERDUE:
            return and_(concluded.is_(None), overdue)
        case ReviewState.ASSIGNED:
            return and_(in_time, owner.is_not(None))
        case ReviewState.OPEN:
            return and_(in_time, owner.is_(None))


def members_of(views: ViewsDatabase, pairs: Collection[Pair]) -> dict[Pair, Members]:
    """The incidents that count for these months and systems now."""
    with views.begin() as connection:
        return _members(connection, pairs, 0)


class LaterMembers(NamedTuple):
    """Members that a review does not name: how many, and the first MAX_NAMED of them."""

    total: int
    first: Sequence[Row]


def later_members(views: ViewsDatabase, review: Row) -> LaterMembers:
    """The incidents of a review's month that count now and did not when it was launched.

    A review names a limited number of incidents; those it does not name counted then if their leaf
    is not above the review's.
    """
    with views.begin() as connection:
        table = live_table(connection, MONTHLY_COUNT)
        if table is None:
            return LaterMembers(0, [])
        conditions = [
            table.c.month == review["month"],
            table.c.system == review["system"],
            table.c.counted,
            table.c.incident.not_in(review["incidents"]),
        ]
        if review["count"] > len(review["incidents"]):
            conditions.append(table.c.leaf > review["leaf"])
        counted = select(func.count()).select_from(table).where(*conditions)
        first = select(table).where(*conditions).order_by(table.c.leaf).limit(MAX_NAMED)
        rows = [dict(row) for row in connection.execute(first).mappings()]
        return LaterMembers(connection.execute(counted).scalar_one(), rows)


def _members(
    connection: Connection, pairs: Collection[Pair], threshold: int, column: str = "counted"
) -> dict[Pair, Members]:
    """The members of each pair that have this flag."""
    table = live_table(connection, MONTHLY_COUNT)
    if table is None:
        return {}
    rows: defaultdict[Pair, list[Row]] = defaultdict(list)
    wanted = list(pairs)
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        some = wanted[start : start + KEYS_PER_QUERY]
        for row in connection.execute(_ranked(table, some, threshold, column)).mappings():
            rows[row["month"], row["system"]].append(dict(row))
    return {pair: _counted(found, threshold) for pair, found in rows.items()}


def _ranked(table: Table, pairs: Collection[Pair], threshold: int, column: str) -> Select[Any]:
    """The first members of each pair, and the one that exceeds the threshold."""
    pair = (table.c.month, table.c.system)
    ranked = (
        select(
            table,
            func.count().over(partition_by=pair).label("of_month"),
            func.row_number().over(partition_by=pair, order_by=table.c.leaf).label("place"),
            func.row_number()
            .over(partition_by=pair, order_by=(table.c.detected_at, table.c.leaf))
            .label("moment"),
        )
        .where(table.c[column], tuple_(*pair).in_(pairs))
        .subquery()
    )
    wanted = or_(ranked.c.place <= MAX_NAMED, ranked.c.moment == threshold + 1)
    return select(ranked).where(wanted).order_by(ranked.c.leaf)


def _counted(rows: Sequence[Row], threshold: int) -> Members:
    crossing = (row["detected_at"] for row in rows if row["moment"] == threshold + 1)
    first = [row for row in rows if row["place"] <= MAX_NAMED]
    return Members(rows[0]["of_month"], first, next(crossing, None))


def _reviews_of(connection: Connection, pairs: Collection[Pair]) -> dict[Pair, Row]:
    table = live_table(connection, REVIEWS)
    if table is None:
        return {}
    column = tuple_(table.c.month, table.c.system)
    found = rows_for(connection, select(table), column, pairs)
    return {(row["month"], row["system"]): row for row in found}
