"""The queries of the command line: each is a route, and what answers it on an open ledger."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from consumers import read_service
from consumers.client.protocol import ListQuery, ViewQuery
from consumers.commands.references import incident_id, stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.alerts import AlertView
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.incidents import IncidentDetail, IncidentView
from consumers.read_service.items import Items
from consumers.read_service.list_types import INCIDENTS, ListType
from consumers.read_service.lists import ListItem, list_items
from consumers.read_service.quarantine import QuarantineEntry
from consumers.read_service.rca import RcaClock
from consumers.read_service.streams import TimelineEntry, stream_timeline
from consumers.read_service.trends import Trends
from consumers.read_service.views import view_of, view_type
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.store.side_records import Quarantined
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.rca import RcaFilters


def _alerts(ledger: Ledger, *, incident: str | None, **given: Any) -> Items[AlertView]:
    filters = {name: given.pop(name) for name in AlertFilters._fields if name in given}
    of = None if incident is None else str(incident_id(ledger.store, incident))
    return read_service.alerts.list_alerts(ledger, AlertFilters(**filters, incident=of), **given)


def _query(of: ListType, item: Any) -> ListQuery[Any]:
    def read(
        ledger: Ledger,
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        **given: Any,
    ) -> Items[Any]:
        return of.page(ledger, given, sort, cursor, limit)

    return ListQuery(path=f"/v1/{of.name}", item=item, read=read, whole=of)


def _filtered(read: Any, filters: Any) -> Any:
    """A read whose filters are one value."""

    def run(ledger: Ledger, **given: Any) -> Any:
        named = {name: given.pop(name) for name in filters._fields if name in given}
        return read(ledger, filters(**named), **given)

    return run


REGISTER: ListQuery[IncidentView] = _query(INCIDENTS, IncidentView)
RCA = ListQuery[RcaClock](
    path="/v1/rca", item=RcaClock, read=_filtered(read_service.rca.clocks, RcaFilters)
)
COUNTS = ListQuery[Count](path="/v1/counts", item=Count, read=read_service.counts.monthly_counts)
REVIEWS = ListQuery[ReviewView](
    path="/v1/reviews",
    item=ReviewView,
    read=_filtered(read_service.counts.reviews, ReviewFilters),
)
ALERTS = ListQuery[AlertView](path="/v1/alerts", item=AlertView, read=_alerts)
QUARANTINE = ListQuery[Quarantined](
    path="/v1/quarantine",
    item=Quarantined,
    read=lambda ledger, **given: read_service.quarantine.entries(ledger.store, **given),
)
QUARANTINED = ViewQuery[QuarantineEntry](
    path="/v1/quarantine/{ref}",
    view=QuarantineEntry,
    read=lambda ledger, ref: read_service.quarantine.entry(ledger.store, ref),
)
ONE_INCIDENT = ViewQuery[IncidentDetail](
    path="/v1/incidents/{ref}", view=IncidentDetail, read=read_service.incidents.incident
)

LISTED: Mapping[str, ListQuery[Any]] = {
    each.whole.name: each for each in (REGISTER,) if each.whole is not None
}
"""The lists that can be exported, by name."""


def listed(projection: Projection, view: ListView) -> ListQuery[ListItem]:
    """The generic list of a read model."""

    def read(
        ledger: Ledger, *, cursor: str | None = None, limit: int | None = None, **filters: Any
    ) -> Items[ListItem]:
        return list_items(ledger, projection, view, filters, cursor=cursor, limit=limit)

    return ListQuery(path=f"/v1/{view.path}", item=dict[str, Any], read=read)


def stream_of(kind: StreamType) -> ViewQuery[Any]:
    """The state of a stream: its kind's own view if it has one."""
    return ViewQuery(
        path=f"/v1/{kind.plural}/{{ref}}",
        view=view_type(kind),
        read=lambda ledger, ref: view_of(ledger, kind, stream_named(ledger.store, kind, ref)),
    )


def timeline_of(kind: StreamType, ref: str) -> ListQuery[TimelineEntry]:
    """The events of the stream that `ref` names, in log order."""

    def read(ledger: Ledger, **page: Any) -> Items[TimelineEntry]:
        if kind is INCIDENT:
            return read_service.incidents.timeline(ledger, ref, **page)
        return stream_timeline(ledger, kind, stream_named(ledger.store, kind, ref))

    path = f"/v1/{kind.plural}/{quote(ref, safe='')}/timeline"
    return ListQuery(path=path, item=TimelineEntry, read=read)


def trends_of(
    *, month: str | None, first: str | None, last: str | None, system: str | None
) -> ViewQuery[Trends]:
    """The trends of some months; the reference is not used."""
    given = {"month": month, "from": first, "to": last, "system": system}
    query = urlencode({name: value for name, value in given.items() if value})

    def read(ledger: Ledger, _: str) -> Trends:
        return read_service.trends.trends(
            ledger, month=month, first=first, last=last, system=system
        )

    return ViewQuery(path=f"/v1/trends?{query}", view=Trends, read=read)
