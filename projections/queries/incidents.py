"""Queries of the incidents: the register, their links and timelines."""

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
    literal,
    or_,
    select,
)

from ledger.policy.notify import NotifyRule
from ledger.vocabulary import Impact, Severity, Status, Step
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.incident_words import INCIDENT_WORDS
from projections.measures import MEASURED
from projections.queries.deliveries import is_untold
from projections.queries.lookup import rows_for
from projections.queries.ordering import (
    TITLE,
    Columns,
    Sorts,
    or_empty,
    order_of,
    owned_by,
    rank,
    title_of,
    with_titles,
)
from projections.queries.paging import Page, no_rows, page
from projections.queries.period import Period
from projections.queries.plan import Plan, Planned, planned_page
from projections.queries.restricted import Readable, is_withheld
from projections.queries.search import FIRST, occurs, occurs_in_row, rows_in_order
from projections.queries.system_names import is_of_system
from projections.register import REGISTER
from projections.timeline import TIMELINE
from projections.words import Word

DEFAULT_SORT = "-detected_at"
INDEXED = frozenset({"detected_at", "reference", "leaf", "rca_due"})
"""The sorts for which the rows of a page are read in order from an index."""
MAX_OVERDUE = 10_000
MAX_CHOICES = 200
"""The number of values that a form offers for a filter. Systems are labels of alerts: one sender
can name any number of them, and a page with all of them would have no bound."""
INCIDENTS_FOR_CHOICES = 2_000
"""If there are more, the values are taken from this number of the newest incidents."""


class IncidentFilters(NamedTuple):
    """The filters of the register; None does not filter.

    `impact` excludes merged incidents: their impact is that of the incident they were merged into.
    `category` is the category or the secondary one. `triage`: open ones without a severity or a
    category. `untold`: open ones to which one of the rules `telling` applies, and of which no
    notification was requested. `owner` holds the ids of one person, and is empty for incidents
    without an owner.
    `detected` limits the detection, `q` are the words that all have to occur (see
    `projections.words`). `readable` are the systems whose restricted incidents whoever asks reads,
    None for all: the words of others occur nowhere, and their titles sort as empty.
    """

    system: str | None = None
    category: str | None = None
    severity: str | None = None
    status: str | None = None
    month: str | None = None
    impact: str | None = None
    near_miss: bool | None = None
    triage: bool | None = None
    untold: bool | None = None
    telling: tuple[NotifyRule, ...] = ()
    owner: tuple[str, ...] | None = None
    detected: Period = Period()
    q: tuple[Word, ...] = ()
    readable: Readable = None


