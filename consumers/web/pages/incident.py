"""The data of an incident's page: the incident, its timeline and its proof."""

import re
from collections.abc import Sequence
from itertools import groupby

import msgspec

from consumers import read_service
from consumers.container.ledger import Ledger
from consumers.read_service.incident_views import IncidentDetail
from consumers.read_service.records import applied_in
from consumers.read_service.streams import TimelineEntry
from consumers.read_service.wording import parts_with_times
from ledger.domain.incident import events as e
from ledger.transparency.merkle import leaf_hash
from projections import queries
from projections.queries.counts import ReviewFilters
from projections.queries.paging import MAX_LIMIT
from projections.values import time_text

SHORTEST_RUN = 4
MOST_IN_A_RUN = 500
_RUNS = {e.AlertLinked.name: "alerts joined", e.LinkedAlertResolved.name: "alerts ended"}
_LINKING = {e.Merged.name, e.Absorbed.name}
_LINK = re.compile(r"incident/([0-9a-f-]{36})")
_WEB = re.compile(r"(https?://\S+)$")


class TextSpan(msgspec.Struct, frozen=True):
    """A part of a sentence; with `href`, a link; or a time in RFC 3339."""

    text: str
    href: str | None = None
    is_time: bool = False


class TimelineGroup(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline: one event, or a run of similar events with a `summary`."""

    summary: str | None
    entries: list[TimelineEntry]
    hidden: int = 0


class IncidentPage(msgspec.Struct, frozen=True, kw_only=True):
    """The data of the page. `references` are of the incidents that the timeline links to.

    `groups` are a page of the timeline, from `cursor` to `next`. `reviewed`: its system's month
    launched a review.
    """

    incident: IncidentDetail
    groups: list[TimelineGroup]
    references: dict[str, str]
    leaf: int
    leaf_hash: str
    log_size: int
    reviewed: bool
    cursor: str | None = None
    next: str | None = None

    def spans(self, entry: TimelineEntry) -> list[TextSpan]:
        """An event's sentence, with links to other incidents and to a ticket on the web."""
        if entry.type == e.TicketOpened.name and (url := _WEB.search(entry.text)):
            return [TextSpan(entry.text[: url.start()]), TextSpan(url[1], url[1])]
        if entry.type == e.OwnerAssigned.name and entry.fields.get("owner"):
            return [TextSpan(f"{entry.text}: {entry.fields['owner']}")]
        if entry.type not in _LINKING or not (link := _LINK.search(entry.text)):
            parts = parts_with_times(entry.text)
            return [TextSpan(part, is_time=is_time) for part, is_time in parts]
        known = self.references.get(link[1], f"incident {link[1]}")
        return [
            TextSpan(entry.text[: link.start()]),
            TextSpan(known, f"/incidents/{link[1]}"),
            TextSpan(entry.text[link.end() :]),
        ]

    @property
    def applied(self) -> frozenset[int]:
        """The amendments that are shown in what they correct."""
        return applied_in(self.incident.records)

    @property
    def target(self) -> TextSpan | None:
        """The incident that this one was merged into."""
        into = self.incident.merged_into
        return TextSpan(self.references.get(into, into), f"/incidents/{into}") if into else None


def incident_page(ledger: Ledger, ref: str, cursor: str | None = None) -> IncidentPage:
    """The data of an incident's page. Raises NotFound, Invalid for an invalid cursor. Blocking."""
    incident = read_service.incidents.incident(ledger, ref)
    shown = read_service.incidents.timeline(ledger, incident.id, cursor=cursor, limit=MAX_LIMIT)
    timeline = shown.items
    state = ledger.store.log_state()
    leaf = int(incident.reference.removeprefix("INC-"))
    detection = ledger.store.read(leaf, 1)
    month = ReviewFilters(incident.month, incident.system)
    return IncidentPage(
        incident=incident,
        groups=group_timeline(timeline),
        references=_references(ledger, incident, timeline),
        leaf=leaf,
        leaf_hash=leaf_hash(detection[0].stored).hex() if detection else "",
        log_size=state.size if state else 0,
        reviewed=bool(
            queries.counts.reviews(ledger.views, month, now=time_text(ledger.now()), limit=1).rows
        ),
        cursor=cursor,
        next=shown.next,
    )


def group_timeline(timeline: Sequence[TimelineEntry]) -> list[TimelineGroup]:
    """Groups the timeline: a run of similar alert events becomes one group."""
    found: list[TimelineGroup] = []
    for kind, run in groupby(timeline, key=lambda entry: entry.type):
        entries = list(run)
        if kind in _RUNS and len(entries) >= SHORTEST_RUN:
            found.append(
                TimelineGroup(
                    summary=f"{len(entries)} {_RUNS[kind]}",
                    entries=entries[:MOST_IN_A_RUN],
                    hidden=max(0, len(entries) - MOST_IN_A_RUN),
                )
            )
        else:
            found += [TimelineGroup(summary=None, entries=[entry]) for entry in entries]
    return found


def _references(
    ledger: Ledger, incident: IncidentDetail, timeline: Sequence[TimelineEntry]
) -> dict[str, str]:
    named = {incident.merged_into} if incident.merged_into else set()
    for record in incident.records:
        named |= {record.fields[name] for name in ("into", "incident") if name in record.fields}
    for entry in timeline:
        if entry.type in _LINKING and (link := _LINK.search(entry.text)):
            named.add(link[1])
    return read_service.incidents.references_of(ledger, named)
