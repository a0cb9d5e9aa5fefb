"""Public views of the rows of generic lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consumers.access.people import display_names
from consumers.access.texts import filled
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.filters import owners_named
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from consumers.read_service.records import named
from consumers.read_service.withholding import readable_about
from ledger.domain.catalogue import KINDS
from projections.engine.listing import CellKind, ListView
from projections.engine.projection import Projection, Row
from projections.queries import lists
from projections.queries.restricted import Readable
from projections.queries.whole import whole

ListItem = dict[str, Any]
"""A row: `id`, `reference`, and the list's columns, with people by their names."""


def list_items(
    ledger: Ledger,
    projection: Projection,
    view: ListView,
    filters: Mapping[str, str | None],
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[ListItem]:
    """Rows that match every filter, the newest stream first unless sorted otherwise.

    Raises Invalid. Blocking.
    """
    wanted = _wanted(ledger, view, filters)
    page = lists.list_rows(
        ledger.views,
        projection,
        wanted,
        sort=sort,
        cursor=cursor,
        limit=limit,
        readable=_readable(ledger, view, sort),
    )
    return Items(items=_items(ledger, view, page.rows), next=page.next)


def whole_list(
    ledger: Ledger,
    projection: Projection,
    view: ListView,
    filters: Mapping[str, str | None],
    *,
    sort: str | None = None,
) -> Iterator[list[ListItem]]:
    """Every matching row in batches; see `projections.queries.whole`. Blocking."""
    wanted, readable = _wanted(ledger, view, filters), _readable(ledger, view, sort)
    plan = lists.list_plan(projection, wanted, sort, readable)
    return (_items(ledger, view, rows) for rows in whole(ledger.views, plan))


def incident_references(
    ledger: Ledger, view: ListView, items: Sequence[ListItem]
) -> dict[str, str]:
    """The references of the incidents in the items' INCIDENT cells, by id. Blocking."""
    ids = incidents_in(view, items)
    return references_of(ledger, ids) if ids else {}


def incidents_in(view: ListView, items: Sequence[ListItem]) -> set[str]:
    """The ids of the incidents in the items' INCIDENT cells."""
    names = [column.name for column in view.columns if column.cell is CellKind.INCIDENT]
    return {item[name] for item in items for name in names if item[name] is not None}


def _readable(ledger: Ledger, view: ListView, sort: str | None) -> Readable:
    """The systems whose restricted incidents' words have a place in the order; None for all."""
    return ledger.reader.systems if (sort or "").lstrip("-") in view.words else None


def _wanted(ledger: Ledger, view: ListView, filters: Mapping[str, str | None]) -> lists.Filters:
    """The filters, with the ids of a person for his name."""
    people = {each.filter_name for each in view.columns if each.person}
    if not any(filters.get(name) for name in people):
        return filters
    return {
        name: owners_named(ledger.store, value) if name in people else value
        for name, value in filters.items()
    }


def _items(ledger: Ledger, view: ListView, rows: Sequence[Row]) -> list[ListItem]:
    names, seen = display_names(ledger.store), readable_about(ledger, view, rows)
    return filled(ledger.store, [_item(view, row, names) for row in seen])


def _item(view: ListView, row: Row, names: Mapping[str, str]) -> ListItem:
    return {
        "id": row[view.key],
        "reference": reference(row["leaf"], KINDS[view.kind]),
        **{column.name: named(row[column.name], names) for column in view.columns},
    }
