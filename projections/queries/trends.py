"""Queries of the trends: what a range of months comes to, over the rows of the register."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, func, not_, select

from ledger.vocabulary import Measure
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.measures import MEASURES
from projections.queries.system_names import is_of_system
from projections.rca_status import CANCELLING
from projections.register import REGISTER

WITHDRAWN = CANCELLING
"""Incidents in these states have no part in counts and times; near misses have none, either."""
_GROUPED = ("month", "system", "status", "near_miss", "category", "severity")


class TrendFilters(NamedTuple):
    """The months, YYYY-MM, both inclusive; one system, or None for all of them."""

    first: str
    last: str
    system: str | None = None


class Group(NamedTuple):
    """The number of incidents with these values; `measures` are those of `MEASURES`."""

    month: str
    system: str
    status: str
    near_miss: bool
    category: str | None
    severity: str | None
    measures: tuple[str, ...]
    incidents: int

    @property
    def stands(self) -> bool:
        """Whether these have a part in counts and times."""
        return self.status not in WITHDRAWN and not self.near_miss


class Durations(NamedTuple):
    """An incident's recorded times in microseconds, in the order of `MEASURES`; None for none."""

    month: str
    system: str
    spans: tuple[int | None, ...]


class Late(NamedTuple):
    """The overdue RCAs of an owner (None: of nobody) and a system; `due` is the earliest."""

    owner: str | None
    system: str
    overdue: int
    due: str


class TrendRows(NamedTuple):
    """What the trends of some months are made of."""

    groups: list[Group]
    durations: list[Durations]
    late: list[Late]


def trend_rows(views: ViewsDatabase, filters: TrendFilters, *, now: str) -> TrendRows:
    """What the trends of these months are made of, at `now` (RFC 3339 text in UTC)."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None:
            return TrendRows([], [], [])
        chosen = _chosen(connection, table, filters)
        of = [table.c[name] for name in _GROUPED]
        states = [table.c[f"{name}_measure"] for name in MEASURES]
        counted = select(*of, *states, func.count()).where(chosen).group_by(*of, *states)
        spans = [table.c[f"{name}_us"] for name in MEASURES]
        known = select(table.c.month, table.c.system, *spans).where(chosen, _stands(table))
        owed = and_(
            _stands(table),
            table.c.rca_measure == Measure.PENDING,
            table.c.rca_due < now,
        )
        by = (table.c.owner, table.c.system)
        late = select(*by, func.count(), func.min(table.c.rca_due)).where(chosen, owed)
        return TrendRows(
            [
                Group(month, system, status, near_miss, category, severity, tuple(rest), found)
                for month, system, status, near_miss, category, severity, *rest, found in (
                    connection.execute(counted)
                )
            ],
            [
                Durations(month, system, tuple(each))
                for month, system, *each in connection.execute(known)
            ],
            [Late(*row) for row in connection.execute(late.group_by(*by))],
        )


def _stands(table: Table) -> ColumnElement[bool]:
    """Whether an incident has a part in counts and times."""
    return and_(table.c.status.not_in(WITHDRAWN), not_(table.c.near_miss))


def _chosen(connection: Connection, table: Table, filters: TrendFilters) -> ColumnElement[bool]:
    month = table.c.month
    within = (
        month == filters.first
        if filters.first == filters.last
        else and_(month >= filters.first, month <= filters.last)
    )
    if filters.system is None:
        return within
    return and_(within, is_of_system(connection, table.c.system, filters.system))
