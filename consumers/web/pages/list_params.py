"""What a list's page was asked for: its filters, its order, its place, and the links from there.

The address says it all, so a page can be kept and sent; a value that cannot be is refused by name.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from ledger.errors import Invalid
from ledger.vocabulary import MONTH, Labelled
from projections.queries.paging import MAX_LIMIT

USUAL_LIMIT = 100


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list that has a page: its path, its name in a sentence, and what narrows it.

    A filter has a closed vocabulary or takes any text; `month` takes a month. `sort` is the usual
    order, where others can be asked for.
    """

    path: str
    name: str
    filters: Mapping[str, type[Labelled] | None]
    sort: str | None = None


class Choice(NamedTuple):
    """A value that a filter can be set to, and whether it is."""

    value: str
    label: str
    chosen: bool


class Field(NamedTuple):
    """A filter of the form, and its choices; where they are not all, another can be typed."""

    name: str
    choices: list[Choice]
    complete: bool = True

    @property
    def value(self) -> str:
        """What it is set to, or nothing."""
        return next((each.value for each in self.choices if each.chosen), "")


class ListParams(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list, as its address names it. `filters` holds None for what does not narrow."""

    listing: Listing
    filters: dict[str, str | None]
    sort: str | None
    cursor: str | None
    limit: int

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(self.filters.values())

    @property
    def _told(self) -> dict[str, str | None]:
        return {
            **self.filters,
            "sort": self.sort if self.sort != self.listing.sort else None,
            "limit": str(self.limit) if self.limit != USUAL_LIMIT else None,
        }

    def link(self, **changes: str | None) -> str:
        """The address of this view with some of it changed; it starts at its top again."""
        parts = {**self._told, **changes}
        given = urlencode({name: value for name, value in parts.items() if value})
        return f"{self.listing.path}?{given}" if given else self.listing.path

    def kept(self, fields: Iterable[Field]) -> list[tuple[str, str]]:
        """What the form sends along unseen: whatever is set, and has no field of its own."""
        shown = {field.name for field in fields}
        return [(name, value) for name, value in self._told.items() if value and name not in shown]

    def field(self, name: str, values: Collection[str] = (), *, complete: bool = True) -> Field:
        """A field of the form: its vocabulary's members, else `values` and what it is set to.

        `complete` tells whether these values are all that there are.
        """
        given, vocabulary = self.filters[name], self.listing.filters[name]
        if vocabulary is not None:
            members = [Choice(each.value, each.label, each == given) for each in vocabulary]
            return Field(name, members)
        added = [given] if given and given not in values else []
        choices = [Choice(each, each, each == given) for each in (*values, *added)]
        return Field(name, choices, complete)

    def order(self, column: str) -> str:
        """How the column is ordered, in the words of `aria-sort`."""
        sort = self.sort or ""
        if sort.removeprefix("-") != column:
            return "none"
        return "descending" if sort.startswith("-") else "ascending"

    def reordered(self, column: str) -> str:
        """The address ordered by the column: falling at first, then the other way round."""
        return self.link(sort=column if self.order(column) == "descending" else f"-{column}")


def list_params(listing: Listing, params: Mapping[str, str]) -> ListParams:
    """What a query string asks for; an empty field of the form asks for nothing. Raises Invalid."""
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


def _limit(listing: Listing, given: str | None) -> int:
    if given is None:
        return USUAL_LIMIT
    digits = given.lstrip("0")
    if not given.isdecimal() or not given.isascii() or not 1 <= len(digits) <= len(str(MAX_LIMIT)):
        raise _wrong(listing, "limit", given[:20], f"a number from 1 to {MAX_LIMIT}")
    if (limit := int(digits)) > MAX_LIMIT:
        raise _wrong(listing, "limit", given[:20], f"a number from 1 to {MAX_LIMIT}")
    return limit


def _wrong(listing: Listing, field: str, value: str, expected: str) -> Invalid:
    return Invalid(
        f"{listing.name} cannot be narrowed to {field} {value!r}.",
        errors=[(field, f"expected {expected}")],
        remedy="Open the whole list and choose among the values above it.",
    )
