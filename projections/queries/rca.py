"""Queries of the RCA clocks, by state and due time."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, case, func, or_, select

from ledger.vocabulary import RcaState
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.paging import Page, page
from projections.rca_sla import RCA_SLA
from projections.rca_status import CANCELLING
from projections.register import REGISTER

_SHOWN = ("title", "system", "severity", "owner", "month")
"""Columns of the register that are shown with a clock."""


class RcaFilters(NamedTuple):
    """The filters of the clocks; None does not filter.

    `status` is the incident's, `incident` its id.
    """

    state: RcaState | None = None
    system: str | None = None
    month: str | None = None
    status: str | None = None
    incident: str | None = None


def clocks(
    views: ViewsDatabase,
    filters: RcaFilters,
    *,
    now: str,
    owed_first: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Clocks with columns of the register, the earliest due first.

    `owed_first` lists those whose RCA is still owed first. `now` is RFC 3339 text in UTC. Raises
    Invalid for an invalid cursor.
    """
    with views.begin() as connection:
        table, register = live_table(connection, RCA_SLA), live_table(connection, REGISTER)
        if table is None or register is None:
            return Page([], None)
        shown = (register.c[name] for name in _SHOWN)
        query = (
            select(table, *shown)
            .join(register, register.c.incident == table.c.incident)
            .where(*_conditions(table, register, filters))
        )
        if filters.state:
            query = query.where(_in_state(table, filters.state, now))
        by: tuple[ColumnElement[Any], ...] = (table.c.due, table.c.incident)
        if owed_first:
            settled = case((_owed(table), 0), else_=1).label("settled")
            query, by = query.add_columns(settled), (settled, *by)
        return page(connection, query, by, sort="rca", cursor=cursor, limit=limit)


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
            .where(*_conditions(table, register, filters))
        )
        return dict(zip(RcaState, connection.execute(query).one(), strict=True))


def _conditions(
    table: Table, register: Table, filters: RcaFilters
) -> Iterator[ColumnElement[bool]]:
    if filters.system:
        yield register.c.system == filters.system
    if filters.month:
        yield register.c.month == filters.month
    if filters.status:
        yield table.c.status == filters.status
    if filters.incident:
        yield table.c.incident == filters.incident


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
