"""Merging: two incidents turn out to be one. One event on each stream, in one append."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ledger.domain.incident.events import Absorbed, Merged, StaleAlert
from ledger.domain.incident.rules import require_open
from ledger.domain.incident.state import Incident
from ledger.errors import Refused

ALERTS_PER_EVENT = 1_000
STALE_WEIGHS = 4
"""A stale alert is recorded with two times, and has the size of so many that fire."""


def decide_merge(
    reason: str, *, source: UUID, merged: Incident, into: UUID, target: Incident, now: datetime
) -> tuple[tuple[Merged, ...], tuple[Absorbed, ...]]:
    """The events for the merged stream and for the target's. Both must be open and differ."""
    if source == into:
        raise Refused(
            "merge_into_itself",
            "An incident cannot be merged into itself.",
            remedy="Name another incident.",
        )
    require_open(merged)
    try:
        require_open(target)
    except Refused as refusal:
        raise Refused(
            "merge_target_not_open", f"The target: {refusal.message}", remedy=refusal.remedy
        ) from refusal
    if target.near_miss and not merged.near_miss:
        raise Refused(
            "merge_into_near_miss",
            "The target is a near miss and the incident is none: it would count nowhere.",
            remedy="Merge the near miss into the incident, or withdraw the near miss first.",
        )
    parts = tuple(_parts(merged))
    earlier = merged.started_at if _before(merged.started_at, target.started_at) else None
    stated_ongoing = target.end is None and not target.firing and not target.stale
    ended = None if stated_ongoing else merged.end
    return (
        (Merged(at=now, into=into, reason=reason),),
        tuple(
            Absorbed(
                at=now,
                incident=source,
                alerts=firing,
                impact_ended_at=ended,
                part=number,
                parts=len(parts),
                stale=stale or UNSET,
                resolved_at=merged.resolved_at or UNSET,
                started_at=earlier or UNSET,
                worst_severity=merged.worst_severity or UNSET,
            )
            for number, (firing, stale) in enumerate(parts, start=1)
        ),
    )


def _before(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one < other


def _parts(merged: Incident) -> Iterator[tuple[tuple[UUID, ...], tuple[StaleAlert, ...]]]:
    """The alerts that had not ended, as many at a time as one event holds: firing ones, stale."""
    firing = sorted(merged.firing)
    stale = [
        StaleAlert(alert=alert, last_heard_at=unheard.last_heard_at, marked_at=unheard.marked_at)
        for alert, unheard in sorted(merged.stale.items())
    ]
    while True:
        fires, firing = firing[:ALERTS_PER_EVENT], firing[ALERTS_PER_EVENT:]
        room = (ALERTS_PER_EVENT - len(fires)) // STALE_WEIGHS
        silent, stale = stale[:room], stale[room:]
        yield tuple(fires), tuple(silent)
        if not firing and not stale:
            return
