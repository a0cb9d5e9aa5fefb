"""Generations: the tables of a projection, of which one is live, and their positions."""

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
from projections.engine.statements import grant_read
from projections.engine.text_index import create_text_index, drop_text_index

BY_PARTITIONS = b"partitions"
"""The anchor, in place of a leaf's hash, of a generation that a topic feeds: it has folded every
leaf below `next`, and of the later ones those that PARTITIONS names."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One table of a projection: the next leaf to fold, and the hash of the last folded leaf."""

    number: int
    next: int
    anchor_hash: bytes


class Move(NamedTuple):
    """The move of a position within one generation."""

    projection: Projection
    old: Generation
    new: Generation


def find(
    connection: Connection, projection: Projection, state: str, number: int | None = None
) -> Generation | None:
    """The generation in a state: live, building or old."""
    query = _IN_STATE if number is None else _IN_STATE.where(POSITIONS.c.generation == number)
    wanted = {"name": projection.name, "of_version": projection.version, "in_state": state}
    row = connection.execute(query, wanted).first()
    return Generation(*row) if row else None


_IN_STATE = (
    select(POSITIONS.c.generation, POSITIONS.c.next, POSITIONS.c.anchor_hash)
    .where(
        POSITIONS.c.projection == bindparam("name"),
        POSITIONS.c.version == bindparam("of_version"),
        POSITIONS.c.state == bindparam("in_state"),
    )
    .order_by(POSITIONS.c.generation)
)
"""Made once: every query of a read model begins with it."""


def live_table(connection: Connection, projection: Projection) -> Table | None:
    """The table to read from; None before the first event was folded."""
    live = find(connection, projection, "live")
    return None if live is None else projection.table(live.number)


def of_owner(table: Table) -> tuple[ColumnElement[bool], ...]:
    """The condition for the rows of one generation, with parameters; see `owner_values`."""
    return (
        table.c.projection == bindparam("of"),
        table.c.version == bindparam("of_version"),
        table.c.generation == bindparam("of_generation"),
    )


def owner_values(name: str, version: int, number: int) -> dict[str, str | int]:
    """The parameters of a statement with the condition of `of_owner`."""
    return {"of": name, "of_version": version, "of_generation": number}


# Built once: building a statement costs SQLAlchemy more than the database needs to run it.
_LIVE = select(
    POSITIONS.c.projection,
    POSITIONS.c.version,
    POSITIONS.c.generation,
    POSITIONS.c.next,
    POSITIONS.c.anchor_hash,
).where(POSITIONS.c.state == "live")
_MOVE = (
    update(POSITIONS)
    .where(
        *of_owner(POSITIONS),
        POSITIONS.c.next == bindparam("old"),
        POSITIONS.c.anchor_hash == bindparam("old_anchor_hash"),
    )
    .values(next=bindparam("new"), anchor_hash=bindparam("new_anchor_hash"))
)


def live_generations(connection: Connection) -> dict[tuple[str, int], Generation]:
    """Every live generation, by the projection's name and version."""
    return {(name, version): Generation(*at) for name, version, *at in connection.execute(_LIVE)}


def positions_of(views: ViewsDatabase, projections: Sequence[Projection]) -> dict[str, int]:
    """The first leaf that each of these projections has not folded yet, by name."""
    with views.begin() as connection:
        live = live_generations(connection)
    found = {each.name: live.get((each.name, each.version)) for each in projections}
    return {name: at.next if at else 0 for name, at in found.items()}


def position(views: ViewsDatabase, projections: Sequence[Projection]) -> int:
    """The first leaf that one of these projections has not folded yet."""
    return min(positions_of(views, projections).values(), default=0)


def next_number(connection: Connection, projection: Projection) -> int:
    """An unused generation number of this projection."""
    last = connection.execute(
        select(func.max(POSITIONS.c.generation)).where(
            POSITIONS.c.projection == projection.name,
            POSITIONS.c.version == projection.version,
        )
    ).scalar()
    return (last or 0) + 1


def create(connection: Connection, projection: Projection, number: int, state: str) -> None:
    """Creates an empty table at position 0; `create_indexes` adds its indexes."""
    table = projection.table(number)
    # A table without a position is a leftover.
    _drop_table(connection, projection, table)
    connection.execute(CreateTable(table))
    grant_read(connection, table)
    connection.execute(
        insert(POSITIONS).values(
            projection=projection.name,
            version=projection.version,
            generation=number,
            next=0,
            anchor_hash=b"",
            state=state,
        )
    )


def create_indexes(connection: Connection, projection: Projection, number: int) -> None:
    """Creates the missing indexes of a table."""
    for index in projection.table(number).indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))
    if projection.text_index is not None:
        create_text_index(connection, projection.table(number), projection.text_index)


def begin(connection: Connection, projection: Projection) -> Generation:
    """Creates an empty live generation."""
    number = next_number(connection, projection)
    create(connection, projection, number, "live")
    create_indexes(connection, projection, number)
    return Generation(number, 0, b"")


def drop(connection: Connection, projection: Projection, number: int) -> None:
    """Removes a table and its position."""
    _drop_table(connection, projection, projection.table(number))
    for table in (POSITIONS, PARTITIONS):
        connection.execute(delete(table).where(*of(table, projection, number)))


def _drop_table(connection: Connection, projection: Projection, table: Table) -> None:
    if projection.text_index is not None:
        drop_text_index(connection, table)
    connection.execute(DropTable(table, if_exists=True))


def move(connection: Connection, projection: Projection, old: Generation, new: Generation) -> None:
    """Moves a position by compare-and-set. Raises Conflict if another projector moved it first."""
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
                "old_anchor_hash": old.anchor_hash,
                "new": new.next,
                "new_anchor_hash": new.anchor_hash,
            }
            for projection, old, new in moves
        ],
    )
    if moved.rowcount != len(moves):
        names = ", ".join(f"{each.projection.name} from {each.old.next}" for each in moves)
        raise Conflict(f"Another projector moved a position: {names}.", remedy="Fold again.")


def set_state(connection: Connection, projection: Projection, number: int, state: str) -> None:
    """Sets the state of a generation: live, building or old."""
    connection.execute(
        update(POSITIONS).where(*of(POSITIONS, projection, number)).values(state=state)
    )


def of(table: Table, projection: Projection, number: int) -> tuple[ColumnElement[bool], ...]:
    """The condition for the rows of one generation."""
    return (
        table.c.projection == projection.name,
        table.c.version == projection.version,
        table.c.generation == number,
    )
