"""Generations: the tables of a projection, of which one is live; and where each one stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from ledger.errors import Conflict
from projections.engine.database import PARTITIONS, POSITIONS, ViewsDatabase
from projections.engine.projection import Projection
from projections.engine.statements import share

BY_PARTITIONS = b"partitions"
"""What a generation stands on, in place of a leaf's hash, while a topic feeds it: all below `next`
is folded, and of what is behind it what PARTITIONS says."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One table of a projection: the next leaf to fold, and the hash of the leaf before it."""

    number: int
    next: int
    stands_on: bytes


class Move(NamedTuple):
    """A position's move, within one generation."""

    projection: Projection
    old: Generation
    new: Generation


def find(
    connection: Connection, projection: Projection, state: str, number: int | None = None
) -> Generation | None:
    """The generation in a state: live, building or old."""
    wanted = select(POSITIONS.c.generation, POSITIONS.c.next, POSITIONS.c.stands_on).where(
        POSITIONS.c.projection == projection.name,
        POSITIONS.c.version == projection.version,
        POSITIONS.c.state == state,
    )
    if number is not None:
        wanted = wanted.where(POSITIONS.c.generation == number)
    row = connection.execute(wanted.order_by(POSITIONS.c.generation)).first()
    return Generation(*row) if row else None


def live_table(connection: Connection, projection: Projection) -> Table | None:
    """The table to read from; None before the first event was folded."""
    live = find(connection, projection, "live")
    return None if live is None else projection.table(live.number)


def of_owner(table: Table) -> tuple[ColumnElement[bool], ...]:
    """The rows of one generation, as a statement has it that is made once; see `owner_values`."""
    return (
        table.c.projection == bindparam("of"),
        table.c.version == bindparam("of_version"),
        table.c.generation == bindparam("of_generation"),
    )


def owner_values(name: str, version: int, number: int) -> dict[str, str | int]:
    """Whose rows such a statement is for."""
    return {"of": name, "of_version": version, "of_generation": number}


# Made once: SQLAlchemy takes longer to build a statement than a database to carry it out.
_LIVE = select(
    POSITIONS.c.projection,
    POSITIONS.c.version,
    POSITIONS.c.generation,
    POSITIONS.c.next,
    POSITIONS.c.stands_on,
).where(POSITIONS.c.state == "live")
_MOVE = (
    update(POSITIONS)
    .where(
        *of_owner(POSITIONS),
        POSITIONS.c.next == bindparam("old"),
        POSITIONS.c.stands_on == bindparam("old_stands_on"),
    )
    .values(next=bindparam("new"), stands_on=bindparam("new_stands_on"))
)


def standing(connection: Connection) -> dict[tuple[str, int], Generation]:
    """Every live generation, by the projection's name and version."""
    return {(name, version): Generation(*at) for name, version, *at in connection.execute(_LIVE)}


def positions_of(views: ViewsDatabase, projections: Sequence[Projection]) -> dict[str, int]:
    """The first leaf that each of these projections has not folded yet, by name."""
    with views.begin() as connection:
        live = standing(connection)
    found = {each.name: live.get((each.name, each.version)) for each in projections}
    return {name: at.next if at else 0 for name, at in found.items()}


def position(views: ViewsDatabase, projections: Sequence[Projection]) -> int:
    """The first leaf that one of these projections has not folded yet."""
    return min(positions_of(views, projections).values(), default=0)


def next_number(connection: Connection, projection: Projection) -> int:
    """A number that no generation of this projection has."""
    last = connection.execute(
        select(func.max(POSITIONS.c.generation)).where(
            POSITIONS.c.projection == projection.name,
            POSITIONS.c.version == projection.version,
        )
    ).scalar()
    return (last or 0) + 1


def create(connection: Connection, projection: Projection, number: int, state: str) -> None:
    """An empty table at the log's beginning; its indexes come with `create_indexes`."""
    table = projection.table(number)
    # Without a position it is nobody's.
    connection.execute(DropTable(table, if_exists=True))
    connection.execute(CreateTable(table))
    share(connection, table)
    connection.execute(
        insert(POSITIONS).values(
            projection=projection.name,
            version=projection.version,
            generation=number,
            next=0,
            stands_on=b"",
            state=state,
        )
    )


def create_indexes(connection: Connection, projection: Projection, number: int) -> None:
    """The indexes of a table, those that are there excepted."""
    for index in projection.table(number).indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))


def begin(connection: Connection, projection: Projection) -> Generation:
    """A new live generation, with nothing in it."""
    number = next_number(connection, projection)
    create(connection, projection, number, "live")
    create_indexes(connection, projection, number)
    return Generation(number, 0, b"")


def drop(connection: Connection, projection: Projection, number: int) -> None:
    """Removes a table and its position."""
    connection.execute(DropTable(projection.table(number), if_exists=True))
    for table in (POSITIONS, PARTITIONS):
        connection.execute(delete(table).where(*of(table, projection, number)))


def move(connection: Connection, projection: Projection, old: Generation, new: Generation) -> None:
    """Moves a position by compare-and-set. Raises Conflict where another projector was first."""
    move_all(connection, [Move(projection, old, new)])


def move_all(connection: Connection, moves: Sequence[Move]) -> None:
    """Moves positions by compare-and-set, in one statement. Raises Conflict, as `move` does."""
    if not moves:
        return
    moved = connection.execute(
        _MOVE,
        [
            {
                **owner_values(projection.name, projection.version, old.number),
                "old": old.next,
                "old_stands_on": old.stands_on,
                "new": new.next,
                "new_stands_on": new.stands_on,
            }
            for projection, old, new in moves
        ],
    )
    if moved.rowcount != len(moves):
        told = ", ".join(f"{each.projection.name} from {each.old.next}" for each in moves)
        raise Conflict(f"A position was moved by another: {told}.", remedy="Fold again.")


def set_state(connection: Connection, projection: Projection, number: int, state: str) -> None:
    """Makes a generation live, building or old."""
    connection.execute(
        update(POSITIONS).where(*of(POSITIONS, projection, number)).values(state=state)
    )


def of(table: Table, projection: Projection, number: int) -> tuple[ColumnElement[bool], ...]:
    """The rows of a table that are of one generation."""
    return (
        table.c.projection == projection.name,
        table.c.version == projection.version,
        table.c.generation == number,
    )
