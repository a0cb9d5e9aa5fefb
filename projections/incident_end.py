"""Why work on an incident ended, as a row of the register holds it."""

from datetime import datetime
from typing import Any

from msgspec import convert

from ledger.domain.incident import events as e
from ledger.domain.incident.written import place_of
from projections.engine.projection import Row
from projections.values import amended_text, plain_text, time_text


def changes(row: Row, event: e.IncidentEvent, version: int) -> dict[str, Any]:
    """What an event changes in the column `ended`: of a merge, a dismissal or a closing.

    It holds the event's `version`, its time `at` and the `reason`, both as they are corrected, and
    is empty while the incident is open.
    """
    match event:
        case e.Merged() | e.Dismissed() | e.Closed():
            reason = plain_text(event.reason or None)
            return {"ended": {"version": version, "at": time_text(event.at), "reason": reason}}
        case e.Reopened():
            return {"ended": {}}
        case e.Amended() if row["ended"]:
            return _corrected(row["ended"], event)
        case _:
            return {}


def _corrected(ended: dict[str, Any], event: e.Amended) -> dict[str, Any]:
    place = place_of(event.field)
    if place is None or place.number != ended["version"] or place.field not in ended:
        return {}
    text = amended_text(event)
    if place.field == "at" and text is not None:
        text = time_text(convert(text, datetime))
    return {"ended": {**ended, place.field: text}}
