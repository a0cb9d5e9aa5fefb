"""Queries of the RCA clocks: which are due, at risk, late."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, or_, select

from ledger.vocabulary import RcaState
from projections.engine.database import ViewsDatabase
from projections.paging import Page, live, page
from projections.rca import CANCELLING
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER

_SHOWN = ("title", "system", "severity", "owner", "month")
"""What of the register is shown beside a clock."""


class RcaFilters(NamedTuple):
    """What the clocks are narrowed to; None does not narrow."""

    state: RcaState | None = None
    system: str | None = None
    month: str | None = None


def clocks(
    views: ViewsDatabase,
    filters: RcaFilters,
    *,
    now: str,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Clocks with what the register says of their incidents, the earliest due first.

    `now` is RFC 3339 text in UTC. Raises Invalid for a cursor that is not one of ours.
    """
    with views.begin() as connection:
        table, register = live(connection, RCA_SLA), live(connection, REGISTER)
        if table is None or register is None:
            return Page([], None)
        query = select(table, *(register.c[name] for name in _SHOWN)).join(
            register, register.c.incident == table.c.incident
        )
        if filters.system:
            query = query.where(register.c.system == filters.system)
        if filters.month:
            query = query.where(register.c.month == filters.month)
        if filters.state:
            query = query.where(_in_state(table, filters.state, now))
        by = (table.c.due, table.c.incident)
        return page(connection, query, by, cursor=cursor, limit=limit)


def _in_state(table: Table, state: RcaState, now: str) -> ColumnElement[bool]:
    """The same as `rca_state`, in SQL."""
    completed, due = table.c.completed_at, table.c.due
    owed = and_(completed.is_(None), table.c.status.not_in(CANCELLING))
    match state:
        case RcaState.MET:
            return and_(completed.is_not(None), completed <= due)
        case RcaState.MET_LATE:
            return and_(completed.is_not(None), completed > due)
        case RcaState.CANCELLED:
            return and_(completed.is_(None), table.c.status.in_(CANCELLING))
        case RcaState.BREACHED:
            return and_(owed, due < now)
        case RcaState.AT_RISK:
            return and_(owed, due >= now, table.c.at_risk_at <= now)
        case RcaState.ON_TRACK:
            return and_(owed, due >= now, or_(table.c.at_risk_at > now))
