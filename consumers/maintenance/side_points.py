"""The check of the points that a store keeps for judging against the measurements of a log.

A measurement whose point is not kept, and lies before the follower's position, breaches nothing and
fires nothing.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast
from uuid import UUID

from msgspec.structs import replace

from consumers.reactor import judging
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.domain.judging.points import Point, point_of
from ledger.domain.metric import Measured, MetricEvent, Retracted
from ledger.errors import LedgerError, UnknownEvent
from ledger.store.port import Entry, Store

MOST_NAMED = 20
"""The most measurements that are named."""
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


class Points:
    """Follows a log's events, and compares those that the follower of measurements had read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._missing: dict[UUID, None] = {}
        self._failed: LedgerError | None = None
        self._processed = 0
        try:
            self._processed = store.followers.position(judging.NAME)
        except LedgerError as error:
            self._failed = error

    def follow(self, entries: Sequence[Entry]) -> None:
        """Events in log order. Those that do not decode are the log's audit's to name."""
        if self._failed is not None or len(self._missing) > MOST_NAMED:
            return
        recorded = [found for found in map(self._read, entries) if found is not None]
        if not recorded:
            return
        try:
            kept = self._store.followers.points_of({each.measurement for each in recorded})
        except LedgerError as error:
            self._failed = error
            return
        for each in recorded:
            found = kept.get(each.measurement)
            if not each.is_kept_in(None if found is None else found.point):
                self._missing[each.measurement] = None

    def _read(self, entry: Entry) -> "_Recorded | None":
        """What an event says of a point; None where it is for none, or was not read yet."""
        if entry.leaf >= self._processed or entry.type not in _TYPES:
            return None
        try:
            event = cast("MetricEvent", CODEC.decode(entry.stored, entry.leaf).event)
        except (UnknownEvent, ValueError):
            return None
        measurement = uuid_of(entry.stream)
        if isinstance(event, Retracted):
            return _Recorded(measurement, entry.leaf, None)
        point = point_of(event, measurement, entry.leaf)
        return None if point is None else _Recorded(measurement, entry.leaf, point)

    def faults(self) -> Iterator[str]:
        """Measurements that are not kept for judging, in sentences. Raises LedgerError."""
        if self._failed is not None:
            raise self._failed
        for measurement in sorted(self._missing)[:MOST_NAMED]:
            yield (
                f"The measurement {measurement} is not kept for judging as the log has it, so that "
                f"objectives and triggers are not judged by it: the follower {judging.NAME} has "
                "read past it."
            )
        if len(self._missing) > MOST_NAMED:
            yield "More measurements are not kept for judging."
