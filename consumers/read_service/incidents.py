"""Public views of incidents."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.references import incident_id, reference
from consumers.container.ledger import Ledger
from consumers.read_service.acting import acting_words, role_labels
from consumers.read_service.context import MOST_ALERTS, context_of
from consumers.read_service.filters import owners_for
from consumers.read_service.incident_views import (
    IncidentDetail,
    IncidentView,
    RcaView,
    StepView,
)
from consumers.read_service.items import Items
from consumers.read_service.marks import withdrawn_marks
from consumers.read_service.rca_words import approval_of, preliminary_of
from consumers.read_service.records import MOST_RECORDS, named_fields, records_of
from consumers.read_service.streams import TimelineEntry
from consumers.read_service.texts import BARE, detail_with_texts, register_with_texts
from consumers.read_service.withholding import (
    as_readable,
    incidents_withheld,
    is_withheld,
    note_restricted,
    readable_in,
    withheld_alerts,
    withheld_row,
)
from ledger.domain.alert import ALERT
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import stream_id
from ledger.domain.incident import impact
from ledger.errors import NotFound
from ledger.store.read_records import ReadKind
from ledger.vocabulary import Impact, Status, step_name
from projections import queries
from projections.alerts import ALERTS
from projections.engine.projection import Projection, Row
from projections.incident_alerts import INCIDENT_ALERTS
from projections.queries.incident_links import (
    MAX_LINKED,
    LinkedAlerts,
    alerts_of,
    merge_targets,
)
from projections.queries.incidents import IncidentFilters
from projections.queries.records import records
from projections.queries.whole import whole
from projections.rca_status import rca_state
from projections.register import REGISTER, impact_of
from projections.timeline import TIMELINE, is_record
from projections.values import time_text


def register(
    ledger: Ledger,
    filters: IncidentFilters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[IncidentView]:
    """Incidents as they are now, the newest detection first unless sorted otherwise.

    Raises Invalid for an unknown sort or an invalid cursor.
    """
    page = queries.incidents.register(
        ledger.views,
        as_readable(ledger.reader, filters, sort, searches=bool(filters.q)),
        sort=sort,
        owners=owners_for(ledger.store, sort),
        cursor=cursor,
        limit=limit,
    )
    return Items(items=_listed(ledger, page.rows), next=page.next)


def whole_register(
    ledger: Ledger, filters: IncidentFilters, *, sort: str | None = None
) -> Iterator[list[IncidentView]]:
    """Every matching incident in batches; see `projections.queries.whole`. Blocking."""
    wanted = as_readable(ledger.reader, filters, sort, searches=bool(filters.q))
    plan = queries.incidents.register_plan(wanted, sort, owners_for(ledger.store, sort))
    return (_listed(ledger, rows) for rows in whole(ledger.views, plan))


def incident(ledger: Ledger, ref: str) -> IncidentDetail:
    """The incident with this reference or id. Raises NotFound."""
    row = queries.incidents.incident(ledger.views, str(incident_id(ledger.store, ref)))
    if row is None:
        raise NotFound(
            f"The incident {ref} is not in the register yet.",
            remedy="Try again in a moment; over HTTP, with at_least=<position>.",
        )
    of = row["incident"]
    if is_withheld(ledger.reader, row):
        return _detail(_views(ledger, [withheld_row(row)])[0], [], 0, [], {})
    if row["restricted"]:
        ledger.reader.note(ReadKind.INCIDENT, of)
    written = records(ledger.views, of, most=MOST_RECORDS)
    linked = queries.alerts.newest_linked(ledger.views, of, most=MOST_ALERTS)
    linked = withheld_alerts(ledger, linked, shown=of)
    found, rows, alerts = detail_with_texts(ledger.store, row, written.newest, linked)
    return _detail(
        _views(ledger, found)[0], rows, written.total, alerts, display_names(ledger.store)
    )


def timeline(
    ledger: Ledger, ref: str, *, cursor: str | None = None, limit: int | None = None
) -> Items[TimelineEntry]:
    """The events of an incident, in log order. Raises NotFound, Invalid for an invalid cursor.

    Of a restricted one that is noted first. Raises Unavailable.
    """
    of = str(incident_id(ledger.store, ref))
    if incidents_withheld(ledger, [of]):
        return Items(items=[], next=None)
    note_restricted(ledger, ReadKind.TIMELINE, of)
    page = queries.incidents.timeline(ledger.views, of, cursor=cursor, limit=limit)
    names, labels = display_names(ledger.store), role_labels(ledger.store)
    rows = filled_columns(ledger.store, page.rows, ("text", "fields"))
    return Items(items=[_entry(row, names, labels) for row in rows], next=page.next)


def references_of(ledger: Ledger, incidents: Collection[str]) -> dict[str, str]:
    """The references of these incidents; without those that are not in the register."""
    leaves = queries.incidents.leaves_of(ledger.views, incidents)
    return {incident: reference(leaf) for incident, leaf in leaves.items()}


def view_from_stream(ledger: Ledger, incident: UUID) -> IncidentDetail:
    """An incident folded from its stream: the view in a command's answer."""
    row, links, written = _folded(ledger, incident)
    if row is None:
        raise NotFound(f"There is no incident {incident}.", remedy="See airledger incidents.")
    harm = row
    while harm["merged_into"] is not None:
        target, _, _ = _folded(ledger, UUID(harm["merged_into"]))
        if target is None:
            break
        harm = target
    names, now = display_names(ledger.store), time_text(ledger.now())
    linked = LinkedAlerts(len(links), [key[1] for key in links][:MAX_LINKED])
    if is_withheld(ledger.reader, row):
        return _detail(_view(withheld_row(row), harm, linked, names, now, True), [], 0, [], {})
    if row["restricted"]:
        ledger.reader.note(ReadKind.INCIDENT, row["incident"])
    newest = sorted(links.values(), key=lambda link: (-link["leaf"], link["alert"]))[:MOST_ALERTS]
    brought = withheld_alerts(
        ledger, _alert_rows(ledger, [link["alert"] for link in newest]), shown=row["incident"]
    )
    [row], rows, alerts = detail_with_texts(ledger.store, row, written[-MOST_RECORDS:], brought)
    view = _view(row, harm, linked, names, now)
    return _detail(view, rows, len(written), alerts, names)


