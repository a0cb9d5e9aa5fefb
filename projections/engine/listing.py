"""The list of a read model, as data: API, page, command line and navigation are built from it."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.vocabulary import Labelled


class CellKind(StrEnum):
    """The renderer of a value on pages and in tables."""

    TEXT = "text"
    """Text from outside, or the label of a value of the column's vocabulary."""
    TIME = "time"
    """RFC 3339 text in UTC."""
    FLAG = "flag"
    """A boolean."""
    SEVERITY = "severity"
    """A severity of the vocabulary."""
    INCIDENT = "incident"
    """The id of an incident, shown as a link with its reference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListColumn:
    """A column of a list. With `filters`, the list can be filtered by its value.

    `vocabulary` is the enumeration of a column with a closed set of values.
    """

    name: str
    label: str
    cell: CellKind = CellKind.TEXT
    vocabulary: type[Labelled] | None = None
    filters: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ListView:
    """A list of a read model's rows, the newest stream first.

    A row belongs to one stream of `kind`, whose id is in the column `key`; the column `leaf` holds
    the leaf index of its first event, for its reference and the order. `path` is the name in routes
    and commands ("risks"); `title` and `lead` head the page.
    """

    kind: str
    key: str
    path: str
    title: str
    lead: str
    columns: tuple[ListColumn, ...]

    @property
    def indexes(self) -> tuple[tuple[str, ...], ...]:
        """The indexes of its queries: by leaf, and by each filter and leaf."""
        return (("leaf",), *((name, "leaf") for name in self.filters))

    @property
    def filters(self) -> dict[str, type[Labelled] | None]:
        """The columns that filter the list, with their vocabularies."""
        return {each.name: each.vocabulary for each in self.columns if each.filters}
