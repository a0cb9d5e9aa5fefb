"""The lists that API, pages and command line share: a page of each, and the whole in batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.exports.cells import CsvColumn, columns_of, mapping_columns
from consumers.read_service import alerts, counts, incidents, lists, quarantine, rca
from consumers.read_service import filters as f
from consumers.read_service.incident_views import IncidentView
from consumers.read_service.items import Items
from consumers.read_service.streams import TimelineEntry, stream_timeline
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.errors import Invalid
from ledger.store.side_records import Quarantined
from ledger.vocabulary import YesNo
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.paging import MAX_LIMIT
from projections.queries.whole import ROWS_PER_BATCH


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


_UNTOLD: f.Given = {"untold": YesNo.YES}
INCIDENTS = ListType(
    name="incidents",
    columns=columns_of(IncidentView),
    page=lambda ledger, given, sort, cursor, limit: incidents.register(
        ledger, f.incident_filters(ledger, given), sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: incidents.whole_register(
        ledger, f.incident_filters(ledger, given), sort=sort
    ),
)
UNTOLD = replace(
    INCIDENTS,
    name="untold",
    page=lambda ledger, given, sort, cursor, limit: INCIDENTS.page(
        ledger, {**given, **_UNTOLD}, sort, cursor, limit
    ),
    batches=lambda ledger, given, sort: INCIDENTS.batches(ledger, {**given, **_UNTOLD}, sort),
)
RCA = ListType(
    name="rca",
    columns=columns_of(rca.RcaClock),
    page=lambda ledger, given, sort, cursor, limit: rca.clocks(
        ledger, f.rca_filters(ledger, given), sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: rca.whole_list(
        ledger, f.rca_filters(ledger, given), sort=sort
    ),
)
COUNTS = ListType(
    name="counts",
    columns=columns_of(counts.Count),
    page=lambda ledger, given, sort, cursor, limit: counts.monthly_counts(
        ledger, **given, sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: in_pages(
        lambda cursor: counts.monthly_counts(
            ledger, **given, sort=sort, cursor=cursor, limit=ROWS_PER_BATCH
        )
    ),
)
REVIEWS = ListType(
    name="reviews",
    columns=columns_of(counts.ReviewView),
    page=lambda ledger, given, sort, cursor, limit: counts.reviews(
        ledger, f.review_filters(ledger, given), sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: counts.whole_reviews(
        ledger, f.review_filters(ledger, given), sort=sort
    ),
)
ALERTS = ListType(
    name="alerts",
    columns=columns_of(alerts.AlertView),
    page=lambda ledger, given, sort, cursor, limit: alerts.list_alerts(
        ledger, f.alert_filters(ledger, given), sort=sort, cursor=cursor, limit=limit
    ),
    batches=lambda ledger, given, sort: alerts.whole_list(
        ledger, f.alert_filters(ledger, given), sort=sort
    ),
)
QUARANTINE = ListType(
    name="quarantine",
    columns=columns_of(Quarantined),
    page=lambda ledger, given, sort, cursor, limit: quarantine.entries(
        ledger.store, **given, sort=sort, cursor=cursor, limit=limit or MAX_LIMIT
    ),
    batches=lambda ledger, given, sort: in_pages(
        lambda cursor: quarantine.entries(
            ledger.store, **given, sort=sort, cursor=cursor, limit=ROWS_PER_BATCH
        )
    ),
)
LISTS: Mapping[str, ListType] = {
    each.name: each for each in (INCIDENTS, RCA, COUNTS, REVIEWS, ALERTS, QUARANTINE)
}
"""The lists with routes of their own, by name."""


def generic_list(projection: Projection, view: ListView) -> ListType:
    """The generic list of a read model."""
    return ListType(
        name=view.path,
        columns=mapping_columns(("id", "reference", *(each.name for each in view.columns))),
        page=lambda ledger, given, sort, cursor, limit: lists.list_items(
            ledger, projection, view, given, sort=sort, cursor=cursor, limit=limit
        ),
        batches=lambda ledger, given, sort: lists.whole_list(
            ledger, projection, view, given, sort=sort
        ),
    )


def timeline_list(kind: StreamType, ref: str) -> ListType:
    """The timeline of the stream that `ref` names, in log order."""

    def page(
        ledger: Ledger, given: f.Given, sort: str | None, cursor: str | None, limit: int | None
    ) -> Items[TimelineEntry]:
        require_no_sort(sort)
        if kind is INCIDENT:
            return incidents.timeline(ledger, ref, cursor=cursor, limit=limit)
        return stream_timeline(ledger, kind, stream_named(ledger.store, kind, ref))

    return ListType(
        name=f"{kind.kind}-timeline",
        columns=columns_of(TimelineEntry),
        page=page,
        batches=lambda ledger, given, sort: in_pages(
            lambda cursor: page(ledger, given, sort, cursor, ROWS_PER_BATCH)
        ),
    )


def in_pages(page: Callable[[str | None], Items[Any]]) -> Iterator[Sequence[Any]]:
    """A list page by page: a row whose place in the order changes meanwhile may be missed."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield found.items
        if (cursor := found.next) is None:
            return


def require_no_sort(sort: str | None) -> None:
    """Raises Invalid for a sort: the list has one order."""
    if sort is not None:
        raise Invalid(
            f"This list cannot be sorted by {sort!r}: it has one order.",
            errors=[("sort", "expected none")],
        )
