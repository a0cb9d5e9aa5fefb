"""The alerts ever linked to each incident. One row per incident and alert."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Event, Recorded
from ledger.domain.incident import events as e
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`since` and `ended_at` are of the newest episode; `leaf` is of the first link."""
    yield Column("incident", String, primary_key=True)
    yield Column("alert", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("firing", Boolean, nullable=False)
    yield Column("since", String)
    yield Column("ended_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident with each alert that the event names."""
    incident = subject(recorded)
    match recorded.event:
        case e.AlertLinked(alert=alert) | e.LinkedAlertResolved(alert=alert):
            return ((incident, str(alert)),)
        case e.Absorbed(alerts=alerts, stale=stale):
            unheard = tuple(each.alert for each in stale or ())
            return tuple((incident, str(alert)) for alert in (*alerts, *unheard))
        case _:
            return ()


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The link's row after an event."""
    event = recorded.event
    ended_at = _ended_at(event, key)
    firing = ended_at is None
    return {
        "incident": key[0],
        "alert": key[1],
        "leaf": row["leaf"] if row else recorded.leaf,
        "firing": firing,
        "since": time_text(event.at) if firing else row["since"] if row else None,
        "ended_at": None if ended_at is None else time_text(ended_at),
    }


def _ended_at(event: Event, key: Key) -> datetime | None:
    """When the alert's part ended or was last heard of; None while it fires."""
    match event:
        case e.LinkedAlertResolved(at=at):
            return at
        case e.Absorbed(stale=stale):
            alert = UUID(str(key[1]))
            unheard = (each.last_heard_at for each in stale or () if each.alert == alert)
            return next(unheard, None)
        case _:
            return None


INCIDENT_ALERTS = Projection(
    name="links",
    version=2,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset({e.AlertLinked, e.LinkedAlertResolved, e.Absorbed}),
)
