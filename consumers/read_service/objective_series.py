"""One objective of a system in a segment, with the measurements that it is judged by. Blocking."""

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.objectives import ObjectiveView, objectives
from ledger.domain.identity import system_id
from ledger.domain.judging.objectives import target_for
from ledger.domain.metric import METRIC
from ledger.errors import NotFound
from ledger.policy import Policy
from projections.engine.projection import Row
from projections.queries.series import newest_of, point_in

SHOWN = 100
"""So many of the newest measurements are shown."""


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement against the objective; `value` is in the objective's unit where it converts.

    `met` is None for one that cannot be judged.
    """

    reference: str
    since: str | None
    until: str
    value: float
    unit: str
    n: int | None
    met: bool | None
    retracted: bool


class ObjectiveSeries(msgspec.Struct, frozen=True, kw_only=True):
    """An objective as it stands, and the newest measurements of its series in order of time."""

    standing: ObjectiveView
    points: list[SeriesPoint]


def objective_series(
    ledger: Ledger, name: str, *, system: str, segment: str = ""
) -> ObjectiveSeries:
    """One objective of a system. Raises NotFound for one that the policy does not judge."""
    found = [
        each
        for each in objectives(ledger, system=system)
        if (each.objective, each.segment) == (name, segment)
    ]
    if not found:
        raise NotFound(
            f"The policy judges no objective {name!r} of {system!r}"
            f"{f' in the segment {segment!r}' if segment else ''}.",
            remedy="See airledger objective list.",
        )
    [standing] = found
    rows = newest_of(ledger.views, str(system_id(system)), standing.metric, segment, SHOWN)
    policy = policy_in_force(ledger.store)
    return ObjectiveSeries(
        standing=standing, points=[_point(policy, standing, row) for row in rows]
    )


def _point(policy: Policy, standing: ObjectiveView, row: Row) -> SeriesPoint:
    objective, unit = policy.slos[standing.objective], row["standard_unit"]
    target = target_for(objective, standing.system, unit, policy.measuring)
    point = point_in(row)
    judged = target is not None and target.judges(point)
    converted = policy.measuring.between(point.value, unit, objective.unit) if target else None
    return SeriesPoint(
        reference=reference(row["leaf"], METRIC),
        since=row["since"],
        until=row["until"],
        value=row["value"] if converted is None else converted.value,
        unit=objective.unit if converted is not None else row["unit"] or "",
        n=row["n"],
        met=target.met_by(point) if target is not None and judged else None,
        retracted=row["retracted"],
    )
