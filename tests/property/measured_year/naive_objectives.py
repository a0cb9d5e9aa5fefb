"""Whether an event breached or met an objective: a naive computation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.property.measured_year.findings import COMPARED, Finding, Standing
from tests.property.measured_year.naive import Happened, Seen, span


class Judge:
    """An objective, for the measurements of one series."""

    def __init__(self, slo: Mapping[str, Any], happened: Happened, target: Fraction) -> None:
        self.slo, self.target, self.happened = slo, target, happened
        self.lower = slo["comparison"] in ("<", "<=")

    def can_judge(self, seen: Seen) -> bool:
        """Whether all that it needs is known."""
        enough = seen.n >= self.slo.get("min_n", 1)
        same = (seen.unit, seen.lower) == (self.happened.seen.unit, self.lower)
        return seen.is_known and enough and same

    def is_met(self, seen: Seen) -> bool:
        """Whether a value meets the target."""
        return bool(COMPARED[self.slo["comparison"]](seen.value, self.target))

    def bad(self, value: Fraction) -> Fraction | None:
        """The share of what is bad, at a value."""
        ratio = self.happened.policy.convert(value, self.happened.seen.unit or "", "1")
        return None if ratio is None else ratio if self.lower else 1 - ratio

    def mean_bad(self, known: Iterable[Seen]) -> Fraction:
        """The share of what is bad in all samples of some measurements."""
        bad = samples = Fraction(0)
        for each in known:
            bad += (self.bad(each.value) or 0) * each.n
            samples += each.n
        return bad / samples


def of_objective(
    name: str, slo: Mapping[str, Any], happened: Happened, standing: Standing
) -> Iterator[Finding]:
    """What an event found of one objective."""
    seen, policy = happened.seen, happened.policy
    if policy.metric(slo["metric"]) != seen.series[1] or seen.unit is None:
        return
    if (seen.late or seen.old) and not happened.retracts:
        return
    target = policy.target(slo, happened.event.system, seen.unit)
    if target is None:
        return
    result = _judged(Judge(slo, happened, target), happened.series)
    key = (name, seen.series)
    before = standing.breaches.get(key)
    finding = {"objective": name, "series": seen.series, "leaf": happened.leaf, "at": happened.at}
    if before is None:
        if result and result["rule"]:
            breached = {**finding, **result, "target": target, "what": "breached"}
            del breached["met"]
            standing.breaches[key] = breached
            yield breached
        return
    shown = happened.retracts and seen.id in before["measurements"]
    if result and result["rule"]:
        return
    if result and result["met"]:
        del standing.breaches[key]
        yield {**finding, "what": "recovered", "basis": "met", "value": result["value"]}
    elif shown:
        del standing.breaches[key]
        yield {**finding, "what": "recovered", "basis": "retracted", "value": None}


def _judged(judge: Judge, series: Sequence[Seen]) -> Finding | None:
    in_time = [each for each in series if not (each.late or each.old or each.retracted)]
    if not in_time or not judge.can_judge(in_time[-1]):
        return None
    known = [each for each in in_time if judge.can_judge(each)]
    wanted = judge.slo.get("in_a_row", 2)
    row = known[-wanted:]
    met = len(row) == wanted and all(judge.is_met(each) for each in row)
    if judge.slo["judge"] == "burn_rate":
        return _burnt(judge, known, met=met)
    missed = len(row) == wanted and not any(judge.is_met(each) for each in row)
    return _result("in_a_row" if missed else "", row[-1].value, judge.target, row, met=met)


def _burnt(judge: Judge, known: Sequence[Seen], *, met: bool) -> Finding | None:
    allowed = judge.bad(judge.target)
    if allowed is None or allowed <= 0:
        return None
    decided = False
    for burn in judge.slo["burn"]:
        over = span(burn["over"])
        begin = known[-1].until - over
        within = [each for each in known if each.until > begin]
        if 2 * _measured(within, begin) < over:
            continue
        decided = True
        rate = judge.mean_bad(within) / allowed
        if rate >= burn["rate"]:
            hours = over.total_seconds() / 3600
            return _result(f"burn_rate over {hours:g} h", rate, burn["rate"], within, met=False)
    if not decided and not met:
        return None
    return _result("", known[-1].value, judge.target, known, met=met)


def _measured(within: Iterable[Seen], begin: datetime) -> timedelta:
    """The time since `begin` in which something was measured."""
    edges = sorted({begin, *(max(at, begin) for e in within for at in (e.since, e.until))})
    return sum(
        (
            end - start
            for start, end in pairwise(edges)
            if any(each.since <= start and end <= each.until for each in within)
        ),
        timedelta(0),
    )


def _result(
    rule: str, value: Fraction, limit: Fraction, of: Sequence[Seen], *, met: bool
) -> Finding:
    return {
        "rule": rule,
        "value": value,
        "limit": Fraction(limit),
        "since": min(each.since for each in of),
        "measurements": [each.id for each in of][-100:],
        "met": met,
    }
