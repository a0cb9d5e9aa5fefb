"""What a projection is: a table, the events it reads, and a pure fold of them into rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table

from ledger.domain.envelope import Recorded

Key = tuple[Any, ...]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model. A row is written only by the events of one stream.

    `kinds` are the stream kinds it reads; `columns` makes its columns anew, the primary key's
    first; `keys` names the rows an event touches, `evolve` folds it into one of them (None where
    there is none yet). Both are pure. A new `version` is another table.
    """

    name: str
    version: int
    kinds: frozenset[str]
    columns: Callable[[], Iterable[Column[Any]]]
    keys: Callable[[Recorded], Iterable[Key]]
    evolve: Callable[[Row | None, Recorded, Key], Row]
    indexes: tuple[tuple[str, ...], ...] = ()

    def table(self, generation: int) -> Table:
        """The table of one generation, with its indexes."""
        return _table(self, generation)


@lru_cache(maxsize=256)
def _table(projection: Projection, generation: int) -> Table:
    """Made once: SQLAlchemy keeps what it compiled by the table it was compiled for."""
    name = f"{projection.name}_v{projection.version}_g{generation}"
    table = Table(name, MetaData(), *projection.columns())
    for names in projection.indexes:
        Index(f"ix_{name}_{'_'.join(names)}", *(table.c[each] for each in names))
    return table
