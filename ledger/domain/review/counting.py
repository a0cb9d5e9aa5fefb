"""Which month of which system an incident counts for: a fold of its stream.

Dismissed incidents and near misses do not count, a merged one counts once, in its target (runbook
section 6).
"""

import msgspec
from msgspec.structs import replace

from ledger.domain.incident import events as e
from ledger.vocabulary import Status

LEFT_OUT = frozenset({Status.MERGED, Status.DISMISSED})
"""Incidents in these states count for no month."""


class CountedIncident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's part in the count of its `system` and `month` (YYYY-MM).

    `counts` is what the policy said of its severity; False for a near miss.
    """

    system: str
    month: str
    counts: bool
    status: Status

    @property
    def counted(self) -> bool:
        """Whether it counts as it stands."""
        return self.counts and self.status not in LEFT_OUT


COUNTING_EVENTS: tuple[type[e.IncidentEvent], ...] = (
    e.IncidentDetected,
    e.Classified,
    e.Amended,
    e.Merged,
    e.Dismissed,
    e.Closed,
    e.Reopened,
    e.NearMissDeclared,
    e.NearMissWithdrawn,
)
"""The events that can change a member."""


def evolve(member: CountedIncident | None, event: e.IncidentEvent) -> CountedIncident | None:
    """The member after an event of its incident; None before the detection."""
    if isinstance(event, e.IncidentDetected):
        return CountedIncident(
            system=event.system, month=event.month, counts=event.counts, status=Status.OPEN
        )
    if member is None:
        return None
    match event:
        case e.Classified(counts=counts) if counts is not None:
            return replace(member, counts=counts)
        case e.Amended():
            return _amended(member, event)
        case e.Merged():
            return replace(member, status=Status.MERGED)
        case e.Dismissed():
            return replace(member, status=Status.DISMISSED)
        case e.Closed():
            return replace(member, status=Status.CLOSED)
        case e.Reopened():
            return replace(member, status=Status.OPEN)
        case e.NearMissDeclared():
            return replace(member, counts=False)
        case e.NearMissWithdrawn():
            return replace(member, counts=event.counts)
        case _:
            return member


def _amended(member: CountedIncident, event: e.Amended) -> CountedIncident:
    if event.field == "system" and isinstance(event.to, str):
        member = replace(member, system=event.to)
    if event.month is None or event.counts is None:
        return member
    return replace(member, month=event.month, counts=event.counts)
