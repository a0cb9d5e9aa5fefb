"""What is shown of objectives, and how they stand by the measurements that hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from consumers.read_service.objectives import ObjectiveView, objectives
from ledger.domain.envelope import uuid_of
from ledger.domain.system import SystemRegistered, SystemRetired
from projections.breaches import BREACHES
from projections.triggers import TRIGGERS
from tests.property.measured_year.findings import COMPARED, Finding, Standing
from tests.property.measured_year.naive import Log, Seen, Text, folded, policies, span, standing
from tests.property.measured_year.recorded import is_close
from tests.property.measured_year.simulation import World
from tests.unit.projections.toy import rows


def audit_shown(world: World, log: Log, stands: Standing) -> None:
    """Asserts that everything that is shown of objectives and triggers is as it stands."""
    policy = policies(log)[-1][1]
    now = world.now
    expected: dict[tuple[str, str, str], Finding] = {}
    seen = standing(log)
    registered = _in_use(log)
    for name, slo in policy.slos():
        metric = policy.metric(slo["metric"])
        window = [
            each
            for each in seen
            if each.series[1] == metric and each.until >= now - span(slo["window"])
        ]
        places = {(each.series[0], each.series[2]) for each in window}
        open_ones = {of for (breached, of) in stands.breaches if breached == name}
        places |= {(system, segment) for system, _, segment in open_ones}
        for system in registered - {system for system, _ in places}:
            places.add((system, ()))
        for system, segment in places:
            mine = [
                each for each in window if (each.series[0], each.series[2]) == (system, segment)
            ]
            row = _row(policy, slo, system, mine, now)
            if any((of[0], of[2]) == (system, segment) for of in open_ones):
                row["status"] = "breached"
            text = ", ".join(f"{label}={value}" for label, value in segment)
            expected[name, system, text] = row
    shown = {
        (each.objective, folded(each.system), each.segment): each
        for each in objectives(world.ledger)
    }
    assert expected.keys() == shown.keys(), sorted(expected.keys() ^ shown.keys())
    for key, row in expected.items():
        _assert_row(key, row, shown[key])
    _audit_breaches(world, stands)


def _audit_breaches(world: World, stands: Standing) -> None:
    """The list of breaches has those that go on, and the list of triggers those that fire."""
    going_on = Counter(
        row["objective"]
        for row in rows(world.views, BREACHES).values()
        if row["status"] == "breached"
    )
    assert Counter(name for name, _ in stands.breaches) == going_on
    firing = Counter(
        row["trigger"] for row in rows(world.views, TRIGGERS).values() if row["status"] == "fired"
    )
    wanted = Counter(data_drift=len(stands.drifts), quality_drop=sum(stands.drops.values()))
    assert +wanted == firing


def _in_use(log: Log) -> set[str]:
    """The systems that are registered, and were not retired."""
    registered: dict[UUID, str] = {}
    for each in log:
        if isinstance(each.event, SystemRegistered):
            registered[uuid_of(each.stream)] = folded(each.event.system)
        if isinstance(each.event, SystemRetired):
            del registered[uuid_of(each.stream)]
    return set(registered.values())


def _row(
    policy: Text, slo: Mapping[str, Any], system: str, mine: Sequence[Seen], now: Any
) -> dict[str, Any]:
    """How an objective stands, by the measurements of its window."""
    lower = slo["comparison"] in ("<", "<=")
    unit = policy.unit(policy.metric(slo["metric"]), slo["unit"])
    target = policy.target(slo, system, unit)
    known = [
        each
        for each in mine
        if each.is_known
        and (each.unit, each.lower) == (unit, lower)
        and each.n >= slo.get("min_n", 1)
    ]
    if target is None:
        raise AssertionError("the objective's unit does not convert")
    met = [COMPARED[slo["comparison"]](each.value, target) for each in known]
    row: dict[str, Any] = {
        "status": "undecided",
        "values": set(),
        "attained": None,
        "left": None,
        "counts": (len(known), len(mine) - len(known)),
    }
    if not known:
        return row
    newest = max(each.until for each in known)
    last = [each.value for each in known if each.until == newest]
    row["values"] = {policy.convert(value, unit, slo["unit"]) for value in last}
    if newest >= now - span(slo["fresh_for"]):
        row["status"] = {
            "met" if COMPARED[slo["comparison"]](value, target) else "missed" for value in last
        }
    allowed, bad = 1 - Fraction(slo.get("goal", 95)) / 100, Fraction(met.count(False), len(met))
    if slo["judge"] == "burn_rate":
        allowed = _bad(policy, target, unit, lower=lower)
        samples = sum(each.n for each in known)
        bad = (
            sum(
                (_bad(policy, each.value, unit, lower=lower) * each.n for each in known),
                Fraction(0),
            )
            / samples
        )
    row["attained"], row["left"] = 100 * (1 - bad), 1 - bad / allowed
    return row


def _bad(policy: Text, value: Fraction, unit: str, *, lower: bool) -> Fraction:
    ratio = policy.convert(value, unit, "1")
    if ratio is None:
        raise AssertionError("the objective is no ratio")
    return ratio if lower else 1 - ratio


def _assert_row(key: object, row: Mapping[str, Any], shown: ObjectiveView) -> None:
    statuses = row["status"] if isinstance(row["status"], set) else {row["status"]}
    assert shown.status.value in statuses, (key, row, shown)
    assert row["counts"] == (shown.judged, shown.unjudged), (key, row, shown)
    if row["values"]:
        assert any(is_close(each, shown.value) for each in row["values"]), (key, row, shown)
    else:
        assert shown.value is None, (key, row, shown)
    for name, value in (("attained", shown.attained), ("left", shown.budget_left)):
        assert row[name] == value or is_close(row[name], value), (key, name, row, shown)
    assert timedelta(days=shown.window_days) > timedelta(0)
