"""By what an improvement is known to have had an effect: as it is accepted, and as it is checked.

No data is never an effect: what cannot be shown is inconclusive.
"""

import operator
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from msgspec import UNSET

from ledger.domain.envelope import stream_id
from ledger.domain.evidence import Evidence, require_kind, why_not_approved
from ledger.domain.identity import system_id
from ledger.domain.improvement import commands as c
from ledger.domain.improvement.events import SuccessCriterion
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.words import CauseKind, Comparing, CriterionKind
from ledger.domain.incident.state import Incident
from ledger.domain.metric.state import Measurement
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import after, time_text

States = Mapping[str, Any]

_COMPARE = {
    Comparing.LESS: operator.lt,
    Comparing.AT_MOST: operator.le,
    Comparing.MORE: operator.gt,
    Comparing.AT_LEAST: operator.ge,
}
_INCIDENT = "incident/"


def incident_of(command: c.AcceptImprovement, state: Improvement) -> str | None:
    """The stream of the incident that is not to happen again, where that is the criterion."""
    if not command.no_recurrence:
        return None
    if command.incident is not None:
        return stream_id("incident", UUID(command.incident))
    cause = state.cause
    if cause is None or cause.kind is not CauseKind.INCIDENT or not cause.ref:
        return None
    return cause.ref if cause.ref.startswith(_INCIDENT) else None


def criterion_of(
    command: c.AcceptImprovement, state: Improvement, states: States, policy: Policy
) -> SuccessCriterion | None:
    """What was named, or None. Raises Invalid for half a criterion, or for two; Refused."""
    named = _named(command)
    within = UNSET if command.within_days is None else timedelta(days=command.within_days)
    match named:
        case None:
            return None
        case CriterionKind.METRIC:
            return _metric(command, within, policy)
        case CriterionKind.EVIDENCE:
            kind = command.success_evidence or ""
            require_kind(kind, policy)
            return SuccessCriterion(kind=named, evidence_kind=kind, within=within)
        case CriterionKind.NO_RECURRENCE:
            return SuccessCriterion(
                kind=named,
                group=_group(incident_of(command, state), states),
                within=within or policy.improvements.no_recurrence,
            )
        case _:
            assert_never(named)


def _named(command: c.AcceptImprovement) -> CriterionKind | None:
    named = {
        CriterionKind.METRIC: command.success_metric is not None,
        CriterionKind.EVIDENCE: command.success_evidence is not None,
        CriterionKind.NO_RECURRENCE: command.no_recurrence,
    }
    found = [kind for kind, is_named in named.items() if is_named]
    if len(found) > 1:
        raise Invalid(
            "An improvement has one criterion, and two are named.",
            errors=[(_FIELD[each], "name one of them alone") for each in found],
        )
    kind = found[0] if found else None
    for field, of in _PARTS.items():
        if getattr(command, field) is not None and kind not in of:
            raise Invalid(
                f"{field} is of a criterion that is not named.",
                errors=[(field, f"name {' or '.join(_FIELD[each] for each in of)} with it")],
            )
    return kind


_FIELD = {
    CriterionKind.METRIC: "success_metric",
    CriterionKind.EVIDENCE: "success_evidence",
    CriterionKind.NO_RECURRENCE: "no_recurrence",
}
_PARTS: Mapping[str, tuple[CriterionKind, ...]] = {
    "comparison": (CriterionKind.METRIC,),
    "target": (CriterionKind.METRIC,),
    "unit": (CriterionKind.METRIC,),
    "incident": (CriterionKind.NO_RECURRENCE,),
    "within_days": tuple(CriterionKind),
}


def _metric(command: c.AcceptImprovement, within: Any, policy: Policy) -> SuccessCriterion:
    missing = [name for name in ("comparison", "target", "unit") if getattr(command, name) is None]
    if missing or command.comparison is None or command.target is None:
        raise Invalid(
            "A metric meets a target that is named in full.",
            errors=[(name, "name it with success_metric") for name in missing],
        )
    unit = command.unit or ""
    if not policy.measuring.knows(unit):
        raise Invalid(
            f"There is no unit {unit!r}.",
            errors=[("unit", "name one of the policy's units")],
            remedy="Name one that the policy has, or add it to its units.",
        )
    return SuccessCriterion(
        kind=CriterionKind.METRIC,
        metric=policy.measuring.name_of(command.success_metric or ""),
        comparison=command.comparison,
        target=command.target,
        unit=unit,
        within=within,
    )


def _group(stream: str | None, states: States) -> UUID:
    incident: Incident | None = None if stream is None else states[stream]
    group = None if incident is None else incident.group
    if group is None:
        raise Refused(
            "nothing_to_recur",
            "Nothing says which alerts are not to open an incident again: what caused it is no "
            "incident that an alert opened.",
            remedy="Name such an incident, or another criterion: a metric, or evidence.",
        )
    return group


