"""The parameters of a list's page: filters, order, cursor and limit, and the links to other pages.

The URL holds all of them, so that a page can be bookmarked; an invalid value is refused by name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from consumers.exports.formats import ExportFormat
from ledger.errors import Invalid
from ledger.vocabulary import MONTH, Labelled
from projections.queries.paging import MAX_LIMIT

USUAL_LIMIT = 100
LABELS: Mapping[str, str] = {"q": "Words", "from": "From (UTC)", "to": "To (UTC)"}
"""The labels of filters that their names do not give."""
TYPED = frozenset({"q", "from", "to"})
"""Filters that are typed, unless values are offered for them."""


class ListSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A list with a page: its path, its name in messages, and its filters.

    A filter has a closed vocabulary or accepts any text; `month` accepts a month. `sort` is the
    default order; None if the list has only one. `source` is the route that answers the same list
    to programs, with the same parameters but for filters that are `page_only`; `labels` are those
    of its filters where they are not their names.
    """

    path: str
    name: str
    filters: Mapping[str, type[Labelled] | None]
    sort: str | None = None
    source: str = ""
    page_only: frozenset[str] = frozenset()
    labels: Mapping[str, str] = msgspec.field(default_factory=lambda: LABELS)


class SetFilter(NamedTuple):
    """A filter that is set: its label, its value in words, and the link to the list without it."""

    label: str
    value: str
    without: str


class Choice(NamedTuple):
    """A value of a filter, and whether it is selected."""

    value: str
    label: str
    chosen: bool


class Field(NamedTuple):
    """A filter of the form with its choices; if these are not all, another can be typed."""

    name: str
    label: str
    choices: list[Choice]
    complete: bool = True

    @property
    def is_typed(self) -> bool:
        """Whether it is typed without any value to choose."""
        return self.name in TYPED and self.complete

    @property
    def value(self) -> str:
        """The selected value, or an empty string."""
        return next((each.value for each in self.choices if each.chosen), "")


class ListParams(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a page of a list. `filters` holds None for unused filters."""

    listing: ListSpec
    filters: dict[str, str | None]
    sort: str | None
    cursor: str | None
    limit: int

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return any(self.filters.values())

    @property
    def set_filters(self) -> list[SetFilter]:
        """The filters that are set, each of which can be cleared alone."""
        return [
            SetFilter(
                self._label(name),
                self._words(name, value),
                self.link(**{name: None}),
            )
            for name, value in self.filters.items()
            if value
        ]

    def _words(self, name: str, value: str) -> str:
        vocabulary = self.listing.filters[name]
        return value if vocabulary is None else vocabulary(value).label

    @property
    def exports(self) -> list[tuple[str, str]]:
        """The formats of the whole list, by name, with the links that keep filters and order."""
        if not self.listing.source:
            return []
        kept = {**self.filters, "sort": self.sort}
        page_only = self.listing.page_only
        given = {name: value for name, value in kept.items() if value and name not in page_only}
        return [
            (each.label, f"{self.listing.source}?{urlencode({**given, 'format': each.value})}")
            for each in ExportFormat
        ]

    @property
    def _query(self) -> dict[str, str | None]:
        return {
            **self.filters,
            "sort": self.sort if self.sort != self.listing.sort else None,
            "limit": str(self.limit) if self.limit != USUAL_LIMIT else None,
        }

    def link(self, **changes: str | None) -> str:
        """The URL of this list with some parameters changed; it starts at the first page."""
        parts = {**self._query, **changes}
        given = urlencode({name: value for name, value in parts.items() if value})
        return f"{self.listing.path}?{given}" if given else self.listing.path

    def hidden_fields(self, fields: Iterable[Field]) -> list[tuple[str, str]]:
        """The hidden fields of the form: parameters that are set and have no visible field."""
        shown = {field.name for field in fields}
        return [(name, value) for name, value in self._query.items() if value and name not in shown]

    def field(
        self,
        name: str,
        values: Collection[str] = (),
        *,
        labels: Mapping[str, str] | None = None,
        complete: bool = True,
    ) -> Field:
        """A field of the form: its vocabulary's members, else `values` and the selected value.

        `labels` are values with their labels; `complete` is whether these are all values.
        """
        given, vocabulary = self.filters[name], self.listing.filters[name]
        if vocabulary is not None:
            members = [Choice(each.value, each.label, each == given) for each in vocabulary]
            return Field(name, self._label(name), members)
        known = labels or dict.fromkeys(values)
        added = [given] if given and given not in known else []
        choices = [
            Choice(each, known.get(each) or each, each == given) for each in (*known, *added)
        ]
        typed = name in TYPED and complete
        label = self._label(name) if typed or name not in TYPED else _in_words(name)
        return Field(name, label, choices, complete)

    def _label(self, name: str) -> str:
        return self.listing.labels.get(name) or _in_words(name)

    def aria_sort(self, column: str) -> str:
        """The order of the column, as a value of `aria-sort`."""
        sort = self.sort or ""
        if sort.removeprefix("-") != column:
            return "none"
        return "descending" if sort.startswith("-") else "ascending"

    def sort_link(self, column: str) -> str:
        """The URL sorted by the column: descending first, then ascending."""
        return self.link(sort=column if self.aria_sort(column) == "descending" else f"-{column}")


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def list_params(listing: ListSpec, params: Mapping[str, str]) -> ListParams:
    """Parses a query string; an empty field of the form is ignored. Raises Invalid."""
    given = {name: value.strip() for name, value in params.items() if value.strip()}
    for name, vocabulary in listing.filters.items():
        if vocabulary is not None and name in given and given[name] not in list(vocabulary):
            raise _wrong(listing, name, given[name], f"one of {', '.join(vocabulary)}")
    month = given.get("month")
    if "month" in listing.filters and month and MONTH.fullmatch(month) is None:
        raise _wrong(listing, "month", month, "a month such as 2026-11")
    return ListParams(
        listing=listing,
        filters={name: given.get(name) for name in listing.filters},
        sort=given.get("sort", listing.sort) if listing.sort else None,
        cursor=given.get("cursor"),
        limit=_limit(listing, given.get("limit")),
    )


def _limit(listing: ListSpec, given: str | None) -> int:
    if given is None:
        return USUAL_LIMIT
    digits = given.lstrip("0")
    if not given.isdecimal() or not given.isascii() or not 1 <= len(digits) <= len(str(MAX_LIMIT)):
        raise _wrong(listing, "limit", given[:20], f"a number from 1 to {MAX_LIMIT}")
    if (limit := int(digits)) > MAX_LIMIT:
        raise _wrong(listing, "limit", given[:20], f"a number from 1 to {MAX_LIMIT}")
    return limit


def _wrong(listing: ListSpec, field: str, value: str, expected: str) -> Invalid:
    return Invalid(
        f"Invalid {field} for {listing.name[:1].lower()}{listing.name[1:]}: {value!r}.",
        errors=[(field, f"expected {expected}")],
        remedy="Open the list without filters and choose a value above it.",
    )
