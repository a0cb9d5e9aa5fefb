"""Staleness: an open episode without a repeat for `stale_after`; whether it goes on is unknown."""

from datetime import datetime, timedelta
from uuid import UUID

from ledger.domain.alert import Alert, AlertFired, AlertHeard, AlertResolved, AlertStale
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import STALE, LinkedAlertResolved
from ledger.domain.incident.state import Incident
from ledger.domain.signal_state import StreamEvent
from ledger.vocabulary import SourceKind


def mark_stale(
    alert: UUID,
    state: Alert,
    linked: tuple[UUID, Incident] | None,
    *,
    last_heard_at: datetime,
    stale_after: timedelta,
    now: datetime,
) -> tuple[StreamEvent, ...]:
    """The events that make an episode's part in its incident's impact unknown.

    Nothing where it was seen within `stale_after`: the deadline may be older than that.
    """
    stale_at = last_heard_at + stale_after
    if not state.firing or state.stale or now < stale_at:
        return ()
    stale = AlertStale(at=stale_at, last_heard_at=last_heard_at)
    changes = (StreamEvent(stream_id("alert", alert), stale),)
    if linked is None or alert not in linked[1].firing:
        return changes
    ended = LinkedAlertResolved(at=last_heard_at, alert=alert, basis=STALE, marked_at=now)
    return (*changes, StreamEvent(stream_id("incident", linked[0]), ended))


def _fired(event: AlertFired) -> datetime | None:
    """Senders that send each change once repeat nothing: their silence says nothing."""
    sends_once = isinstance(event.kind, SourceKind) and not event.kind.repeats
    return None if sends_once else event.arrived_at


STALENESS = DeadlineType(
    name="alert",
    kind="alert",
    label="alert",
    finds="stale",
    sets={AlertFired: _fired, AlertHeard: lambda event: event.arrived_at},
    ends=frozenset({AlertResolved}),
    grace=lambda policy: policy.alerts.shortest_stale_after,
)
"""The deadline of an open episode that has to be seen again before it is stale."""
