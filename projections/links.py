"""Which alerts were ever linked to which incident. One row an incident and alert."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`since` and `ended_at` are of the newest episode; `leaf` is where it was linked first."""
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
        case e.Absorbed(alerts=alerts):
            return tuple((incident, str(alert)) for alert in alerts)
        case _:
            return ()


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The link's row after an event."""
    event = recorded.event
    at = time_text(event.at)
    firing = not isinstance(event, e.LinkedAlertResolved)
    return {
        "incident": key[0],
        "alert": key[1],
        "leaf": row["leaf"] if row else recorded.leaf,
        "firing": firing,
        "since": at if firing else row["since"] if row else None,
        "ended_at": None if firing else at,
    }


LINKS = Projection(
    name="links",
    version=1,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    events=frozenset({e.AlertLinked, e.LinkedAlertResolved, e.Absorbed}),
)
