"""How a read model is listed: what API, page, command line and navigation are made of."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.vocabulary import Labelled


class CellKind(StrEnum):
    """How people see a value."""

    TEXT = "text"
    TIME = "time"
    WORD = "word"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListColumn:
    """A column of a list. With `filters`, the list can be narrowed to a value of it.

    `vocabulary` holds the words of a column that has a closed set of them.
    """

    name: str
    label: str
    cell: CellKind = CellKind.TEXT
    vocabulary: type[Labelled] | None = None
    filters: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ListView:
    """A list of a read model's rows, the newest stream first.

    A row is one of a stream of `kind`, whose id is in the column `key`; the column `leaf` holds the
    leaf index of its first event, for its reference and the order. `path` is the word in routes and
    commands ("risks"); `title` and `lead` head the page.
    """

    kind: str
    key: str
    path: str
    title: str
    lead: str
    columns: tuple[ListColumn, ...]

    @property
    def filters(self) -> dict[str, type[Labelled] | None]:
        """The columns that narrow the list, with their vocabularies."""
        return {each.name: each.vocabulary for each in self.columns if each.filters}