def register(
    views: ViewsDatabase,
    filters: IncidentFilters,
    *,
    sort: str | None = None,
    owners: Sequence[str] = (),
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """A page of the register; `sort` is a column, with "-" before it for descending order.

    `owners` are the ids of all persons in the order of their names, for the sort by owner. Raises
    Invalid for an unknown sort or an invalid cursor.
    """
    with views.begin() as connection:
        if filters.q and limit is not None:
            every = register_plan(filters._replace(q=()), sort, owners)(connection)
            if every is not None and every.order.column in INDEXED:
                found = _among_first(connection, every, filters, cursor, limit, FIRST)
                if found.next is None and (rows := rows_in_order(len(found.rows), limit + 1)):
                    found = _among_first(connection, every, filters, cursor, limit, rows)
                if found.next is not None:
                    return found
        return planned_page(connection, register_plan(filters, sort, owners), cursor, limit)


def register_plan(filters: IncidentFilters, sort: str | None, owners: Sequence[str]) -> Planned:
    """The plan of the register; see `register`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table = live_table(connection, REGISTER)
        words = live_table(connection, INCIDENT_WORDS)
        by = sorts(table, words, owners, filters.readable)
        order = order_of(by, sort or DEFAULT_SORT, "The register")
        if table is None:
            return None
        shown = (each for each in table.c if each.name not in MEASURED)
        every: Select[Any] = select(*shown, order.by).select_from(table)
        every = with_titles(every, order, words, table.c.incident)
        matching = every.where(*conditions(connection, table.c, filters))
        indexed = order.column in INDEXED
        return Plan(every, matching, order, table.c.leaf, tie=table.c.incident, indexed=indexed)

    return planned


def _among_first(
    connection: Connection,
    plan: Plan,
    filters: IncidentFilters,
    cursor: str | None,
    limit: int,
    rows: int,
) -> Page:
    """What matches among the first rows of the list: the page itself if another one follows."""
    words = live_table(connection, INCIDENT_WORDS)
    if words is None:
        return Page([], None)
    first = plan.ordered(cursor, plan.every).limit(rows).subquery()
    own = first.c
    matching = select(first).where(
        *conditions(connection, own, filters._replace(q=())),
        ~is_withheld(own, filters.readable),
        occurs_in_row(words, own.incident, filters.q),
    )
    order = plan.order._replace(by=own.sort_key)
    plan = Plan(matching, matching, order, own.leaf, tie=own.incident, indexed=True)
    return plan.page(connection, None, limit)


def sorts(
    table: Table | None,
    words: Table | None,
    owners: Sequence[str],
    readable: Readable = None,
) -> Sorts:
    """What each sort of the register orders by; see `register`."""
    table = REGISTER.table(0) if table is None else table
    own = table.c
    return {
        "detected_at": own.detected_at,
        "reference": own.leaf,
        "leaf": own.leaf,
        TITLE: title_of(words, is_withheld(own, readable)),
        "system": own.system,
        "severity": partial(rank, own.severity, Severity),
        "category": or_empty(own.category),
        "status": own.status,
        "impact": partial(_impact_rank, own),
        "rca_due": own.rca_due,
        "next_step": partial(rank, own.next_step, Step),
        "owner": partial(rank, own.owner, owners),
        "month": own.month,
        "source": own.source,
        "started_at": own.started_at,
        "recorded_at": own.recorded_at,
    }


def conditions(
    connection: Connection, own: Columns, filters: IncidentFilters
) -> Iterator[ColumnElement[bool]]:
    """The conditions of a register's filters, for its columns."""
    if filters.system:
        yield is_of_system(connection, own.system, filters.system)
    for name in ("severity", "status", "month"):
        if value := getattr(filters, name):
            yield own[name] == value
    if filters.category:
        yield or_(own.category == filters.category, own.secondary_category == filters.category)
    if filters.near_miss is not None:
        yield own.near_miss if filters.near_miss else ~own.near_miss
    if filters.triage is not None:
        yield _waits_for_triage(own) if filters.triage else ~_waits_for_triage(own)
    if filters.untold is not None:
        untold = is_untold(connection, own, filters.telling)
        yield untold if filters.untold else ~untold
    if filters.impact:
        yield own.status != Status.MERGED
        yield _impact_is(own, Impact(filters.impact))
    if filters.owner is not None:
        yield owned_by(own.owner, filters.owner)
    yield from filters.detected.conditions(own.detected_at)
    if filters.readable is not None and filters.q:
        yield ~is_withheld(own, filters.readable)
    if filters.q:
        yield occurs(connection, own.leaf, filters.q)


def _waits_for_triage(own: Columns) -> ColumnElement[bool]:
    unknown = or_(own.severity.is_(None), own.category.is_(None))
    return and_(own.status == Status.OPEN, unknown)


def _impact_rank(own: Columns) -> ColumnElement[Any]:
    """The rule of `impact.impact_of` as a number, in the vocabulary's order."""
    return case(
        *((_impact_is(own, each), place) for place, each in enumerate(Impact)),
        else_=len(Impact),
    )


def _impact_is(own: Columns, wanted: Impact) -> ColumnElement[bool]:
    """The condition that a row has this impact: the rule of `impact.impact_of` in SQL."""
    stated: ColumnElement[bool] = own.resolved_at.is_not(None)
    fires: ColumnElement[bool] = own.firing > 0
    unheard: ColumnElement[bool] = own.unknown_since.is_not(None)
    endless: ColumnElement[bool] = own.impact_ended_at.is_(None)
    match wanted:
        case Impact.ONGOING:
            return ~stated & (fires | (~unheard & endless))
        case Impact.UNKNOWN:
            return ~stated & ~fires & unheard
        case Impact.ENDED:
            return stated | (~fires & ~unheard & ~endless)


class RegisterSummary(NamedTuple):
    """The number of incidents, and of open ones by impact, kind and RCA state.

    `triage` are those without a severity or a category. Near misses are in `total` and `open`.
    """

    total: int
    open: int
    ongoing: int
    unknown: int
    triage: int
    near_misses: int
    at_risk: int
    breached: int


def register_summary(views: ViewsDatabase, now: str) -> RegisterSummary:
    """The summary of the register at `now` (RFC 3339 text in UTC)."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return RegisterSummary(0, 0, 0, 0, 0, 0, 0, 0)
        owed = and_(table.c.rca_completed_at.is_(None), ~table.c.near_miss)
        late = table.c.rca_due < now
        open_ones = select(
            func.count(),
            func.count().filter(_impact_is(table.c, Impact.ONGOING)),
            func.count().filter(_impact_is(table.c, Impact.UNKNOWN)),
            func.count().filter(_waits_for_triage(table.c)),
            func.count().filter(table.c.near_miss),
            func.count().filter(owed, ~late, table.c.at_risk_at <= now),
            func.count().filter(owed, late),
        ).where(table.c.status == Status.OPEN)
        total = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return RegisterSummary(total, *connection.execute(open_ones).one())


class OverdueCounts(NamedTuple):
    """The number of open incidents with an RCA at risk or breached: each at most MAX_OVERDUE."""

    at_risk: int
    breached: int


def overdue_counts(views: ViewsDatabase, now: str) -> OverdueCounts:
    """The RCAs at risk and breached at `now` (RFC 3339 text in UTC); bounded, for frequent calls.

    Reads only an index, and of it only what is due soon or was due before.
    """
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return OverdueCounts(0, 0)
        open_ones = (
            table.c.status == Status.OPEN,
            table.c.rca_completed_at.is_(None),
            ~table.c.near_miss,
        )
        due = table.c.rca_due
        found = (
            connection.execute(
                select(func.count()).select_from(
                    select(due).where(*open_ones, *when).limit(MAX_OVERDUE).subquery()
                )
            ).scalar_one()
            for when in ((due >= now, table.c.at_risk_at <= now), (due < now,))
        )
        return OverdueCounts(*found)


class FilterChoices(NamedTuple):
    """Values of the register's filters: systems by name, newest month first.

    At most MAX_CHOICES of each, from the newest incidents; `complete` is whether these are all.
    """

    systems: list[str]
    months: list[str]
    complete: bool = True


def filter_choices(views: ViewsDatabase) -> FilterChoices:
    """The systems and months of the register, as many as a form offers."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return FilterChoices([], [])
        systems, all_systems = _choices(connection, table, table.c.system)
        months, all_months = _choices(connection, table, table.c.month)
    complete = all_systems and all_months
    return FilterChoices(sorted(systems), sorted(months, reverse=True), complete)


def _choices(
    connection: Connection, table: Table, column: ColumnElement[str]
) -> tuple[list[str], bool]:
    """The values of a column, and whether these are all; else those of the newest incidents."""
    found = _distinct(connection, column)
    if len(found) <= MAX_CHOICES:
        return found, True
    newest = select(column).order_by(table.c.leaf.desc()).limit(INCIDENTS_FOR_CHOICES)
    distinct = dict.fromkeys(connection.execute(newest).scalars())
    return list(distinct)[:MAX_CHOICES], False


def _distinct(connection: Connection, column: ColumnElement[str]) -> list[str]:
    """The values of an indexed column, by a loose index scan: not every row is read.

    At most MAX_CHOICES + 1.
    """
    values = select(func.min(column).label("value"), literal(1).label("number")).cte(recursive=True)
    following = select(func.min(column)).where(column > values.c.value).scalar_subquery()
    values = values.union_all(
        select(following, values.c.number + 1).where(
            values.c.value.is_not(None), values.c.number <= MAX_CHOICES
        )
    )
    found = connection.execute(select(values.c.value).where(values.c.value.is_not(None)))
    return list(found.scalars())


def incident(views: ViewsDatabase, of: str) -> Row | None:
    """One incident's row, by its id."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return None
        row = connection.execute(select(table).where(table.c.incident == of)).mappings().first()
        return dict(row) if row else None


def leaves_of(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, int]:
    """The detection leaf of each of these incidents, which is the number of its reference."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return {}
        query = select(table.c.incident, table.c.leaf)
        rows = rows_for(connection, query, table.c.incident, incidents)
        return {row["incident"]: row["leaf"] for row in rows}


def timeline(
    views: ViewsDatabase, of: str, *, cursor: str | None = None, limit: int | None = None
) -> Page:
    """An incident's events, in log order. Raises Invalid for an invalid cursor."""
    with views.begin() as connection:
        table = live_table(connection, TIMELINE)
        if table is None:
            return no_rows(cursor)
        query = select(table).where(table.c.incident == of)
        by = (table.c.leaf,)
        return page(connection, query, by, sort="timeline", cursor=cursor, limit=limit)
