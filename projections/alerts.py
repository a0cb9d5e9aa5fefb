"""Every recorded alert, and the state of its newest episode. One row per alert."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, Integer, String

from ledger.domain import alert as a
from ledger.domain.envelope import Recorded
from ledger.vocabulary import AlertState
from projections import unheard
from projections.alert_context import alert_context
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.values import plain_text, subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`incident` is the one that the newest episode was last linked to.

    `last_heard_at` is set only for a stale alert. `episodes` counts those seen firing; `leaf` is of
    the newest event, for the order of a list. `context` is what it brings for those who work on it
    (see `projections.alert_context`). `unheard` has the times in which it was not known how it went
    on, `unheard_until` the end of the newest one (see `projections.unheard`).
    """
    yield Column("alert", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("source", String, nullable=False)
    yield Column("dedup_key", String, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("severity", String)
    yield Column("state", String, nullable=False)
    yield Column("incident", String)
    yield Column("rule", String)
    yield Column("started_at", String)
    yield Column("ended_at", String)
    yield Column("stale_since", String)
    yield Column("last_heard_at", String)
    yield Column("episodes", Integer, nullable=False)
    yield Column("context", Sparse(dict))
    yield Column("unheard", Sparse(list))
    yield Column("unheard_until", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The alert. A late copy changes nothing."""
    return () if isinstance(recorded.event, a.AlertLateRecorded) else ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The alert's row after one of its events."""
    event = cast("a.AlertEvent", recorded.event)
    before = row or {"alert": key[0], "episodes": 0}
    changed = {**_changes(row, event, recorded), **unheard.changes(row, event)}
    return {**before, "leaf": recorded.leaf, **changed}


def _changes(row: Row | None, event: a.AlertEvent, recorded: Recorded) -> dict[str, Any]:
    match event:
        case a.AlertFired():
            return {
                **_described(event.alert, event.sender),
                "state": AlertState.FIRING.value,
                "incident": _id(event.incident),
                "rule": event.rule,
                "started_at": time_text(event.at),
                "ended_at": None,
                "stale_since": None,
                "last_heard_at": None,
                "episodes": (row["episodes"] if row else 0) + 1,
            }
        case a.AlertChanged():
            return {
                **_described(event.alert, event.sender),
                "incident": _id(event.incident),
                "rule": event.rule,
            }
        case a.AlertResolved():
            ended = {
                "state": AlertState.RESOLVED.value,
                "ended_at": time_text(event.at),
                "stale_since": None,
                "last_heard_at": None,
            }
            if row is not None:
                return ended
            if event.alert is None:
                raise ValueError(
                    f"{recorded.stream} is resolved at leaf {recorded.leaf} without details"
                )
            unseen = {"incident": None, "rule": None, "started_at": None}
            return {**_described(event.alert, event.sender), **unseen, **ended}
        case a.AlertStale():
            return {
                "state": AlertState.STALE.value,
                "stale_since": time_text(event.at),
                "last_heard_at": time_text(event.last_heard_at),
            }
        case a.AlertHeard():
            return {
                "state": AlertState.FIRING.value,
                "incident": _id(event.incident),
                "stale_since": None,
                "last_heard_at": None,
            }
        case a.AlertLateRecorded():
            return {}


def _described(alert: a.AlertDetails, sender: a.Sender) -> dict[str, Any]:
    return {
        "source": alert.source,
        "dedup_key": alert.dedup_key,
        "title": plain_text(alert.title),
        "system": alert.system,
        "severity": alert.severity,
        "context": alert_context(alert, sender),
    }


def _id(incident: object) -> str | None:
    return None if incident is None else str(incident)


ALERTS = Projection(
    name="alerts",
    version=4,
    kinds=frozenset({"alert"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("leaf",), ("state", "leaf"), ("incident",)),
    sparse_indexes=(("unheard_until",),),
)
