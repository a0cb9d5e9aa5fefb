"""The judging process: measurements breach objectives and fire triggers, each once.

What it finds is a function of the log up to a leaf, by the policy in force there. A breach opens an
incident through the door of alerts; a trigger proposes its action as an improvement.

Source: runbook sections 4 and 6.
"""

from collections.abc import Sequence
from typing import cast

from consumers.commands.policy_history import adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.reactor.judging_objectives import judge_objectives
from consumers.reactor.judging_series import Found, SeriesOfBatch
from consumers.reactor.judging_triggers import judge_triggers
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, uuid_of
from ledger.domain.judging.points import point_of, series_id
from ledger.domain.metric import Measured, MetricEvent, Retracted
from ledger.domain.policy import PolicyAdopted
from ledger.policy import Policy, parse_adopted
from ledger.store.port import Entry, Store

NAME = "judging"


class JudgingProcess:
    """Judges measurements, however often anything dies. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._follower = Follower(
            NAME,
            services,
            types=frozenset({Measured.name, Retracted.name}),
            process=self._process,
        )

    def catch_up(self) -> bool:
        """Judges all that is sealed; whether that caused events.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        adoptions = adopted(self._store)
        batch = SeriesOfBatch(self._store)
        for entry in entries:
            if entry.type in (Measured.name, Retracted.name):
                adoption = in_force_at(adoptions, entry.leaf).event
                _judge(CODEC.decode(entry.stored, entry.leaf), adoption, batch)
        return BatchResult(
            read=len(entries),
            kept=batch.kept,
            commands=batch.commands,
            bodies=batch.bodies,
        )


def _judge(recorded: Recorded, adoption: PolicyAdopted, batch: SeriesOfBatch) -> None:
    """Judges by the policy that was in force at the event."""
    found = _found(recorded, parse_adopted(adoption.text), adoption.digest, batch)
    if found is not None:
        judge_objectives(found, batch)
        judge_triggers(found, batch)


def _found(recorded: Recorded, policy: Policy, digest: str, batch: SeriesOfBatch) -> Found | None:
    """What an event did to a series; None where it is of none."""
    match cast("MetricEvent", recorded.event):
        case Measured() as measured:
            point = point_of(measured, uuid_of(recorded.stream), recorded.leaf)
            if point is None:
                return None
            if batch.knows(point):
                return None
            series = series_id(measured.system, measured.metric, measured.segment)
            limit = policy.alerts.backdate_limit
            old = limit is not None and recorded.recorded_at - point.until > limit
            point = batch.add(series, point, old=old)
            return Found(recorded, measured, series, point, policy, digest)
        case Retracted():
            before = batch.retract(uuid_of(recorded.stream), recorded.leaf)
            if before is None:
                return None
            measured = measured_in(batch.store, recorded.stream, recorded.leaf)
            return Found(recorded, measured, before.series, before.point, policy, digest)


def measured_in(store: Store, stream: str, leaf: int) -> Measured:
    """The newest value that a measurement had before a leaf."""
    values = [
        event
        for entry in store.load({stream: 0})[stream]
        if entry.leaf < leaf
        and isinstance(event := CODEC.decode(entry.stored, entry.leaf).event, Measured)
    ]
    return values[-1]


JUDGING = FollowerType(name=NAME, role="reactor", start=JudgingProcess)
