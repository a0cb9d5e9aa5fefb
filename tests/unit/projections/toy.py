"""A small world for the engine: streams of numbers, and projections that add them up."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Connection, Integer, String, select

from ledger.domain.codec import Codec
from ledger.domain.envelope import Event, Recorded
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store
from projections.engine import Projection, ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Key, Row
from tests.contract.samples import seal_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Counted(Event, frozen=True, kw_only=True):
    """A number came up."""

    name: ClassVar[str] = "toy.counted.v1"

    number: int


class Invented(Event, frozen=True, kw_only=True):
    """Something that only a newer program knows."""

    name: ClassVar[str] = "toy.invented.v1"


OLD = Codec((Counted,))
NEW = Codec((Counted, Invented))


def columns() -> Iterable[Column[Any]]:
    yield Column("stream", String, primary_key=True)
    yield Column("count", Integer, nullable=False)
    yield Column("total", Integer, nullable=False)
    yield Column("leaf", Integer, nullable=False)
    yield Column("seen", JSON, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    return ((recorded.stream,),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    before = row or {"stream": key[0], "count": 0, "total": 0, "seen": {}}
    number = recorded.event.number if isinstance(recorded.event, Counted) else 0
    if number < 0:
        raise ValueError(f"{number} at leaf {recorded.leaf} is no number to count")
    return {
        **before,
        "count": before["count"] + 1,
        "total": before["total"] + number,
        "leaf": recorded.leaf,
        "seen": {**before["seen"], str(number): True},
    }


TOTALS = Projection(
    name="totals",
    version=1,
    kinds=frozenset({"toy"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("total",),),
)
OTHERS = replace(TOTALS, name="others", kinds=frozenset({"other"}))
BOTH = replace(TOTALS, name="both", kinds=frozenset({"toy", "other"}))


class Log:
    """Appends numbers to streams of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._mapper = EnvelopeMapper(NEW)
        self._versions: dict[str, int] = {}

    def add(self, stream: str, *events: Event | int, seal: bool = True) -> None:
        """Events for one stream ("toy/1"); a number is `Counted`."""
        stored = []
        for each in events:
            event = Counted(at=NOON, number=each) if isinstance(each, int) else each
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            recorded = Recorded(
                event=event,
                stream=stream,
                version=version,
                leaf=-1,
                id=str(UUID(int=version)),
                recorded_at=NOON,
                actor="airledger",
                source="airledger",
                correlation="c",
            )
            stored.append(self._mapper.to_new_event(recorded))
        self.store.append(stored)
        if seal:
            seal_all(self.store)


INVENTED = Invented(at=NOON)


def live_rows(connection: Connection, projection: Projection) -> dict[Key, Row]:
    """Every live row by its key; none where there is no table."""
    table = live_table(connection, projection)
    if table is None:
        return {}
    names = [column.name for column in table.primary_key.columns]
    found = connection.execute(select(table)).mappings()
    return {tuple(row[name] for name in names): dict(row) for row in found}


def rows(views: ViewsDatabase, projection: Projection) -> dict[Key, Row]:
    with views.begin() as connection:
        return live_rows(connection, projection)


def totals(views: ViewsDatabase, projection: Projection = TOTALS) -> dict[str, int]:
    return {key[0]: row["total"] for key, row in rows(views, projection).items()}
