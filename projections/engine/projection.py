"""What a projection is: a table, the events it reads, and a pure fold of them into rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, MetaData, Table

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

    def table(self, generation: int, metadata: MetaData | None = None) -> Table:
        """The table of one generation."""
        name = f"{self.name}_v{self.version}_g{generation}"
        return Table(name, metadata if metadata is not None else MetaData(), *self.columns())
