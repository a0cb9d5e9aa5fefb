"""The check of the points that a store keeps for judging against the measurements of a log.

A measurement whose point is not kept, and lies before the follower's position, breaches nothing and
fires nothing.
"""

from collections.abc import Collection
from typing import NamedTuple, cast
from uuid import UUID

from msgspec.structs import replace

from consumers.maintenance.followed import Followed
from consumers.reactor import judging
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.domain.judging.points import Point, point_of
from ledger.domain.metric import Measured, MetricEvent, Retracted
from ledger.store.port import Entry, Store

_TYPES = frozenset({Measured.name, Retracted.name})


class _Recorded(NamedTuple):
    """A point that an event of the log gave a measurement, or None where it took it back."""

    measurement: UUID
    leaf: int
    point: Point | None

    def is_kept_in(self, kept: Point | None) -> bool:
        """Whether what is kept is that, or what a later event made of it."""
        if self.point is None:  # an evaluation has no point to take back
            return kept is None or kept.retracted or kept.leaf > self.leaf
        if kept is None or kept.leaf < self.leaf:
            return False
        judged = {"late": kept.late, "old": kept.old, "retracted": kept.retracted}
        return kept.leaf > self.leaf or kept == replace(self.point, **judged)


class Points(Followed[_Recorded]):
    """Compares the points of measurements that the judging process had read."""

    more = "More measurements are not kept for judging."

    def __init__(self, store: Store) -> None:
        super().__init__(store, judging.NAME)

    def recorded_in(self, entry: Entry) -> Collection[_Recorded]:
        """What an event says of a point; nothing where it is for none."""
        if entry.type not in _TYPES:
            return ()
        event = cast("MetricEvent", CODEC.decode(entry.stored, entry.leaf).event)
        measurement = uuid_of(entry.stream)
        if isinstance(event, Retracted):
            return (_Recorded(measurement, entry.leaf, None),)
        point = point_of(event, measurement, entry.leaf)
        return () if point is None else (_Recorded(measurement, entry.leaf, point),)

    def missing(self, recorded: Collection[_Recorded]) -> Collection[UUID]:
        """The measurements whose points are not kept as the log has them."""
        found = self.store.followers.points_of({each.measurement for each in recorded})
        kept = {measurement: each.point for measurement, each in found.items()}
        return [
            each.measurement for each in recorded if not each.is_kept_in(kept.get(each.measurement))
        ]

    def fault(self, subject: UUID) -> str:
        """What it means."""
        return (
            f"The measurement {subject} is not kept for judging as the log has it, so that "
            f"objectives and triggers are not judged by it: the follower {judging.NAME} has "
            "read past it."
        )
