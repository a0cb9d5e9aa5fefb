"""The lists that API, pages and command line share: a page of each, and the whole in batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.container.ledger import Ledger
from consumers.exports.cells import CsvColumn, columns_of
from consumers.read_service import filters as f
from consumers.read_service import incidents
from consumers.read_service.items import Items


@dataclass(frozen=True, kw_only=True)
class ListType:
    """A list: its name in routes and files, and the columns of its CSV.

    `page` takes the filters by name, a sort, a cursor and a limit; `batches` the filters and a
    sort. Both raise Invalid, which names the parameter, and are blocking.
    """

    name: str
    columns: Sequence[CsvColumn]
    page: Callable[[Ledger, f.Given, str | None, str | None, int | None], Items[Any]]
    batches: Callable[[Ledger, f.Given, str | None], Iterator[Sequence[Any]]]


def pages(
    page: Callable[[str | None], Items[Any]],
) -> Iterator[Sequence[Any]]:
    """A list page by page, for an order of values that never change."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield found.items
        if (cursor := found.next) is None:
            return


INCIDENTS = ListType(
    name="incidents",
    columns=columns_of(incidents.IncidentView),
    page=lambda ledger, given, sort, cursor, limit: incidents.register(
        ledger, f.incident_filters(ledger, given), sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: incidents.whole_register(
        ledger, f.incident_filters(ledger, given), sort=sort
    ),
)

LISTS: Mapping[str, ListType] = {each.name: each for each in (INCIDENTS,)}
