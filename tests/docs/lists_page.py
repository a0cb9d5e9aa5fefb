"""docs/reference/lists.md: the sorts and the columns of every list, from the program."""

from collections.abc import Iterable, Mapping

from consumers.read_service.list_types import LISTS, ListType, timeline_list
from ledger.domain.incident.kind import INCIDENT
from ledger.store.side_ports import QUARANTINE_SORTS
from projections.queries.alerts import alert_sorts
from projections.queries.count_order import COUNT_SORTS
from projections.queries.counts import review_sorts
from projections.queries.incidents import sorts
from projections.queries.rca import clock_sorts

HEAD = """\
# Lists

<!-- Generated from the program by `python -m tests.docs.generate`; do not edit. -->

Every list has the same filters and sorts over [HTTP](http.md), in the [command line](cli.md) and on
its page; [Find and export incidents](../how-to/find-and-export.md) shows how they are used. The
filters stand with the routes. A sort is the name of a column, with `-` before it for the descending
order; an empty value comes first in the ascending one, and an unknown severity, step or owner last.

`format=csv` and `format=jsonl` export the whole list. The columns of CSV keep their names; a later
release may add others, so a program reads them by name. A field of a nested object has both names,
such as `rca_due_at`. A list of texts is one cell, separated by spaces; other lists and objects are
JSON. Times are RFC 3339 in UTC; what is absent is an empty cell. A text that begins with `=`, `+`,
`-`, `@`, a tab or a carriage return has an apostrophe before it. JSON Lines has the objects of
`items` in the API's answers, unchanged. The list of each kind of stream that has no list of its own
here has the columns of its page, after `id` and `reference`.
"""

SORTS: Mapping[str, Iterable[str]] = {
    "incidents": sorts(None, None, ()),
    "rca": clock_sorts(None, None, None, "", ()),
    "counts": COUNT_SORTS,
    "reviews": review_sorts(None, "", ()),
    "alerts": alert_sorts(None),
    "quarantine": QUARANTINE_SORTS,
}


def page() -> str:
    """The page."""
    return (
        HEAD
        + "".join(
            _section(of, f"GET /v1/{of.name}", SORTS.get(of.name, ())) for of in LISTS.values()
        )
        + _section(timeline_list(INCIDENT, "{ref}"), "GET /v1/incidents/{ref}/timeline", ())
    )


def _section(of: ListType, route: str, sorts: Iterable[str]) -> str:
    named = ", ".join(f"`{each}`" for each in sorts)
    order = f"Sorts: {named}." if named else "It has one order."
    columns = ", ".join(f"`{column.name}`" for column in of.columns)
    return f"\n## {of.name}\n\n`{route}`. {order}\n\nColumns: {columns}.\n"
