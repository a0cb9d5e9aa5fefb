"""An open episode nobody heard of for too long keeps no incident's impact going."""

from datetime import datetime
from uuid import UUID

from ledger.domain.alert import Alert, AlertStale
from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import LinkedAlertResolved
from ledger.domain.incident.state import Incident
from ledger.domain.signals import Change


def mark_stale(
    alert: UUID,
    state: Alert,
    linked: tuple[UUID, Incident] | None,
    *,
    last_heard_at: datetime,
    now: datetime,
) -> tuple[Change, ...]:
    """The events that end an episode's part in its incident without ending the episode."""
    if not state.firing or state.stale:
        return ()
    stale = AlertStale(at=now, last_heard_at=last_heard_at)
    changes = (Change(stream_id("alert", alert), stale),)
    if linked is None or alert not in linked[1].firing:
        return changes
    ended = LinkedAlertResolved(at=last_heard_at, alert=alert, basis="stale")
    return (*changes, Change(stream_id("incident", linked[0]), ended))
