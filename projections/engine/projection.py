"""A projection: a table, the events it reads, and a pure fold of them into rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Index, MetaData, Table

from ledger.domain.envelope import Event, Recorded
from projections.engine.listing import ListView
from projections.engine.text_index import TextIndex
from projections.engine.types import portable

Key = tuple[Any, ...]
Row = Mapping[str, Any]
Evolve = Callable[[Row | None, Recorded, Key], Row]


class OutsideColumn(NamedTuple):
    """A column derived from a free text, and the column that has its id, if it is beside the log.

    The first is a string, and empty once the text is erased; the id stays, and is null for a text
    that the event has itself.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. Only the events of one stream write a row, and erasures blank columns of it.

    `kinds` are the stream kinds it reads; `columns` creates new column objects, the primary key's
    first; `keys` returns the keys of the rows an event changes, and `evolve` folds the event into
    one of them (None for a new row). Both are pure, and `evolve` does not change its argument. A
    new `version` is another table. A row is in one of the `sparse_indexes` only where the last
    column of it is not null.

    With `events`, events of other types are skipped unread (a type that this program does not know
    still stops it). With `inserts`, no key is changed by a second event, so rows are neither looked
    up nor replaced. With `listing`, API, page and command line list its rows without own code, and
    the table has the indexes of the list. With `text_index`, its words can be searched.

    With `with_texts`, rows are derived from texts beside the log as well: it makes the `evolve` of
    a batch from the texts that its events name, without those that are erased or missing. `outside`
    are the columns that they are in. Such a projection reads the kind "subject": its `keys` of a
    `SubjectErased` are the rows that may have one of its texts, and the engine blanks them.
    """

    name: str
    version: int
    kinds: frozenset[str]
    columns: Callable[[], Iterable[Column[Any]]]
    keys: Callable[[Recorded], Iterable[Key]]
    evolve: Evolve
    indexes: tuple[tuple[str, ...], ...] = ()
    sparse_indexes: tuple[tuple[str, ...], ...] = ()
    events: frozenset[type[Event]] | None = None
    inserts: bool = False
    listing: ListView | None = None
    text_index: TextIndex | None = None
    with_texts: Callable[[Mapping[str, str]], Evolve] | None = None
    outside: tuple[OutsideColumn, ...] = ()

    def table(self, generation: int) -> Table:
        """The table of one generation, with its indexes."""
        return _table(self, generation)


@lru_cache(maxsize=256)
def _table(projection: Projection, generation: int) -> Table:
    """Created once: SQLAlchemy caches compiled statements by table object."""
    name = f"{projection.name}_v{projection.version}_g{generation}"
    columns = list(projection.columns())
    for column in columns:
        column.type = portable(column.type)
    # SQLite then stores the rows in the primary key's tree, without a second copy.
    clustered = sum(column.primary_key for column in columns) > 1
    table = Table(name, MetaData(), *columns, sqlite_with_rowid=not clustered)
    listed = projection.listing.indexes if projection.listing else ()
    for number, names in enumerate(dict.fromkeys((*projection.indexes, *listed)), start=1):
        # PostgreSQL limits names to 63 characters.
        Index(f"ix_{name}_{number}", *(table.c[each] for each in names))
    for number, names in enumerate(projection.sparse_indexes, start=1):
        there = table.c[names[-1]].is_not(None)
        Index(
            f"ix_{name}_s{number}",
            *(table.c[each] for each in names),
            sqlite_where=there,
            postgresql_where=there,
        )
    return table
