"""Queries of the incidents: the register, their links and timelines."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
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

from ledger.errors import Invalid
from ledger.vocabulary import Impact, Severity, Status
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.incident_alerts import INCIDENT_ALERTS
from projections.queries.lookup import KEYS_PER_QUERY, rows_for
from projections.queries.paging import Page, page
from projections.register import REGISTER
from projections.timeline import TIMELINE

SORTS = ("detected_at", "recorded_at", "leaf", "severity", "system", "status", "rca_due")
DEFAULT_SORT = "-detected_at"
MAX_OVERDUE = 10_000
MAX_LINKED = 1_000
"""The number of alerts that an incident names: a storm links thousands. The list of alerts,
filtered by incident, has all."""
MAX_CHOICES = 200
"""The number of values that a form offers for a filter. Systems are labels of alerts: one sender
can name any number of them, and a page with all of them would have no bound."""
INCIDENTS_FOR_CHOICES = 2_000
"""If there are more, the values are taken from this number of the newest incidents."""
_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}
_UNRANKED = len(_RANKS)
_EQUAL = frozenset({"system", "severity", "status", "month"})
"""The filters by a column's value."""


class IncidentFilters(NamedTuple):
    """The filters of the register; None does not filter.

    `impact` excludes merged incidents: their impact is that of the incident they were merged into.
    `category` is the category or the secondary one. `triage`: open ones without a severity or a
    category.
    """

    system: str | None = None
    category: str | None = None
    severity: str | None = None
    status: str | None = None
    month: str | None = None
    impact: str | None = None
    near_miss: bool | None = None
    triage: bool | None = None


def register(
    views: ViewsDatabase,
    filters: IncidentFilters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """A page of the register; `sort` is a column, with "-" before it for descending order.

    Raises Invalid for an unknown sort or an invalid cursor.
    """
    column, descending = _sort(sort or DEFAULT_SORT)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return Page([], None)
        query = select(table).where(*_conditions(table, filters))
        first = _ordering(table, column)
        if column == "severity":
            query = query.add_columns(first)
        by = (first, table.c.incident)
        name = f"{'-' if descending else ''}{column}"
        return page(
            connection, query, by, descending=descending, sort=name, cursor=cursor, limit=limit
        )


def _conditions(table: Table, filters: IncidentFilters) -> Iterator[ColumnElement[bool]]:
    for name, value in filters._asdict().items():
        if value and name in _EQUAL:
            yield table.c[name] == value
    if filters.category:
        yield or_(
            table.c.category == filters.category, table.c.secondary_category == filters.category
        )
    if filters.near_miss is not None:
        yield table.c.near_miss if filters.near_miss else ~table.c.near_miss
    if filters.triage is not None:
        yield _waits_for_triage(table) if filters.triage else ~_waits_for_triage(table)
    if filters.impact:
        yield table.c.status != Status.MERGED
        yield _impact_is(table, Impact(filters.impact))


def _waits_for_triage(table: Table) -> ColumnElement[bool]:
    unknown = or_(table.c.severity.is_(None), table.c.category.is_(None))
    return and_(table.c.status == Status.OPEN, unknown)


def _impact_is(table: Table, wanted: Impact) -> ColumnElement[bool]:
    """The condition that a row has this impact: the rule of `impact.impact_of` in SQL."""
    stated = table.c.resolved_at.is_not(None)
    fires, unheard = table.c.firing > 0, table.c.unknown_since.is_not(None)
    endless = table.c.impact_ended_at.is_(None)
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
            func.count().filter(_impact_is(table, Impact.ONGOING)),
            func.count().filter(_impact_is(table, Impact.UNKNOWN)),
            func.count().filter(_waits_for_triage(table)),
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


def merge_targets(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, Row]:
    """The row of the final merge target of each of these merged incidents."""
    into = follow_merges(views, incidents)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None or not into:
            return {}
        rows = rows_for(connection, select(table), table.c.incident, set(into.values()))
        found = {row["incident"]: row for row in rows}
    return {merged: found[target] for merged, target in into.items() if target in found}


def follow_merges(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, str]:
    """The final merge target of each of these incidents; itself if it was not merged."""
    into: dict[str, str] = {}
    unresolved: Collection[str] = set(incidents)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        while table is not None and unresolved:
            query = select(table.c.incident, table.c.merged_into).where(
                table.c.status == Status.MERGED
            )
            rows = rows_for(connection, query, table.c.incident, unresolved)
            merged = {row["incident"]: row["merged_into"] for row in rows}
            into |= merged
            unresolved = {target for target in merged.values() if target not in into}
    return {incident: _last_target(incident, into) for incident in incidents}


def _last_target(incident: str, into: Mapping[str, str]) -> str:
    while incident in into:
        incident = into[incident]
    return incident


class LinkedAlerts(NamedTuple):
    """The number of alerts ever linked to an incident, and the first MAX_LINKED of them."""

    total: int = 0
    first: Sequence[str] = ()


def alerts_of(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, LinkedAlerts]:
    """The alerts ever linked to these incidents, by incident, oldest link first."""
    with views.begin() as connection:
        table = live_table(connection, INCIDENT_ALERTS)
        if table is None:
            return {}
        found: dict[str, LinkedAlerts] = {}
        wanted = list(incidents)
        for start in range(0, len(wanted), KEYS_PER_QUERY):
            some = _linked(table, wanted[start : start + KEYS_PER_QUERY])
            for incident, rows in groupby(connection.execute(some), key=lambda row: row.incident):
                linked = list(rows)
                first = [row.alert for row in linked]
                found[incident] = LinkedAlerts(linked[0].linked, first)
        return found


def _linked(table: Table, incidents: Collection[str]) -> Select[Any]:
    of = table.c.incident
    order = (table.c.leaf, table.c.alert)
    ranked = (
        select(
            of,
            table.c.alert,
            func.count().over(partition_by=of).label("linked"),
            func.row_number().over(partition_by=of, order_by=order).label("place"),
        )
        .where(of.in_(incidents))
        .subquery()
    )
    first = select(ranked).where(ranked.c.place <= MAX_LINKED)
    return first.order_by(ranked.c.incident, ranked.c.place)


def timeline(
    views: ViewsDatabase, of: str, *, cursor: str | None = None, limit: int | None = None
) -> Page:
    """An incident's events, in log order. Raises Invalid for an invalid cursor."""
    with views.begin() as connection:
        table = live_table(connection, TIMELINE)
        if table is None:
            return Page([], None)
        query = select(table).where(table.c.incident == of)
        by = (table.c.leaf,)
        return page(connection, query, by, sort="timeline", cursor=cursor, limit=limit)


def _ordering(table: Table, column: str) -> ColumnElement[Any]:
    """The sort expression: the column itself, to use its index, but severity by its rank."""
    if column != "severity":
        return table.c[column]
    return case(_RANKS, value=table.c.severity, else_=_UNRANKED).label("rank")


def _sort(sort: str) -> tuple[str, bool]:
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    if column == "reference":
        column = "leaf"
    if column not in SORTS:
        raise Invalid(
            f"The register cannot be sorted by {sort!r}.",
            errors=[("sort", f"expected one of {', '.join(SORTS)}, with - before it to reverse")],
        )
    return column, descending