def require_effect(
    command: c.CheckImprovement, state: Improvement, states: States, policy: Policy, now: datetime
) -> None:
    """Refuses to call it effective where its criterion does not show that."""
    criterion = state.criterion
    if criterion is None:
        return
    match criterion.kind:
        case CriterionKind.NO_RECURRENCE:
            _refuse_before_the_clock(state)
        case CriterionKind.EVIDENCE:
            _require_evidence(command, criterion, state, states, now)
        case CriterionKind.METRIC:
            _require_metric(command, criterion, state, states, policy)
        case _:
            assert_never(criterion.kind)


def _refuse_before_the_clock(state: Improvement) -> None:
    """What its group opened is known to the clock alone, which looks once the time has passed.

    What the clock could not know, for the source of the alerts was silent, a person says.
    """
    if state.check_by is not None and not state.looked:
        raise Refused(
            "too_early_to_tell",
            f"Whether it happens again is known at {time_text(state.check_by)}, and the clock has "
            "not looked yet.",
            remedy="Wait: the clock checks it then. Before that it is inconclusive at best.",
        )


def _require_evidence(
    command: c.CheckImprovement,
    criterion: SuccessCriterion,
    state: Improvement,
    states: States,
    now: datetime,
) -> None:
    found: list[str] = []
    for each in command.evidence:
        evidence: Evidence = states[stream_id("evidence", UUID(each))]
        why = _why_not(evidence, criterion, state, now)
        if why is None:
            return
        found.append(f"{each}: {why}")
    said = " ".join(found) or "None is named."
    raise Refused(
        "evidence_does_not_show_it",
        f"It has its effect where there is approved evidence of kind {criterion.evidence_kind}. "
        f"{said[:2_000]}",
        remedy="Name evidence of that kind that is approved and holds, or check it as "
        "inconclusive.",
    )


def _why_not(
    evidence: Evidence, criterion: SuccessCriterion, state: Improvement, now: datetime
) -> str | None:
    if evidence.kind != criterion.evidence_kind:
        return f"It is of kind {evidence.kind}."
    if evidence.system is not None and _is_of_another(evidence.system, state):
        return f"It is about {evidence.system}."
    return why_not_approved(evidence, now)


def _require_metric(
    command: c.CheckImprovement,
    criterion: SuccessCriterion,
    state: Improvement,
    states: States,
    policy: Policy,
) -> None:
    measurement: Measurement | None = None
    if command.measurement is not None:
        measurement = states[stream_id("metric", UUID(command.measurement))]
    why = _why_not_met(measurement, criterion, state, policy)
    if why is not None:
        raise Refused(
            "measurement_does_not_show_it",
            f"It has its effect where {described(criterion)}. {why}",
            remedy="Name a measurement that shows it, or check it as not effective or "
            "inconclusive.",
        )


def _why_not_met(
    measurement: Measurement | None,
    criterion: SuccessCriterion,
    state: Improvement,
    policy: Policy,
) -> str | None:
    if measurement is None or measurement.measured is None:
        return "No measurement is named."
    measured, done = measurement.measured, state.done_at
    if measurement.retracted:
        return "The measurement was retracted."
    if measured.metric != criterion.metric or _is_of_another(measured.system, state):
        return f"The measurement is of {measured.metric} of {measured.system}."
    begun = measured.since or measured.at
    if done is None or measured.at <= done or begun < done:
        return f"The measurement begins at {time_text(begun)}, before it was done."
    if criterion.comparison is UNSET or criterion.target is UNSET or not measured.unit:
        return "The measurement has no known unit."
    if not measured.n:
        return "The measurement does not say of how many samples it is."
    value = policy.measuring.between(measured.value, measured.unit, criterion.unit or "")
    if value is None:
        return f"The measurement is in {measured.unit}, which does not convert."
    if not _COMPARE[criterion.comparison](value.value, criterion.target):
        return f"The measurement is {value.value:g} {value.unit}."
    return None


def _is_of_another(system: str, state: Improvement) -> bool:
    """Whether it is not the system of the improvement; that of the organisation has none."""
    return bool(state.system) and system_id(system) != system_id(state.system)


def check_by(criterion: SuccessCriterion | None, done_at: datetime) -> datetime | None:
    """When the effect of what was done then is to be known; None where nothing says so."""
    if criterion is None or criterion.within is UNSET:
        return None
    return after(done_at, criterion.within)


def described(criterion: SuccessCriterion) -> str:
    """The criterion in words: "p95 is less than 2 s"."""
    match criterion.kind:
        case CriterionKind.METRIC:
            of = "" if criterion.unit == "1" else f" {criterion.unit}"
            compared = criterion.comparison.label if criterion.comparison else ""
            said = f"{criterion.metric} is {compared} {criterion.target or 0:g}{of}"
        case CriterionKind.EVIDENCE:
            said = f"there is approved evidence of kind {criterion.evidence_kind}"
        case CriterionKind.NO_RECURRENCE:
            said = "the same alerts open no incident"
        case _:
            assert_never(criterion.kind)
    if criterion.within is UNSET:
        return said
    days = criterion.within.total_seconds() / 86_400
    return f"{said} within {days:g} days"
