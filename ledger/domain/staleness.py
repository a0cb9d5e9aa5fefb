"""An open episode that nobody heard of for too long: whether it goes on is not known since then."""

from datetime import datetime, timedelta
from uuid import UUID

from ledger.domain.alert import Alert, AlertStale
from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import STALE, LinkedAlertResolved
from ledger.domain.incident.state import Incident
from ledger.domain.standing import Change


def mark_stale(
    alert: UUID,
    state: Alert,
    linked: tuple[UUID, Incident] | None,
    *,
    last_heard_at: datetime,
    stale_after: timedelta,
    now: datetime,
) -> tuple[Change, ...]:
    """The events that make an episode's part in its incident's impact unknown.

    None where it was heard of within `stale_after`, for the clock may have looked before that.
    """
    stale_at = last_heard_at + stale_after
    if not state.firing or state.stale or now < stale_at:
        return ()
    stale = AlertStale(at=stale_at, last_heard_at=last_heard_at)
    changes = (Change(stream_id("alert", alert), stale),)
    if linked is None or alert not in linked[1].firing:
        return changes
    ended = LinkedAlertResolved(at=last_heard_at, alert=alert, basis=STALE, marked_at=now)
    return (*changes, Change(stream_id("incident", linked[0]), ended))
