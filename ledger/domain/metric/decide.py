"""The rules of measurements: each command gives the events that it causes."""

import math
from datetime import datetime, timedelta
from typing import Any, assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.metric import commands as c
from ledger.domain.metric import events as e
from ledger.domain.metric.state import Measurement
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.measuring import Measuring
from ledger.policy.times import after, in_utc

AHEAD = timedelta(minutes=1)
"""A measurement may end so long after the ledger's now: clocks differ."""
LARGEST_VALUE = 1e100
"""No value is further from 0, as it comes and in its metric's unit: sums of any stay numbers."""


def decide(
    command: c.MetricCommand, state: Measurement, policy: Policy, now: datetime
) -> tuple[e.MetricEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises LedgerError."""
    match command:
        case c.RecordMeasurement():
            return _record(command, state, policy.measuring, now)
        case c.RetractMeasurement():
            return () if state.retracted else (e.Retracted(at=now, reason=command.reason),)
        case _:
            assert_never(command)


def _record(
    command: c.RecordMeasurement, state: Measurement, measuring: Measuring, now: datetime
) -> tuple[e.MetricEvent, ...]:
    _require_readable(command, now)
    measured = _measured(command, measuring)
    before = state.measured
    if before is None:
        return (measured,)
    if _same(before, measured):
        return ()
    if state.retracted and before.mapping and before.mapping != measured.mapping:
        return (measured,)  # the file is read anew, by a mapping that was corrected
    raise Refused(
        "measurement_conflict",
        f"A measurement of that identity was recorded: {before.metric} was {before.value:g}"
        f"{f' {before.unit}' if before.unit else ''}"
        f"{', and was retracted' if state.retracted else ''}; this one says {measured.value:g}"
        f"{f' {measured.unit}' if measured.unit else ''}.",
        remedy="Retract the one on record, and send what is right under another id; a file is read "
        "again by a corrected mapping once its values were retracted.",
    )


def _require_readable(command: c.RecordMeasurement, now: datetime) -> None:
    if not math.isfinite(command.value):
        raise Invalid("The value is no number.", errors=[("value", "give a finite number")])
    _require_not_too_large(command.value)
    until = in_utc(command.until)
    if until > after(now, AHEAD):
        raise Invalid(
            f"The measurement ends at {until.isoformat()}, which is to come.",
            errors=[("until", "give a time that is not in the future")],
        )
    if command.since is not None and in_utc(command.since) > until:
        raise Invalid(
            "The measurement ends before it begins.", errors=[("since", "give a time before until")]
        )
    if command.n == 0:
        raise Refused(
            "no_samples",
            f"The measurement of {command.metric!r} is of no samples: it says nothing.",
            remedy="Send measurements of at least one sample; no data is never a value.",
        )


def _require_not_too_large(value: float) -> None:
    if not abs(value) <= LARGEST_VALUE:
        raise Invalid(
            f"The value {value:g} is further from 0 than {LARGEST_VALUE:g}.",
            errors=[("value", f"give a number from {-LARGEST_VALUE:g} to {LARGEST_VALUE:g}")],
        )


def _measured(command: c.RecordMeasurement, measuring: Measuring) -> e.Measured:
    given: dict[str, Any] = {
        field: value for field, value in asdict(command).items() if value is not None
    }
    for field in ("until", "since"):
        given.pop(field, None)
    if "id" in given:
        given["own_id"] = given.pop("id")
    metric = measuring.name_of(command.metric)
    origins = dict(command.origins)
    if metric != command.metric:
        given["metric_as_found"] = command.metric
    direction = command.direction or measuring.direction_of(metric)
    if direction is not None and command.direction is None:
        origins["direction"] = "policy"
    given |= _standard(command, metric, measuring)
    given |= {
        "metric": metric,
        "direction": direction or UNSET,
        "segment": c.labels_of(command.segment),
        "origins": dict(sorted(origins.items())),
        "since": UNSET if command.since is None else in_utc(command.since),
    }
    return e.Measured(at=in_utc(command.until), **given)


def _standard(
    command: c.RecordMeasurement, metric: str, measuring: Measuring
) -> dict[str, float | str]:
    """The value in the unit of its metric. Raises Refused for a unit that is not known."""
    if command.unit is None:
        return {}
    if not measuring.knows(command.unit):
        raise Refused(
            "unknown_unit",
            f"The policy has no unit {command.unit!r}, in which {metric!r} was measured.",
            remedy="Send it in a unit of the policy's [units], or adopt a policy that has this "
            "one.",
        )
    converted = measuring.converted(metric, command.value, command.unit)
    if converted is None:
        raise Refused(
            "unit_of_another_kind",
            f"{metric!r} is measured in {measuring.metrics[metric].unit}, to which "
            f"{command.unit!r} does not convert.",
            remedy="Send it in a unit that converts, or under the name of another metric.",
        )
    _require_not_too_large(converted.value)
    return {"standard_value": converted.value, "standard_unit": converted.unit}


def _same(before: e.Measured, measured: e.Measured) -> bool:
    """Whether they say the same; where each field came from may differ, and so may the policy."""
    return _stated(before) == _stated(measured)


RECEIVED = "receipt"
"""Where the time of a measurement is from, of which nothing says when it was."""
_BY_POLICY = ("origins", "standard_value", "standard_unit", "direction", "metric_as_found")


def _stated(measured: e.Measured) -> dict[str, Any]:
    stated = asdict(measured)
    stated["metric"] = measured.metric_as_found or measured.metric
    if measured.origins.get("measured_at") == RECEIVED:
        stated["at"] = None  # the file does not say when it was, and may come again
    for field in _BY_POLICY:
        stated.pop(field)
    return stated
