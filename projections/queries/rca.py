"""Queries of the RCA clocks, by state and due time."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)

from ledger.vocabulary import RcaState, Severity
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.incident_words import INCIDENT_WORDS
from projections.queries.ordering import (
    TITLE,
    Sorts,
    or_empty,
    order_of,
    owned_by,
    rank,
    title_of,
    with_titles,
)
from projections.queries.paging import Page
from projections.queries.period import Period
from projections.queries.plan import Plan, Planned, planned_page
from projections.queries.restricted import Readable, is_withheld
from projections.queries.search import occurs
from projections.queries.system_names import is_of_system
from projections.rca_sla import RCA_SLA
from projections.rca_status import CANCELLING
from projections.register import REGISTER
from projections.words import Word

DEFAULT_SORT = "due_at"
INDEXED = frozenset({"due_at"})
"""The sorts for which the rows of a page are read in order from an index."""
_SHOWN = ("title", "system", "severity", "owner", "month", "restricted")
"""Columns of the register that are shown with a clock."""


class RcaFilters(NamedTuple):
    """The filters of the clocks; None does not filter.

    `status` is the incident's, `incident` its id; `owner`, `detected`, `q` and `readable`
    are as for the register.
    """

    state: RcaState | None = None
    system: str | None = None
    month: str | None = None
    status: str | None = None
    incident: str | None = None
    severity: str | None = None
    owner: tuple[str, ...] | None = None
    detected: Period = Period()
    q: tuple[Word, ...] = ()
    readable: Readable = None


def clocks(
    views: ViewsDatabase,
    filters: RcaFilters,
    *,
    now: str,
    sort: str | None = None,
    owners: Sequence[str] = (),
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Clocks with columns of the register, the earliest due first unless sorted otherwise.

    `now` is RFC 3339 text in UTC; `owners` as for the register. Raises Invalid for an unknown sort
    or an invalid cursor.
    """
    with views.begin() as connection:
        return planned_page(connection, clocks_plan(filters, now, sort, owners), cursor, limit)


def clocks_plan(filters: RcaFilters, now: str, sort: str | None, owners: Sequence[str]) -> Planned:
    """The plan of the clocks; see `clocks`. It raises Invalid for an unknown sort."""

    def planned(connection: Connection) -> Plan | None:
        table, register = live_table(connection, RCA_SLA), live_table(connection, REGISTER)
        words = live_table(connection, INCIDENT_WORDS)
        sorts = clock_sorts(table, register, words, now, owners, filters.readable)
        order = order_of(sorts, sort or DEFAULT_SORT, "The list of RCA clocks", cursors="rca")
        if table is None or register is None:
            return None
        shown = (register.c[name] for name in _SHOWN)
        every = select(table, *shown, order.by).join(
            register, register.c.incident == table.c.incident
        )
        every = with_titles(every, order, words, table.c.incident)
        matching = every.where(*_conditions(connection, table, register, filters))
        if filters.state:
            matching = matching.where(_in_state(table, filters.state, now))
        indexed = order.column in INDEXED
        return Plan(every, matching, order, table.c.leaf, tie=table.c.incident, indexed=indexed)

    return planned


def clock_sorts(
    table: Table | None,
    register: Table | None,
    words: Table | None,
    now: str,
    owners: Sequence[str],
    readable: Readable = None,
) -> Sorts:
    """What each sort of the clocks orders by; see `clocks`."""
    table = RCA_SLA.table(0) if table is None else table
    register = REGISTER.table(0) if register is None else register
    own, shown = table.c, register.c
    return {
        "due_at": own.due,
        # Those whose RCA is still owed come first, in either order of the due times.
        "owed": partial(_owed_first, table),
        "reference": own.leaf,
        TITLE: title_of(words, is_withheld(shown, readable)),
        "system": shown.system,
        "severity": partial(rank, shown.severity, Severity),
        "status": own.status,
        "state": partial(_state_rank, table, now),
        "detected_at": own.detected_at,
        "completed_at": or_empty(own.completed_at),
        "verdict_at_due": or_empty(own.verdict_at_due),
        "owner": partial(rank, shown.owner, owners),
        "month": shown.month,
    }


def _owed_first(table: Table) -> ColumnElement[Any]:
    owed: ColumnElement[str] = case(
        (_owed(table), literal_column("'0'")), else_=literal_column("'1'")
    )
    return owed + table.c.due


def _state_rank(table: Table, now: str) -> ColumnElement[Any]:
    states = ((_in_state(table, state, now), place) for place, state in enumerate(RcaState))
    return case(*states, else_=len(RcaState))


def count_by_state(views: ViewsDatabase, filters: RcaFilters, *, now: str) -> dict[RcaState, int]:
    """The number of clocks in each state at `now`; ignores the filter by state."""
    with views.begin() as connection:
        table, register = live_table(connection, RCA_SLA), live_table(connection, REGISTER)
        if table is None or register is None:
            return dict.fromkeys(RcaState, 0)
        counted = (func.count().filter(_in_state(table, state, now)) for state in RcaState)
        query = (
            select(*counted)
            .select_from(table)
            .join(register, register.c.incident == table.c.incident)
            .where(*_conditions(connection, table, register, filters))
        )
        return dict(zip(RcaState, connection.execute(query).one(), strict=True))


def _conditions(
    connection: Connection, table: Table, register: Table, filters: RcaFilters
) -> Iterator[ColumnElement[bool]]:
    if filters.system:
        yield is_of_system(connection, register.c.system, filters.system)
    if filters.month:
        yield register.c.month == filters.month
    if filters.status:
        yield table.c.status == filters.status
    if filters.incident:
        yield table.c.incident == filters.incident
    if filters.severity:
        yield register.c.severity == filters.severity
    if filters.owner is not None:
        yield owned_by(register.c.owner, filters.owner)
    yield from filters.detected.conditions(table.c.detected_at)
    if filters.readable is not None and filters.q:
        yield ~is_withheld(register.c, filters.readable)
    if filters.q:
        yield occurs(connection, table.c.leaf, filters.q)


def _owed(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.completed_at.is_(None), table.c.status.not_in(CANCELLING), ~table.c.near_miss
    )


def _in_state(table: Table, state: RcaState, now: str) -> ColumnElement[bool]:
    """The rule of `rca_state` in SQL."""
    completed, due, owed = table.c.completed_at, table.c.due, _owed(table)
    first_due, first_at = table.c.preliminary_due, table.c.preliminary_met_at
    late = or_(completed > due, and_(first_due.is_not(None), first_at > first_due))
    match state:
        case RcaState.MET:
            return and_(completed.is_not(None), or_(table.c.near_miss, ~late))
        case RcaState.MET_LATE:
            return and_(completed.is_not(None), ~table.c.near_miss, late)
        case RcaState.CANCELLED:
            unowed = or_(table.c.status.in_(CANCELLING), table.c.near_miss)
            return and_(completed.is_(None), unowed)
        case RcaState.BREACHED:
            return and_(owed, due < now)
        case RcaState.AT_RISK:
            return and_(owed, due >= now, table.c.at_risk_at <= now)
        case RcaState.ON_TRACK:
            return and_(owed, due >= now, table.c.at_risk_at > now)
