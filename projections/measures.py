"""How long an incident took from its detection: until contained, until its end, until its RCA.

A time that nobody recorded is pending, that of a step that is not owed not applicable, and one that
lies before the detection invalid: none of them is a duration of 0. An import writes some incidents
down afterwards, with one time for all: a duration of 0 of these is invalid, too.

Source: runbook sections 7.1 and 7.5.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ledger.domain.incident import events as e
from ledger.domain.incident import impact
from ledger.vocabulary import Impact, Measure, Step, StepState

MEASURES = ("contain", "resolve", "rca")
"""The names of the measures; each has the columns `<name>_measure` and `<name>_us`."""
MEASURED = frozenset(f"{name}_{column}" for name in MEASURES for column in ("measure", "us"))
"""The columns of all measures."""
READ = (
    "detected_at",
    "steps",
    "firing",
    "stale",
    "impact_ended_at",
    "resolved_at",
    "rca_completed_at",
)
"""The columns of the register that the measures are made of."""
_NOT_OWED = frozenset({StepState.WAIVED, StepState.NOT_APPLICABLE})
_MICROSECOND = timedelta(microseconds=1)
_PENDING: tuple[Measure, int | None] = (Measure.PENDING, None)


def measures(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of all measures, of a row of the register.

    `<name>_us` is a duration in microseconds, None unless `<name>_measure` is recorded.
    """
    steps = row["steps"]
    found = {
        "contain": _of_step(row, steps[Step.CONTAIN], _done_at(steps[Step.CONTAIN])),
        "resolve": _of_impact(row),
        "rca": _of_rca(row, steps[Step.RCA]),
    }
    columns: dict[str, Any] = {}
    for name, (measure, span) in found.items():
        columns[f"{name}_measure"] = measure.value
        columns[f"{name}_us"] = span
    return columns


def measured_anew(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of all measures, where an event changed what they are made of."""
    changed = any(before[name] is not after[name] for name in READ)
    return measures(after) if changed else {}


def _of_step(
    row: Mapping[str, Any], step: Mapping[str, Any], at: str | None
) -> tuple[Measure, int | None]:
    if at is not None:
        return _between(row, at)
    return (Measure.NOT_APPLICABLE, None) if step["state"] in _NOT_OWED else _PENDING


def _done_at(step: Mapping[str, Any]) -> str | None:
    return step["at"] if step["state"] == StepState.DONE else None


def _of_rca(row: Mapping[str, Any], step: Mapping[str, Any]) -> tuple[Measure, int | None]:
    """Until it was complete: its approval, which the step waits for, has no deadline."""
    at = row["rca_completed_at"]
    return _of_step(row, step, None) if at is None else _between(row, at)


def _of_impact(row: Mapping[str, Any]) -> tuple[Measure, int | None]:
    ended, resolved = row["impact_ended_at"], row["resolved_at"]
    end = resolved or ended
    now = impact.impact_of(row["firing"], len(row["stale"]), ended, resolved)
    return _PENDING if now is not Impact.ENDED or end is None else _between(row, end)


def _between(row: Mapping[str, Any], end: str) -> tuple[Measure, int | None]:
    span = (
        datetime.fromisoformat(end) - datetime.fromisoformat(row["detected_at"])
    ) // _MICROSECOND
    if span < 0 or (span == 0 and row["basis"] == e.IMPORTED):
        return Measure.INVALID, None
    return Measure.RECORDED, span
