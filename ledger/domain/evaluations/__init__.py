"""What was evaluated of a version of a system: an index of measurements, in their own append.

A decision reads one stream, and it is a precondition: what is measured or retracted meanwhile has
it decided again. Source: runbook section 5 (evaluation gate).
"""

from collections.abc import Mapping
from typing import ClassVar, assert_never

import msgspec
from msgspec import UNSET, UnsetType
from rpds import HashTrieMap

from ledger.domain.envelope import Event
from ledger.domain.identity import evaluations_id
from ledger.domain.stream_type import StreamType, members
from ledger.vocabulary import Direction


class EvaluationRecorded(Event, frozen=True, kw_only=True):
    """A version was measured; `at` is the end of what was measured.

    `value` is in `unit`, that of its metric. The rest is in the stream of the measurement.
    """

    name: ClassVar[str] = "evaluation.recorded.v1"

    system: str
    version: str
    measurement: str
    metric: str
    value: float
    unit: str | UnsetType = UNSET
    direction: Direction | UnsetType = UNSET
    n: int | UnsetType = UNSET
    segment: dict[str, str] = msgspec.field(default_factory=dict)


class EvaluationRetracted(Event, frozen=True, kw_only=True):
    """The measurement was wrong: nothing is judged by it any more."""

    name: ClassVar[str] = "evaluation.retracted.v1"

    measurement: str


EvaluationEvent = EvaluationRecorded | EvaluationRetracted


class Evaluations(msgspec.Struct, frozen=True, kw_only=True):
    """The evaluations that stand, by metric, in the order of the log; `known` by measurement."""

    by_metric: "HashTrieMap[str, tuple[EvaluationRecorded, ...]]" = HashTrieMap()
    known: "HashTrieMap[str, str]" = HashTrieMap()

    def latest(
        self, metric: str, segment: Mapping[str, str] | None = None
    ) -> Mapping[tuple[tuple[str, str], ...], EvaluationRecorded]:
        """The newest evaluation of each segment, or of one, by the end of what was measured."""
        found: dict[tuple[tuple[str, str], ...], EvaluationRecorded] = {}
        for each in self.by_metric.get(metric, ()):
            if segment is not None and each.segment != segment:
                continue
            place = tuple(sorted(each.segment.items()))
            before = found.get(place)
            if before is None or before.at <= each.at:
                found[place] = each
        return found


def evolve(state: Evaluations, event: EvaluationEvent) -> Evaluations:
    """The state after an event."""
    match event:
        case EvaluationRecorded():
            if event.measurement in state.known:
                state = _without(state, event.measurement)
            of = state.by_metric.get(event.metric, ())
            return Evaluations(
                by_metric=state.by_metric.insert(event.metric, (*of, event)),
                known=state.known.insert(event.measurement, event.metric),
            )
        case EvaluationRetracted():
            return _without(state, event.measurement)
        case _:
            assert_never(event)


def _without(state: Evaluations, measurement: str) -> Evaluations:
    metric = state.known.get(measurement)
    if metric is None:
        return state
    kept = tuple(each for each in state.by_metric[metric] if each.measurement != measurement)
    return Evaluations(
        by_metric=state.by_metric.insert(metric, kept), known=state.known.remove(measurement)
    )


def describe(event: EvaluationEvent) -> str:
    """What happened, for people."""
    match event:
        case EvaluationRecorded():
            unit = f" {event.unit}" if event.unit else ""
            return f"{event.metric} of {event.version} was {event.value:g}{unit}"
        case EvaluationRetracted():
            return f"Retracted: {event.measurement}"
        case _:
            assert_never(event)


EVALUATIONS = StreamType(
    kind="evaluation",
    initial=Evaluations(),
    evolve=evolve,
    events=members(EvaluationEvent),
    label="evaluations of a version",
    describe=describe,
)


def evaluations_stream(system: str, version: str) -> str:
    """The stream of what was evaluated of a version."""
    return EVALUATIONS.stream(evaluations_id(system, version))
