"""How the objectives of systems stand now: by what was measured, and what the log says. Blocking.

No data is never a pass: what cannot be judged, or was not measured lately, is undecided.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.coverage_facts import SpanFacts
from ledger.domain.identity import system_id
from ledger.domain.judging.objectives import Target, attainment
from ledger.domain.objective import OBJECTIVE
from ledger.domain.review.counting import LEFT_OUT
from ledger.policy import Policy
from ledger.policy.objectives import Objective, meets
from ledger.policy.times import after
from ledger.vocabulary import Direction, ObjectiveStatus
from projections.engine.projection import Row
from projections.queries import objectives as measured_queries
from projections.queries import systems as system_queries
from projections.queries.objectives import Asked, Measured
from projections.spans import Span
from projections.values import time_text


class ObjectiveView(msgspec.Struct, frozen=True, kw_only=True):
    """An objective of a system, in a segment ("" is the whole), as it stands now.

    `value` is the newest that was judged, `until` when it ended; `value` and `target` are in
    `unit`. `reason` says why it is undecided. Over the last `window_days`, `attained` is in percent
    (of samples for a ratio, else of measurements), and `budget_left` is the share of the error
    budget that is left, negative once it is overspent. `judged` and `unjudged` count measurements.
    `breach` is the reference of the breach that goes on, `breached_at` when it was found.
    """

    objective: str
    system: str
    segment: str
    metric: str
    comparison: str
    target: float
    unit: str
    status: ObjectiveStatus
    reason: str = ""
    value: float | None = None
    until: str | None = None
    window_days: float
    attained: float | None = None
    budget_left: float | None = None
    judged: int = 0
    unjudged: int = 0
    breach: str | None = None
    breached_at: str | None = None

    @property
    def wanted(self) -> str:
        """What it asks for: "p95 < 2 s"."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.metric} {self.comparison} {self.target:g}{unit}"

    @property
    def measured(self) -> str:
        """The newest value with its unit."""
        if self.value is None:
            return "-"
        return f"{self.value:.6g}{'' if self.unit == '1' else f' {self.unit}'}"


class _Now(NamedTuple):
    ledger: Ledger
    policy: Policy
    now: datetime
    breaches: Mapping[tuple[str, str, str], Row]


def objectives(ledger: Ledger, *, system: str | None = None) -> list[ObjectiveView]:
    """Every objective that is judged, of every system in use or of one, worst first.

    A system is in use that is registered and was not retired, or was measured. Raises Unavailable.
    """
    policy = policy_in_force(ledger.store)
    now = _Now(ledger, policy, ledger.now(), measured_queries.open_breaches(ledger.views))
    known = system_queries.names_in_use(ledger.views)
    if system is not None:
        known = {str(system_id(system)): known.get(str(system_id(system)), system)}
    found = [
        each
        for name, objective in policy.slos.items()
        for each in _of(name, objective, now, known, system)
    ]
    order = list(ObjectiveStatus)
    return sorted(found, key=lambda each: (order.index(each.status), each.system, each.objective))


def _of(
    name: str,
    objective: Objective,
    now: _Now,
    known: Mapping[str, str],
    system: str | None,
) -> Iterator[ObjectiveView]:
    match objective.judge:
        case None:
            return
        case "incidents":
            yield from _by_incidents(name, objective, now, known.values())
        case _:
            yield from _by_measurements(name, objective, now, known, system)


def _by_measurements(
    name: str,
    objective: Objective,
    now: _Now,
    known: Mapping[str, str],
    system: str | None,
) -> Iterator[ObjectiveView]:
    asked = _asked(objective, now, system)
    found = measured_queries.measured(now.ledger.views, asked)
    for each in found:
        yield _judged(name, objective, asked, each, now)
    measured = {(each.system_id, each.segment) for each in found}
    gone_on = [
        row
        for (objective_name, of, segment), row in now.breaches.items()
        if objective_name == name
        and (of, segment) not in measured
        and asked.system_id in (None, of)
    ]
    for row in gone_on:
        yield _judged(name, objective, asked, measured_queries.not_measured(row), now)
    listed = {of for of, _ in measured} | {row["system_id"] for row in gone_on}
    for of, registered in known.items():
        if of not in listed:
            yield _view(
                name,
                objective,
                registered,
                now,
                metric=asked.metric,
                reason="It was not measured.",
            )


