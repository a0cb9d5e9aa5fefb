"""Measurements: the values that metrics of AI systems had. Each is a stream of its own (ADR 46).

What was measured is identified by its own id, by its place in a file, or by what it is of; so it is
recorded once, however often it is sent. Source: runbook sections 4 and 6.
"""

from uuid import UUID

from ledger.domain.concern import Concern
from ledger.domain.identity import named, system_id
from ledger.domain.metric import evaluating
from ledger.domain.metric.commands import (
    MetricCommand,
    RecordMeasurement,
    RetractMeasurement,
    labels_of,
)
from ledger.domain.metric.decide import decide
from ledger.domain.metric.describing import describe
from ledger.domain.metric.events import Measured, MetricEvent, Retracted
from ledger.domain.metric.state import Measurement, evolve
from ledger.domain.segments import segment_text
from ledger.domain.stream_type import CommandType, StreamType, by_own_name, members
from ledger.policy.times import in_utc


def measurement_id(command: RecordMeasurement) -> UUID:
    """The stream of a measurement: by its own id, its place in a file, or what it is of."""
    system = str(system_id(command.system))
    if command.id is not None:
        return named("measurement", system, "id", command.id)
    if command.evidence is not None and command.path is not None:
        return named("measurement", system, "file", command.evidence, command.path)
    return named(
        "measurement",
        system,
        command.metric,
        labels_of(command.segment),
        in_utc(command.until).isoformat(),
        in_utc(command.since).isoformat() if command.since else None,
        command.purpose,
        command.release,
        command.model,
        command.dataset_digest,
    )


METRIC = StreamType(
    kind="metric",
    initial=Measurement(),
    evolve=evolve,
    events=members(MetricEvent),
    decide=decide,
    commands={
        "record": CommandType(
            body=RecordMeasurement,
            title="Record a measurement",
            done="recorded",
            opens=True,
            opens_as=measurement_id,
            arguments=("system", "metric", "value"),
            touches=lambda command: (command.system,),
            many=True,
            renames=by_own_name,
            checks=evaluating.index_of,
            decide_over=evaluating.record,
        ),
        "retract": CommandType(
            body=RetractMeasurement,
            done="retracted",
            arguments=("reason",),
            follows=evaluating.index_followed,
            decide_over=evaluating.retract,
        ),
    },
    label="measurement",
    plural="measurements",
    prefix="MSR",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)

__all__ = [
    "METRIC",
    "Measured",
    "Measurement",
    "MetricCommand",
    "MetricEvent",
    "RecordMeasurement",
    "RetractMeasurement",
    "Retracted",
    "decide",
    "describe",
    "evolve",
    "labels_of",
    "measurement_id",
    "segment_text",
]
