"""An evaluation of a version is indexed for its releases, in the append of the measurement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET

from ledger.domain.envelope import id_of
from ledger.domain.evaluations import (
    EvaluationRecorded,
    EvaluationRetracted,
    Evaluations,
    evaluations_stream,
)
from ledger.domain.metric import commands as c
from ledger.domain.metric.decide import decide
from ledger.domain.metric.events import Measured
from ledger.domain.metric.state import Measurement
from ledger.domain.stream_type import Appended, Sender
from ledger.policy import Policy
from ledger.vocabulary import Purpose

States = Mapping[str, Any]


def index_of(command: c.RecordMeasurement) -> tuple[str, ...]:
    """The stream of what was evaluated of the version; none for what is no evaluation of one."""
    if command.purpose is not Purpose.EVALUATION or command.release is None:
        return ()
    return (evaluations_stream(command.system, command.release),)


def record(
    command: c.RecordMeasurement,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Records a measurement, and indexes it where it evaluates a version. Raises LedgerError."""
    state: Measurement = states[stream]
    decided = decide(command, state, policy, now)
    own = (Appended(stream, decided),) if decided else ()
    measured = next((each for each in decided if isinstance(each, Measured)), state.measured)
    for index in index_of(command):
        known: Evaluations = states[index]
        new = bool(decided) or (id_of(stream) not in known.known and not state.retracted)
        if measured is not None and new:
            return (*own, Appended(index, (_indexed(measured, stream, now),)))
    return own


def index_followed(_: c.RetractMeasurement, stream: str, states: States) -> tuple[str, ...]:
    """The stream in which the measurement that is retracted is indexed."""
    measured = states[stream].measured
    if measured is None or measured.purpose is not Purpose.EVALUATION or not measured.release:
        return ()
    return (evaluations_stream(measured.system, measured.release),)


def retract(
    command: c.RetractMeasurement,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Retracts a measurement, in the index as well."""
    decided = decide(command, states[stream], policy, now)
    if not decided:
        return ()
    retracted = EvaluationRetracted(at=now, measurement=id_of(stream))
    return (
        Appended(stream, decided),
        *(
            Appended(index, (retracted,))
            for index in index_followed(command, stream, states)
            if id_of(stream) in states[index].known
        ),
    )


def _indexed(measured: Measured, stream: str, now: datetime) -> EvaluationRecorded:
    """No later than now: by a clock that is ahead it would be of artefacts that come later."""
    standard = measured.standard_value
    return EvaluationRecorded(
        at=min(measured.at, now),
        system=measured.system,
        version=measured.release or "",
        measurement=id_of(stream),
        metric=measured.metric,
        value=measured.value if standard is UNSET else standard,
        unit=measured.standard_unit,
        direction=measured.direction,
        n=measured.n,
        segment=measured.segment,
    )
