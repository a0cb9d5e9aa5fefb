"""Notifications: who was to be told of what, and what came of it. One row a notification."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain import delivery as d
from ledger.domain.envelope import Recorded, id_of, kind_of
from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import DeliveryStatus, Notice
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `incident` the one it is about.

    `incident` is None for a review, a `source` and the quarantine.

    `due_at` is when it was to be told first: what quiet hours, a digest or an escalation hold back
    is due later than it was requested. `said` is the receipt of what was delivered, or why the last
    channel failed.
    """
    yield Column("delivery", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("notice", String, nullable=False)
    yield Column("incident", String)
    yield Column("source", String)
    yield Column("channel", String, nullable=False)
    yield Column("status", String, nullable=False)
    yield Column("requested_at", String, nullable=False)
    yield Column("due_at", String, nullable=False)
    yield Column("ended_at", String)
    yield Column("said", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The notification."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("d.DeliveryEvent", recorded.event)
    if isinstance(event, d.DeliveryRequested):
        is_incident = kind_of(event.about) == INCIDENT.kind
        return {
            "delivery": key[0],
            "leaf": recorded.leaf,
            "notice": event.notice.value,
            "incident": id_of(event.about) if is_incident else None,
            "source": event.source or None,
            "channel": event.channels[0],
            "status": DeliveryStatus.WAITING.value,
            "requested_at": time_text(event.at),
            "due_at": time_text(event.send_at or event.at),
            "ended_at": None,
            "said": None,
        }
    return {**(row or {}), **_changes(event)}


def _changes(event: d.DeliveryEvent) -> dict[str, Any]:
    match event:
        case d.Delivered():
            said = {"said": event.receipt, "ended_at": time_text(event.at)}
            return {"status": DeliveryStatus.DELIVERED.value, "channel": event.channel, **said}
        case d.DeliveryFailed():
            return {"status": DeliveryStatus.FAILING.value, "said": event.reason}
        case d.DeliveryPassedOn():
            return {"status": DeliveryStatus.WAITING.value, "channel": event.channel}
        case d.DeliveryGivenUp():
            said = {"said": event.reason, "ended_at": time_text(event.at)}
            return {"status": DeliveryStatus.GIVEN_UP.value, **said}
        case d.DeliveryNotNeeded():
            return {"status": DeliveryStatus.NOT_NEEDED.value, "ended_at": time_text(event.at)}
        case _:
            return {}


DELIVERIES = Projection(
    name="deliveries",
    version=3,
    kinds=frozenset({"delivery"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=ListView(
        kind="delivery",
        key="delivery",
        path="deliveries",
        title="Deliveries",
        lead="Who was told of what, and what came of it.",
        columns=(
            ListColumn(name="notice", label="Notice", vocabulary=Notice, filters=True),
            ListColumn(name="incident", label="Incident", cell=CellKind.INCIDENT),
            ListColumn(name="source", label="Source"),
            ListColumn(name="channel", label="Channel", filters=True),
            ListColumn(name="status", label="Status", vocabulary=DeliveryStatus, filters=True),
            ListColumn(name="requested_at", label="Requested", cell=CellKind.TIME),
            ListColumn(name="due_at", label="Due", cell=CellKind.TIME),
            ListColumn(name="ended_at", label="Ended", cell=CellKind.TIME),
            ListColumn(name="said", label="Receipt or reason"),
        ),
    ),
)