def row_from_stream(ledger: Ledger, incident: UUID) -> Row:
    """The register's row of an incident, folded from its stream. Raises NotFound."""
    row, _, _ = _folded(ledger, incident)
    if row is None:
        raise NotFound(f"There is no incident {incident}.", remedy="See airledger incidents.")
    return row


def _detail(
    view: IncidentView,
    rows: Sequence[Row],
    total: int,
    alerts: Sequence[Row],
    names: Mapping[str, str],
) -> IncidentDetail:
    """The view with what was written, and with what its alerts bring."""
    return IncidentDetail(
        **{name: getattr(view, name) for name in IncidentView.__struct_fields__},
        records=records_of(rows, names),
        records_total=total,
        context=context_of(alerts),
    )


def _alert_rows(ledger: Ledger, alerts: Sequence[str]) -> list[Row]:
    """The rows of alerts from their streams, in that order."""
    streams = [stream_id(ALERT.kind, UUID(alert)) for alert in alerts]
    loaded = ledger.store.load(dict.fromkeys(streams, 0)) if streams else {}
    found: dict[Any, Row] = {}
    for stream in streams:
        for entry in loaded[stream]:
            _fold(ALERTS, found, READERS_CODEC.decode(entry.stored, entry.leaf))
    return [found[alert,] for alert in alerts if (alert,) in found]


def _folded(ledger: Ledger, incident: UUID) -> tuple[Row | None, dict[Any, Row], list[Row]]:
    """The register's row, the links and the written events of an incident, from its stream."""
    row: Row | None = None
    links: dict[Any, Row] = {}
    written: list[Row] = []
    stream = stream_id("incident", incident)
    for entry in ledger.store.load({stream: 0})[stream]:
        recorded = READERS_CODEC.decode(entry.stored, entry.leaf)
        for key in REGISTER.keys(recorded):
            row = REGISTER.evolve(row, recorded, key)
        _fold(INCIDENT_ALERTS, links, recorded)
        if is_record(recorded.event):
            written += [TIMELINE.evolve(None, recorded, key) for key in TIMELINE.keys(recorded)]
    return row, links, written


def _listed(ledger: Ledger, rows: Sequence[Row]) -> list[IncidentView]:
    """The views of a part of the register."""
    return _views(ledger, readable_in(ledger.reader, rows, "incidents"))


