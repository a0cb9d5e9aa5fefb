"""When it was not known how an alert went on, as a row of the alerts holds it.

From when a stale episode was last heard of until the alert is heard again, or ends. Of alerts that
belong to an incident: what opens none says nothing that counts.
"""

from collections.abc import Mapping
from typing import Any

from ledger.domain import alert as a
from ledger.policy.times import LAST
from projections.engine.projection import Row
from projections.values import time_text

GOES_ON = time_text(LAST)
"""The `unheard_until` of an alert that is stale."""


def changes(row: Row | None, event: a.AlertEvent) -> Mapping[str, Any]:
    """What an event changes in the columns `unheard` and `unheard_until`.

    Each of `unheard` has `since`, `until` (None while the alert is stale), `system` and `incident`.
    """
    match event:
        case _ if row is None:
            return {"unheard": [], "unheard_until": None}
        case a.AlertStale() if row["incident"] is not None:
            times = {"since": time_text(event.last_heard_at), "until": None}
            of = {"system": row["system"], "incident": row["incident"]}
            return {"unheard": [*row["unheard"], {**times, **of}], "unheard_until": GOES_ON}
        case a.AlertHeard() | a.AlertResolved() if row["unheard_until"] == GOES_ON:
            *before, last = row["unheard"]
            until = max(time_text(event.arrived_at), last["since"])
            return {"unheard": [*before, {**last, "until": until}], "unheard_until": until}
        case _:
            return {}
