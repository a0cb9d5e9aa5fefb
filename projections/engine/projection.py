"""What a projection is: a table, the events it reads, and a pure fold of them into rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table

from ledger.domain.envelope import Event, Recorded
from projections.engine.listing import ListView
from projections.engine.types import portable

Key = tuple[Any, ...]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. A row is written only by the events of one stream.

    `kinds` are the stream kinds it reads; `columns` makes its columns anew, the primary key's
    first; `keys` names the rows an event touches, `evolve` folds it into one of them (None where
    there is none yet). Both are pure, and `evolve` leaves the row it is given as it is. A new
    `version` is another table.

    What it does not need is not done: with `events`, those of its kinds that are of another type
    are passed over unread (but one that this program does not know still stops it); with
    `inserts`, no key is ever touched by a second event, so rows are neither looked up nor replaced.
    With `listing`, its rows are listed by API, page and command line without code of its own.
    """

    name: str
    version: int
    kinds: frozenset[str]
    columns: Callable[[], Iterable[Column[Any]]]
    keys: Callable[[Recorded], Iterable[Key]]
    evolve: Callable[[Row | None, Recorded, Key], Row]
    indexes: tuple[tuple[str, ...], ...] = ()
    events: frozenset[type[Event]] | None = None
    inserts: bool = False
    listing: ListView | None = None

    def table(self, generation: int) -> Table:
        """The table of one generation, with its indexes."""
        return _table(self, generation)


@lru_cache(maxsize=256)
def _table(projection: Projection, generation: int) -> Table:
    """Made once: what was compiled for it is kept by the table it was compiled for."""
    name = f"{projection.name}_v{projection.version}_g{generation}"
    columns = list(projection.columns())
    for column in columns:
        column.type = portable(column.type)
    # SQLite keeps the rows of such a table in the order of its key, and only once.
    clustered = sum(column.primary_key for column in columns) > 1
    table = Table(name, MetaData(), *columns, sqlite_with_rowid=not clustered)
    for number, names in enumerate(projection.indexes, start=1):
        # PostgreSQL takes a name of 63 characters.
        Index(f"ix_{name}_{number}", *(table.c[each] for each in names))
    return table
