"""Judges the triggers that a measurement is of: what fires proposes its action, once."""

from uuid import UUID

from msgspec import UNSET

from consumers.reactor.judging_series import Found, SeriesOfBatch
from ledger.domain.identity import improvement_id
from ledger.domain.improvement import (
    IMPROVEMENT,
    CauseKind,
    ImprovementCause,
    ImprovementKind,
    ProposeFromTrigger,
)
from ledger.domain.judging.points import Point
from ledger.domain.judging.triggers import Drop, Quarter, drifted, drop, quarter_of
from ledger.domain.metric import segment_text
from ledger.domain.system import ModelKind
from ledger.domain.trigger import (
    TRIGGER,
    JudgeTrigger,
    TriggerCleared,
    TriggerFired,
    TriggerState,
    trigger_id,
)
from ledger.policy import Trigger
from ledger.policy.times import FIRST

DRIFT, QUALITY = "data_drift", "quality_drop"


def judge_triggers(found: Found, batch: SeriesOfBatch) -> None:
    """Judges what an event did by the triggers that it is of."""
    triggers = found.policy.triggers
    if _is_of(triggers.data_drift, found):
        _judge_drift(triggers.data_drift, found, batch)
    if _is_of(triggers.quality_drop, found):
        _judge_drop(triggers.quality_drop, found, batch)


def _is_of(trigger: Trigger, found: Found) -> bool:
    if not trigger.judged:
        return False
    measuring = found.policy.measuring
    names = map(measuring.name_of, trigger.of or (trigger.metric,))
    if found.measured.metric not in names:
        return False
    return not trigger.segments or segment_text(found.measured.segment) in trigger.segments


def _judge_drift(trigger: Trigger, found: Found, batch: SeriesOfBatch) -> None:
    """By the newest point that came in time and holds."""
    if found.point.late and not found.retracts:
        return
    points = batch.points(found.series, found.point.until)
    measuring = found.policy.measuring
    last = _newest(points) or _newest(batch.points(found.series, FIRST))
    above = None if last is None else drifted(trigger, last, measuring)
    of = trigger_id(DRIFT, found.measured.system, found.measured.metric, found.measured.segment)
    state: TriggerState = batch.state(TRIGGER.kind, of)
    shown_by = state.fired.measurement if state.fired else UNSET
    is_gone = found.retracts and shown_by == str(found.point.measurement)
    if above and last is not None:
        _fire(DRIFT, trigger, of, found, batch, value=last.value, by=last)
    elif state.is_firing and (above is False or is_gone):
        value = None if last is None or above is None else last.value
        _clear(of, found, batch, value)


def _newest(points: list[Point]) -> Point | None:
    return next((each for each in reversed(points) if not (each.late or each.retracted)), None)


def _judge_drop(trigger: Trigger, found: Found, batch: SeriesOfBatch) -> None:
    """The quarter of the point, and the one after it, which is compared with that."""
    own = quarter_of(found.point.until, trigger.zone)
    for quarter in (own, own.next):
        if quarter.begin(trigger.zone) > found.recorded.recorded_at:
            continue
        if found.recorded.recorded_at > quarter.end(trigger.zone) + trigger.grace:
            continue
        _judge_quarter(trigger, quarter, found, batch)


def _judge_quarter(trigger: Trigger, quarter: Quarter, found: Found, batch: SeriesOfBatch) -> None:
    points = batch.points(found.series, quarter.before.begin(trigger.zone))
    result = drop(
        trigger,
        _within(points, quarter, trigger.zone),
        _within(points, quarter.before, trigger.zone),
    )
    measured = found.measured
    of = trigger_id(QUALITY, measured.system, measured.metric, measured.segment, str(quarter))
    state: TriggerState = batch.state(TRIGGER.kind, of)
    if result is not None and trigger.fires_at(result.percent):
        if state.fired is None:
            worse = result.percent
            _fire(QUALITY, trigger, of, found, batch, value=worse, quarter=quarter, dropped=result)
    elif state.is_firing and (result is not None or found.retracts):
        _clear(of, found, batch, None if result is None else result.percent)


def _within(points: list[Point], quarter: Quarter, zone: str) -> list[Point]:
    begin, end = quarter.begin(zone), quarter.end(zone)
    return [each for each in points if begin <= each.until < end]


def _fire(
    name: str,
    trigger: Trigger,
    of: UUID,
    found: Found,
    batch: SeriesOfBatch,
    *,
    value: float,
    by: Point | None = None,
    quarter: Quarter | None = None,
    dropped: Drop | None = None,
) -> None:
    state: TriggerState = batch.state(TRIGGER.kind, of)
    if state.is_firing or found.recorded.leaf <= state.leaf:
        return
    measured, leaf = found.measured, found.recorded.leaf
    proposed = improvement_id(
        name,
        measured.system,
        measured.metric,
        measured.segment.items(),
        leaf if quarter is None else str(quarter),
    )
    fired = TriggerFired(
        at=found.at,
        trigger=name,
        system=measured.system,
        metric=measured.metric,
        segment=measured.segment,
        value=value,
        threshold=trigger.more_than,
        unit=trigger.unit,
        action=_action(trigger, measured.system, leaf, batch),
        improvement=str(proposed),
        leaf=leaf,
        measurement=UNSET if by is None else str(by.measurement),
        quarter=UNSET if quarter is None else str(quarter),
        baseline=UNSET if dropped is None else dropped.before,
        mean=UNSET if dropped is None else dropped.mean,
    )
    batch.judge(found, TRIGGER.kind, of, JudgeTrigger(event=fired), fired)
    batch.cause(found, IMPROVEMENT.kind, proposed, _proposal(fired, of))


def _action(trigger: Trigger, system: str, leaf: int, batch: SeriesOfBatch) -> str:
    """What is called for: another thing where the system runs a supplier's model as it is."""
    if trigger.provider_action is None:
        return trigger.action
    state = batch.system_at(system, leaf)
    supplied = any(each.model for each in state.depends_on)
    own = ModelKind.FINE_TUNED in state.model_kinds
    return trigger.provider_action if supplied and not own else trigger.action


def _proposal(fired: TriggerFired, of: UUID) -> ProposeFromTrigger:
    kind = ImprovementKind.DRIFT if fired.trigger == DRIFT else ImprovementKind.CORRECTIVE
    cause = ImprovementCause(kind=CauseKind.TRIGGER, ref=TRIGGER.stream(of), leaf=fired.leaf)
    return ProposeFromTrigger(
        at=fired.at,
        title=f"{fired.action}: {fired.metric} of {fired.system}",
        system=fired.system,
        improvement_kind=kind,
        cause=cause,
        action=fired.action,
    )


def _clear(of: UUID, found: Found, batch: SeriesOfBatch, value: float | None) -> None:
    if found.recorded.leaf <= batch.state(TRIGGER.kind, of).leaf:
        return  # the log is read again, from an earlier position
    cleared = TriggerCleared(
        at=found.at,
        basis="retracted" if found.retracts else "met",
        leaf=found.recorded.leaf,
        value=UNSET if value is None else value,
    )
    batch.judge(found, TRIGGER.kind, of, JudgeTrigger(event=cleared), cleared)
