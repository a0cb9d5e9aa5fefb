"""What the register's page shows: which incidents were asked for, and its links."""

import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from ledger.errors import Invalid
from ledger.vocabulary import Category, Severity, Status
from projections import queries
from projections.queries import Filters

USUAL_LIMIT = 100
SORTED_BY = ("reference", "system", "status", "detected_at", "rca_due")
"""The columns whose order says something; severity would be by its letters."""
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_VOCABULARIES: Mapping[str, type[StrEnum]] = {
    "category": Category,
    "severity": Severity,
    "status": Status,
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the register, as its address names it."""

    filters: Filters
    sort: str = queries.DEFAULT_SORT
    cursor: str | None = None
    limit: int = USUAL_LIMIT

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(self.filters)

    def chosen(self, name: str) -> str | None:
        """What a filter is set to."""
        value: str | None = getattr(self.filters, name)
        return value

    def link(self, **changes: str | None) -> str:
        """The address of this view with some of it changed; another order starts at its top."""
        parts: dict[str, str | None] = {
            **self.filters._asdict(),
            "sort": self.sort if self.sort != queries.DEFAULT_SORT else None,
            "limit": str(self.limit) if self.limit != USUAL_LIMIT else None,
            **changes,
        }
        given = urlencode({name: value for name, value in parts.items() if value})
        return f"/?{given}" if given else "/"

    def order(self, column: str) -> str:
        """How the column is ordered, in the words of `aria-sort`."""
        if self.sort.removeprefix("-") != column:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    def reordered(self, column: str) -> str:
        """The address ordered by the column: falling at first, then the other way round."""
        return self.link(sort=column if self.order(column) == "descending" else f"-{column}")


def asked(params: Mapping[str, str]) -> Asked:
    """What a query string asks for; an empty field of the form asks for nothing. Raises Invalid."""
    given = {name: value.strip() for name, value in params.items() if value.strip()}
    for name, vocabulary in _VOCABULARIES.items():
        if name in given and given[name] not in list(vocabulary):
            raise _wrong(name, given[name], f"one of {', '.join(vocabulary)}")
    month = given.get("month")
    if month is not None and _MONTH.fullmatch(month) is None:
        raise _wrong("month", month, "a month such as 2026-11")
    return Asked(
        filters=Filters(*(given.get(name) for name in Filters._fields)),
        sort=given.get("sort", queries.DEFAULT_SORT),
        cursor=given.get("cursor"),
        limit=_limit(given.get("limit")),
    )


def _limit(given: str | None) -> int:
    if given is None:
        return USUAL_LIMIT
    if not given.isdecimal() or not given.isascii() or not 1 <= int(given[:9]) <= queries.MOST:
        raise _wrong("limit", given, f"a number from 1 to {queries.MOST}")
    return int(given)


def _wrong(field: str, value: str, expected: str) -> Invalid:
    return Invalid(
        f"The register cannot be narrowed to {field} {value!r}.",
        errors=[(field, f"expected {expected}")],
        remedy="Choose another value above the register.",
    )
