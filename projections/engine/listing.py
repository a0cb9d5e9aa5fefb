"""The list of a read model, as data: API, page, command line and navigation are built from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

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

    `vocabulary` is the enumeration of a column with a closed set of values. A column of several
    values has them in words; `one` is the name of its filter by one of them, for which the table
    has them in the column `each` (see `several`). Without `on_page`, programs and exports have it,
    and the list's page leaves it to the page of the row. `person`: its values are opaque ids, which
    people filter by a name. A FLAG that filters has `YesNo` as its vocabulary.
    """

    name: str
    label: str
    cell: CellKind = CellKind.TEXT
    vocabulary: type[Labelled] | None = None
    filters: bool = False
    one: str = ""
    on_page: bool = True
    person: bool = False

    @property
    def each(self) -> str:
        """The column of the table that has its values for the filter by one of them."""
        return f"{self.name}_each"

    @property
    def filter_name(self) -> str:
        """The name of its filter."""
        return self.one or self.name


def several(values: Iterable[str]) -> str | None:
    """Values of a column in one text, in which each can be found; None without any."""
    found = list(values)
    return f",{msgspec.json.encode(found).decode()[1:-1]}," if found else None


def those_in(text: str) -> list[str]:
    """The values in a text that `several` made."""
    return msgspec.json.decode(f"[{text[1:-1]}]", type=list[str])


@dataclass(frozen=True, kw_only=True, slots=True)
class ListView:
    """A list of a read model's rows, the newest stream first.

    A row belongs to one stream of `kind`, whose id is in the column `key`; the column `leaf` holds
    the leaf index of its first event, for its reference and the order. `path` is the name in routes
    and commands ("risks"); `title` and `lead` head the page. Rows may be about an incident: `about`
    names that of a row, as it was named, and `words` are the columns that tell of it.
    """

    kind: str
    key: str
    path: str
    title: str
    lead: str
    columns: tuple[ListColumn, ...]
    about: str = ""
    words: tuple[str, ...] = ()

    @property
    def indexes(self) -> tuple[tuple[str, ...], ...]:
        """The indexes of its queries: by leaf, and by each filter and leaf."""
        equal = (each.name for each in self.columns if each.filters and not each.one)
        return (("leaf",), *((name, "leaf") for name in equal))

    @property
    def filters(self) -> dict[str, type[Labelled] | None]:
        """The filters of the list by their names, with their vocabularies."""
        return {each.filter_name: each.vocabulary for each in self.columns if each.filters}

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the filters that have the names of their columns."""
        return {each.name: each.label for each in self.columns if each.filters and not each.one}
