"""The series that a batch of events is judged by: as they are kept, with what the batch adds."""

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.alert import Signal
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, Recorded
from ledger.domain.identity import system_id
from ledger.domain.judging.points import Point
from ledger.domain.metric import Measured, MetricEvent, Retracted
from ledger.domain.system import SYSTEM, System
from ledger.execute import CausedCommand
from ledger.execute.requests import RecordSignals
from ledger.policy import Policy
from ledger.store.decoding import events_in
from ledger.store.port import Store
from ledger.store.side_records import MeasuredPoint

NEWEST = 100
"""So many of the newest points of a series are always read; a rule that lacks some asks for all."""


class Found(NamedTuple):
    """An event about a measurement, with the point that it made or took away, and the policy."""

    recorded: Recorded
    measured: Measured
    series: UUID
    point: Point
    policy: Policy
    digest: str

    @property
    def retracts(self) -> bool:
        """Whether it takes the point away."""
        return isinstance(self.recorded.event, Retracted)

    @property
    def at(self) -> datetime:
        """When what it calls for happens: at the end of what was measured, or by the retraction."""
        event = cast("MetricEvent", self.recorded.event)
        return event.at


class _Loaded(NamedTuple):
    since: datetime
    points: list[Point]


class SeriesOfBatch:
    """The points of series, and what a batch keeps and causes; it has read them from the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.commands: list[CausedCommand] = []
        self.bodies: list[RecordSignals] = []
        self._series: dict[UUID, _Loaded] = {}
        self._changed: dict[UUID, MeasuredPoint] = {}
        self._states: dict[str, Any] = {}

    @property
    def kept(self) -> Sequence[MeasuredPoint]:
        """The points that changed."""
        return tuple(self._changed.values())

    def points(self, series: UUID, since: datetime) -> list[Point]:
        """The points of a series, in order: those since a time, and some of the newest before."""
        loaded = self._series.get(series)
        if loaded is None or since < loaded.since:
            points = {
                point.measurement: point
                for point in self.store.followers.points(series, since=since, newest=NEWEST)
            }
            for changed in self._changed.values():
                points.pop(changed.point.measurement, None)
                if changed.series == series:
                    points[changed.point.measurement] = changed.point
            in_order = sorted(points.values(), key=lambda point: point.place)
            loaded = self._series[series] = _Loaded(since, in_order)
        return loaded.points

    def knows(self, point: Point) -> bool:
        """Whether it was read before: the log is read again, from an earlier position."""
        before = self._point(point.measurement)
        return before is not None and before.point.leaf >= point.leaf

    def add(self, series: UUID, point: Point, *, old: bool) -> Point:
        """Adds a point, which is `late` where the series has one that ends later."""
        before = self._point(point.measurement)
        points = self.points(series, point.until)
        if before is not None:
            self._take_out(before)
        last = max((each.until for each in points), default=point.until)
        point = replace(point, late=point.until < last, old=old)
        insort(points, point, key=lambda each: each.place)
        self._changed[point.measurement] = MeasuredPoint(series=series, point=point)
        return point

    def retract(self, measurement: UUID, leaf: int) -> MeasuredPoint | None:
        """Marks a point as retracted by the event of a leaf; None where there is none to mark.

        A measurement may have no point, or one that is retracted already, or one that a corrected
        mapping gave it later (where the log is read again).
        """
        before = self._point(measurement)
        if before is None or before.point.retracted or before.point.leaf > leaf:
            return None
        points = self.points(before.series, before.point.until)
        self._take_out(before)
        gone = replace(before.point, retracted=True)
        insort(points, gone, key=lambda each: each.place)
        self._changed[measurement] = MeasuredPoint(series=before.series, point=gone)
        return self._changed[measurement]

    def _point(self, measurement: UUID) -> MeasuredPoint | None:
        changed = self._changed.get(measurement)
        return changed or self.store.followers.points_of([measurement]).get(measurement)

    def _take_out(self, gone: MeasuredPoint) -> None:
        loaded = self._series.get(gone.series)
        if loaded is not None:
            loaded.points[:] = [
                each for each in loaded.points if each.measurement != gone.point.measurement
            ]

    def state(self, kind: str, subject: UUID) -> Any:
        """The state of a stream, with what this batch has caused."""
        stream = KINDS[kind].stream(subject)
        if stream not in self._states:
            entries = self.store.load({stream: 0})[stream]
            self._states[stream] = KINDS[kind].folded(events_in(entries))
        return self._states[stream]

    def system_at(self, name: str, leaf: int) -> System:
        """A system as the log had it at a leaf; one that was not registered is empty."""
        stream = SYSTEM.stream(system_id(name))
        entries = [each for each in self.store.load({stream: 0})[stream] if each.leaf <= leaf]
        state: System = SYSTEM.folded(events_in(entries))
        return state

    def cause(self, found: Found, kind: str, subject: UUID, command: msgspec.Struct) -> None:
        """Has a command of the ledger's own executed, with the batch."""
        self.commands.append(
            CausedCommand(
                kind=kind,
                subject=subject,
                command=command,
                correlation=found.recorded.correlation,
                causation=found.recorded.id,
                policy_digest=found.digest,
            )
        )

    def judge(
        self, found: Found, kind: str, subject: UUID, command: msgspec.Struct, event: Event
    ) -> None:
        """As `cause`, of a command that records this event."""
        self.cause(found, kind, subject, command)
        state = self.state(kind, subject)
        self._states[KINDS[kind].stream(subject)] = KINDS[kind].evolve(state, event)

    def signal(self, signal: Signal) -> None:
        """Has a signal taken as if its source had sent it."""
        self.bodies.append(RecordSignals(source=signal.source, signals=(signal,)))
