"""Alerts that a source left out of a body: what they had to say is not known.

A source sends the alerts of a group in one body, and repeats it while any of them fires. So what
was left out is known with the next body of the group that leaves out none. Where none comes for as
long as the policy lets an alert go on without a repeat, the group is over.

Source: Alertmanager's and Grafana's webhooks, `truncatedAlerts`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from ledger.domain.alert.events import Sender
from ledger.domain.source.events import AlertsTruncated, LeftOutEnded
from ledger.domain.source.state import Source, group_of
from ledger.policy.times import after

COMPLETE, NOT_REPEATED = "complete", "not_repeated"
"""The `basis` of what ended a gap; see `LeftOutEnded`."""


def leave_out(
    state: Source, source: str, sender: Sender, *, missing: int, at: datetime
) -> AlertsTruncated:
    """The event that a body left out alerts."""
    before = state.left_out.get(group_of(source, sender))
    since = at if before is None else before.since
    return AlertsTruncated(at=at, source=source, sender=sender, missing=missing, since=since)


def find_complete(
    state: Source, source: str, sender: Sender, at: datetime
) -> tuple[LeftOutEnded, ...]:
    """The event that a body of a group left out none; nothing where none were left out before."""
    before = state.left_out.get(group_of(source, sender))
    if before is None:
        return ()
    ended_at = max(at, before.since)
    return (
        LeftOutEnded(at=ended_at, source=source, sender=sender, since=before.since, basis=COMPLETE),
    )


def find_not_repeated(
    state: Source,
    source: str,
    *,
    sent_at: Mapping[UUID, datetime],
    listening_since: datetime,
    stale_after: timedelta,
    now: datetime,
) -> tuple[LeftOutEnded, ...]:
    """The events that groups with alerts left out were not sent again for `stale_after`.

    `sent_at` is when each was last sent, as far as that is known.
    """
    found = []
    for group, each in state.left_out.items():
        last = max(each.last_at, sent_at.get(group, each.last_at), listening_since)
        ended_at = after(last, stale_after)
        if now >= ended_at:
            found.append(
                LeftOutEnded(
                    at=ended_at,
                    source=source,
                    sender=each.sender,
                    since=each.since,
                    basis=NOT_REPEATED,
                )
            )
    return tuple(found)