def _views(ledger: Ledger, rows: Sequence[Row]) -> list[IncidentView]:
    """The views of rows as their reader may see them."""
    alerts = alerts_of(ledger.views, [row["incident"] for row in rows])
    merged = [row["incident"] for row in rows if row["merged_into"] is not None]
    targets = merge_targets(ledger.views, merged)
    names, at = display_names(ledger.store), time_text(ledger.now())
    return [
        _view(
            row,
            targets.get(row["incident"], row),
            alerts.get(row["incident"], LinkedAlerts()),
            names,
            at,
            is_withheld(ledger.reader, row),
        )
        for row in register_with_texts(ledger.store, rows)
    ]


def _view(
    row: Row,
    harm: Row,
    alerts: LinkedAlerts,
    names: Mapping[str, str],
    now: str,
    withheld: bool = False,
) -> IncidentView:
    """The view of a register row with its alerts, at `now` (RFC 3339).

    `harm` is the row with its impact: that of the incident it was merged into, else its own.
    """
    does = impact_of(harm)
    ended = harm["resolved_at"] or harm["impact_ended_at"]
    unknown = impact.latest(harm["unknown_since"], harm["impact_ended_at"])
    return IncidentView(
        **{name: row[name] for name in _SAME},
        id=row["incident"],
        reference=reference(row["leaf"]),
        impact=does,
        impact_ended_at=ended if does is Impact.ENDED else None,
        impact_unknown_since=unknown if does is Impact.UNKNOWN else None,
        alerts_firing=harm["firing"],
        owner=_name(row["owner"], names),
        steps={step: _step(step, state, names) for step, state in row["steps"].items()},
        source=names.get(row["source"], row["source"]),
        rca=RcaView(
            state=rca_state(row, due=row["rca_due"], completed_at=row["rca_completed_at"], now=now),
            due_at=row["rca_due"],
            completed_at=row["rca_completed_at"],
            verdict_at_due=row["verdict_at_due"],
            withdrawn=withdrawn_marks(row),
            **approval_of(row, names),
            preliminary=preliminary_of(row, names),
        ),
        alerts_linked=alerts.total,
        alerts=list(alerts.first),
        counts=bool(row["counts"]),
        near_miss=bool(row["near_miss"]),
        restricted=bool(row["restricted"]),
        acknowledged_by=_name(row["acknowledged_by"], names),
        withheld=withheld,
        triage=row["status"] == Status.OPEN and None in (row["severity"], row["category"]),
    )


_COMPUTED = frozenset(
    {
        *("steps", "impact_ended_at", "owner", "counts", "near_miss", "source", "restricted"),
        "acknowledged_by",
    }
)
_COLUMNS = {column.name for column in REGISTER.columns()}
_SAME = tuple(
    name for name in IncidentView.__struct_fields__ if name in _COLUMNS and name not in _COMPUTED
)
"""The fields that are the row's as they are."""


def _entry(row: Row, names: Mapping[str, str], labels: Mapping[str, str]) -> TimelineEntry:
    """A timeline row, with the actor's name."""
    fields = {name: row[name] for name in TimelineEntry.__struct_fields__}
    fields["actor"] = names.get(row["actor"], row["actor"])
    fields["fields"] = named_fields(row["fields"], names)
    fields["acting"] = acting_words(row["acting"], names, labels)
    return TimelineEntry(**fields)


def _fold(projection: Projection, rows: dict[Any, Row], recorded: Any) -> None:
    for key in projection.keys(recorded):
        rows[key] = projection.evolve(rows.get(key), recorded, key)


def _step(step: str, state: Mapping[str, Any], names: Mapping[str, str]) -> StepView:
    if state["at"] is None and len(state) == BARE:
        return _unmoved(step, state["state"])
    return StepView(
        state=state["state"],
        at=state["at"],
        by=_name(state["by"], names),
        label=state.get("label") or step_name(step),
        note=state.get("note"),
    )


@lru_cache(maxsize=256)
def _unmoved(step: str, state: str) -> StepView:
    """Nobody has done anything about the step: one view for all incidents."""
    return StepView(state=state, at=None, by=None, label=step_name(step))


def _name(actor: str | None, names: Mapping[str, str]) -> str | None:
    return names.get(actor, actor) if actor is not None else None