def _asked(objective: Objective, now: _Now, system: str | None) -> Asked:
    measuring = now.policy.measuring
    metric = measuring.name_of(objective.metric)
    unit = measuring.unit_of(metric, objective.unit)

    def standard(value: float) -> float:
        converted = measuring.between(value, objective.unit, unit)
        return value if converted is None else converted.value

    return Asked(
        metric=metric,
        unit=unit,
        direction=Direction.LOWER if objective.lower_is_better else Direction.HIGHER,
        least=objective.min_n,
        since=time_text(after(now.now, -objective.window)),
        comparison=objective.comparison,
        target=standard(objective.target),
        targets={
            str(system_id(name)): standard(own.target) for name, own in objective.systems.items()
        },
        system_id=None if system is None else str(system_id(system)),
        by_samples=objective.judge == "burn_rate",
    )


def _judged(
    name: str, objective: Objective, asked: Asked, of: Measured, now: _Now
) -> ObjectiveView:
    target = Target(objective, asked.targets.get(of.system_id, asked.target), asked.unit)
    attained, left = attainment(
        target,
        now.policy.measuring,
        judged=of.judged,
        met=of.met,
        weighed=of.weighed,
        samples=of.samples,
    )
    breach = now.breaches.get((name, of.system_id, of.segment))
    value, until = of.newest or (None, None)
    stale = time_text(after(now.now, -objective.fresh_for))
    reason = ""
    if breach is not None:
        status = ObjectiveStatus.BREACHED
    elif value is None or until is None:
        status, reason = ObjectiveStatus.UNDECIDED, "No measurement of it can be judged."
    elif until < stale:
        hours = objective.fresh_for.total_seconds() / 3600
        status = ObjectiveStatus.UNDECIDED
        reason = f"It was not measured for more than {hours:g} hours."
    else:
        is_met = meets(value, objective.comparison, target.value)
        status = ObjectiveStatus.MET if is_met else ObjectiveStatus.MISSED
    converted = None
    if value is not None:
        converted = now.policy.measuring.between(value, asked.unit, objective.unit)
    return _view(
        name,
        objective,
        of.system,
        now,
        metric=asked.metric,
        segment=of.segment,
        status=status,
        reason=reason,
        value=value if converted is None else converted.value,
        until=until,
        attained=attained,
        budget_left=left,
        judged=of.judged,
        unjudged=of.unjudged,
        breach=reference(breach["leaf"], OBJECTIVE) if breach else None,
        breached_at=breach["breached_at"] if breach else None,
    )


def _by_incidents(
    name: str, objective: Objective, now: _Now, systems: Collection[str]
) -> Iterator[ObjectiveView]:
    since = after(now.now, -objective.window)
    views = now.ledger.views
    counts = measured_queries.incidents_of_category(
        views, objective.category or "", time_text(since), [each.value for each in LEFT_OUT]
    )
    facts = SpanFacts(now.ledger, Span(since, now.now), now.policy, now.now)
    for system in systems:
        count = counts.get(system, 0)
        target = objective.target_of(system)
        heard = facts.of_system(system)
        status, reason = ObjectiveStatus.MET, ""
        if not meets(count, objective.comparison, target):
            status = ObjectiveStatus.MISSED
        elif not heard.measured or heard.share is None or heard.share * 100 < objective.coverage:
            status = ObjectiveStatus.UNDECIDED
            asked = f"{objective.coverage:g} % are asked for"
            reason = f"{count} were recorded, with {heard.words}; {asked}."
        yield _view(
            name,
            objective,
            system,
            now,
            metric=objective.metric,
            status=status,
            reason=reason,
            value=count,
            until=time_text(now.now),
        )


def _view(
    name: str, objective: Objective, system: str, now: _Now, **given: object
) -> ObjectiveView:
    facts = {
        "objective": name,
        "system": system,
        "segment": "",
        "comparison": objective.comparison,
        "target": objective.target_of(system),
        "unit": objective.unit,
        "status": ObjectiveStatus.UNDECIDED,
        "window_days": objective.window.total_seconds() / 86_400,
        **given,
    }
    return msgspec.convert(facts, ObjectiveView)
