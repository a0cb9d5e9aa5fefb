"""Merging: two incidents turn out to be one. One event on each stream, in one append."""

from datetime import datetime
from uuid import UUID

from ledger.domain.incident.events import Absorbed, Merged
from ledger.domain.incident.rules import require_open
from ledger.domain.incident.state import Incident
from ledger.errors import Refused

ALERTS_PER_EVENT = 1_000


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
    alerts = sorted(merged.firing)
    starts = range(0, max(len(alerts), 1), ALERTS_PER_EVENT)
    parts = [tuple(alerts[start : start + ALERTS_PER_EVENT]) for start in starts]
    stated_ongoing = target.impact_ended_at is None and not target.firing
    ended = None if stated_ongoing else merged.impact_ended_at
    return (
        (Merged(at=now, into=into, reason=reason),),
        tuple(
            Absorbed(
                at=now,
                incident=source,
                alerts=part,
                impact_ended_at=ended,
                part=number,
                parts=len(parts),
            )
            for number, part in enumerate(parts, start=1)
        ),
    )
