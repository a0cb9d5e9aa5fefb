"""Judges the objectives that a measurement is of: a breach opens an incident, recovery ends it."""

from consumers.reactor.judging_series import Found, SeriesOfBatch
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.identity import OWN_NAMES
from ledger.domain.judging.objectives import Judged, Target, judged, needs_earlier, target_for
from ledger.domain.objective import (
    OBJECTIVE,
    JudgeObjective,
    ObjectiveBreached,
    ObjectiveRecovered,
    ObjectiveState,
    objective_id,
)
from ledger.policy.times import FIRST, after
from ledger.vocabulary import SourceKind

SOURCE = f"{OWN_NAMES}objectives"
"""The source of the alerts that breached objectives are."""
MOST_NAMED = 100
"""So many measurements a breach names."""
JUDGED = frozenset({"in_a_row", "burn_rate"})


def judge_objectives(found: Found, batch: SeriesOfBatch) -> None:
    """Judges what an event did by every objective that it is of."""
    policy, measuring = found.policy, found.policy.measuring
    for name, objective in policy.slos.items():
        if objective.judge not in JUDGED or measuring.name_of(objective.metric) != (
            found.measured.metric
        ):
            continue
        if not found.retracts and (found.point.late or found.point.old):
            continue
        target = target_for(objective, found.measured.system, found.point.unit, measuring)
        if target is None:
            continue
        points = batch.points(found.series, after(found.point.until, -target.longest))
        if needs_earlier(target, points):
            points = batch.points(found.series, FIRST)
        _record(name, target, judged(target, points, measuring), found, batch)


def _record(
    name: str, target: Target, result: Judged | None, found: Found, batch: SeriesOfBatch
) -> None:
    of = objective_id(name, found.measured.system, found.measured.segment)
    state: ObjectiveState = batch.state(OBJECTIVE.kind, of)
    if found.recorded.leaf <= state.leaf:
        return  # the log is read again, from an earlier position
    if state.breached is None:
        if result is not None and result.breach is not None:
            breached = _breached(name, target, result, found)
            batch.judge(found, OBJECTIVE.kind, of, JudgeObjective(event=breached), breached)
            batch.signal(_firing(breached, target))
        return
    recovered = _recovered(state.breached, result, found)
    if recovered is not None:
        batch.judge(found, OBJECTIVE.kind, of, JudgeObjective(event=recovered), recovered)
        batch.signal(_resolved(state.breached, recovered))


def _breached(name: str, target: Target, result: Judged, found: Found) -> ObjectiveBreached:
    measured = found.measured
    return ObjectiveBreached(
        at=found.at,
        objective=name,
        system=measured.system,
        metric=measured.metric,
        segment=measured.segment,
        comparison=target.objective.comparison,
        target=target.value,
        unit=target.unit,
        rule=result.breach or "",
        value=result.value,
        limit=result.limit,
        since=min(each.since or each.until for each in result.of),
        measurements=tuple(str(each.measurement) for each in result.of[-MOST_NAMED:]),
        leaf=found.recorded.leaf,
    )


def _recovered(
    breached: ObjectiveBreached, result: Judged | None, found: Found
) -> ObjectiveRecovered | None:
    leaf = found.recorded.leaf
    if found.retracts and str(found.point.measurement) in breached.measurements:
        if result is not None and result.breach is not None:
            return None
        if result is None or not result.recovered:
            return ObjectiveRecovered(at=found.at, basis="retracted", leaf=leaf)
    if result is None or not result.recovered:
        return None
    return ObjectiveRecovered(at=found.at, basis="met", leaf=leaf, value=result.value)


def _firing(breached: ObjectiveBreached, target: Target) -> Signal:
    severity = target.objective.severity
    labels = {
        "alertname": f"objective {breached.objective}",
        "system": breached.system,
        "objective": breached.objective,
        "metric": breached.metric,
        **{f"segment_{name}": value for name, value in breached.segment.items()},
        **({"severity": severity.value} if severity else {}),
    }
    return Signal(
        source=SOURCE,
        dedup_key=_key(breached),
        status=SignalStatus.FIRING,
        title=f"Objective {breached.objective} of {breached.system} is breached",
        labels=labels,
        annotations={"summary": OBJECTIVE.describe(breached) if OBJECTIVE.describe else ""},
        starts_at=breached.since,
        kind=SourceKind.NATIVE,
    )


def _resolved(breached: ObjectiveBreached, recovered: ObjectiveRecovered) -> Signal:
    return Signal(
        source=SOURCE,
        dedup_key=_key(breached),
        status=SignalStatus.RESOLVED,
        title=f"Objective {breached.objective} of {breached.system} is met",
        labels={"system": breached.system, "objective": breached.objective},
        annotations={},
        starts_at=breached.since,
        ends_at=recovered.at,
        kind=SourceKind.NATIVE,
    )


def _key(breached: ObjectiveBreached) -> str:
    of = objective_id(breached.objective, breached.system, breached.segment)
    return f"objective/{of}"
