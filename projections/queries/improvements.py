"""Queries of improvements: the board of Plan, Do, Check, Act, and whose are late."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, literal, or_, select

from ledger.domain.improvement import ImprovementStatus, PdcaColumn
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.improvements import IMPROVEMENTS
from projections.queries.ordering import owned_by, rank

ACT_ORDER = (
    ImprovementStatus.NOT_EFFECTIVE,
    ImprovementStatus.EFFECTIVE,
    ImprovementStatus.ACTED,
)
"""The order of the column Act: what had no effect comes first, what is acted on last."""


class Phase(NamedTuple):
    """A column of the board: how many are in it, how many of these are late, and the first."""

    every: int
    late: int
    rows: list[Row]


class OwnerRow(NamedTuple):
    """How many of a person's improvements are overdue, and how many are due soon."""

    owner: str
    overdue: int
    soon: int


class BoardRows(NamedTuple):
    """The columns, each with its first rows, and every owner who is late or soon is."""

    columns: Mapping[PdcaColumn, Phase]
    owners: list[OwnerRow]


def improvement_board(
    views: ViewsDatabase,
    *,
    now: str,
    soon: str,
    limit: int,
    system: str | None = None,
    owners: Sequence[str] | None = None,
) -> BoardRows:
    """The board at a time: at most `limit` rows a column, late ones first, then by their time.

    What is due until `soon` is counted for its owner. `owners` are the ids of a person; empty for
    those that nobody owns. `system` is "" for those of the organisation. Both times are RFC 3339 in
    UTC.
    """
    with views.begin() as connection:
        table = live_table(connection, IMPROVEMENTS)
        if table is None:
            return BoardRows({each: Phase(0, 0, []) for each in PdcaColumn}, [])
        chosen = [] if system is None else [table.c.system == system]
        if owners is not None:
            chosen.append(owned_by(table.c.owner, owners))
        return board_of(connection, table, chosen, now=now, soon=soon, limit=limit)


def board_of(
    connection: Connection,
    table: Table,
    chosen: Sequence[ColumnElement[bool]],
    *,
    now: str,
    soon: str,
    limit: int,
) -> BoardRows:
    """The board of the rows that meet each of some conditions; see `improvement_board`."""
    own, late = table.c, _late(table, now)
    counted = select(own.column, func.count(), func.count().filter(late))
    counted = counted.where(own.column.is_not(None), *chosen).group_by(own.column)
    counts = {name: (every, of) for name, every, of in connection.execute(counted)}
    columns = {}
    for column in PdcaColumn:
        every, of = counts.get(column.value, (0, 0))
        query = select(table, case((late, 1), else_=0).label("late"))
        query = query.where(own.column == column.value, *chosen)
        query = query.order_by(*_order(table, column, late)).limit(limit)
        rows: list[Row] = (
            [dict(row) for row in connection.execute(query).mappings()] if every else []
        )
        columns[column] = Phase(every, of, rows)
    return BoardRows(columns, _owners(connection, table, chosen, late, soon))


def _late(table: Table, now: str) -> ColumnElement[bool]:
    """Not done in time, or not checked in time, whether the clock has marked it yet or not."""
    own = table.c
    in_do = and_(own.column == PdcaColumn.DO.value, or_(own.overdue, own.due <= now))
    in_check = and_(own.column == PdcaColumn.CHECK.value, own.check_by <= now)
    # Neither is true nor false of a row without the time.
    return func.coalesce(or_(in_do, in_check), literal(value=False))


def _order(
    table: Table, column: PdcaColumn, late: ColumnElement[bool]
) -> tuple[ColumnElement[Any], ...]:
    own = table.c
    match column:
        case PdcaColumn.PLAN:
            return (own.leaf,)
        case PdcaColumn.DO:
            return case((late, 0), else_=1), own.due, own.leaf
        case PdcaColumn.CHECK:
            unknown = case((own.check_by.is_(None), 1), else_=0)
            return case((late, 0), else_=1), unknown, own.check_by, own.leaf
        case PdcaColumn.ACT:
            return rank(own.status, ACT_ORDER), own.due, own.leaf


def _owners(
    connection: Connection,
    table: Table,
    chosen: Sequence[ColumnElement[bool]],
    late: ColumnElement[bool],
    soon: str,
) -> list[OwnerRow]:
    own = table.c
    near = and_(~late, own.due <= soon)
    query = (
        select(own.owner, func.count().filter(late), func.count().filter(near))
        .where(own.column == PdcaColumn.DO.value, or_(late, near), *chosen)
        .group_by(own.owner)
    )
    return [OwnerRow(*row) for row in connection.execute(query)]
