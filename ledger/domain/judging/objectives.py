"""Whether a series breaches an objective, by the objective's own rule. Pure.

Source: runbook section 4. What cannot be judged neither breaches nor meets anything.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ledger.domain.judging.points import Point
from ledger.policy.measuring import Measuring, computed
from ledger.policy.objectives import Burn, Objective, meets
from ledger.policy.times import after

LEAST_MEASURED = 0.5
"""A burn rate needs this share of its time to be measured."""
RATIO = "1"
DECIMALS = 15
"""So many decimals of a share are known: 1 - 0.995 is 0.005."""


class Target(NamedTuple):
    """An objective for the points of one system, in the points' unit."""

    objective: Objective
    value: float
    unit: str

    @property
    def longest(self) -> timedelta:
        """The longest time over which its rule looks."""
        return max((burn.over for burn in self.objective.burn), default=timedelta(0))

    def judges(self, point: Point) -> bool:
        """Whether it can be judged by this objective."""
        if not point.judgeable or point.unit != self.unit or point.direction is None:
            return False
        lower = point.direction.value == "lower"
        return lower == self.objective.lower_is_better and (point.n or 0) >= self.objective.min_n

    def met_by(self, point: Point) -> bool:
        """Whether a point that it judges meets it."""
        return meets(point.value, self.objective.comparison, self.value)


class Judged(NamedTuple):
    """What the points up to a moment say of an objective.

    `breach` names the rule that finds one. `value` and `limit` are what was compared: a value with
    the target, or a burn rate with the rate allowed. `recovered`: as many points as the rule counts
    met the target, one after the other, and nothing is a breach. `of` are the points.
    """

    breach: str | None
    recovered: bool
    value: float
    limit: float
    of: tuple[Point, ...]


def target_for(
    objective: Objective, system: str, unit: str | None, measuring: Measuring
) -> Target | None:
    """The objective in the unit of a series; None where that does not convert."""
    if unit is None:
        return None
    converted = measuring.between(objective.target_of(system), objective.unit, unit)
    return None if converted is None else Target(objective, converted.value, unit)


def judged(target: Target, points: Sequence[Point], measuring: Measuring) -> Judged | None:
    """What points in order, up to the last one in time, say; None where they are undecided.

    The last one is judged, with those before it that its rule counts: where it cannot be, nothing
    is.
    """
    known = _known(target, points)
    if not known:
        return None
    row = known[-target.objective.in_a_row :]
    met = len(row) == target.objective.in_a_row and all(map(target.met_by, row))
    if target.objective.judge == "burn_rate":
        return _by_burn_rate(target, known, measuring, met=met)
    breach = len(row) == target.objective.in_a_row and not any(map(target.met_by, row))
    last = row[-1]
    return Judged("in_a_row" if breach else None, met, last.value, target.value, tuple(row))


def needs_earlier(target: Target, points: Sequence[Point]) -> bool:
    """Whether the rule counts more points than these have that can be judged."""
    return 0 < len(_known(target, points)) < target.objective.in_a_row


def _known(target: Target, points: Sequence[Point]) -> list[Point]:
    """The points that the rule counts, in order; none where the last one in time is not judged."""
    known: list[Point] = []
    begin = None
    for point in reversed(points):
        if point.late or point.old or point.retracted:
            continue
        if target.judges(point):
            begin = begin or after(point.until, -target.longest)
            if len(known) >= target.objective.in_a_row and point.until <= begin:
                break
            known.append(point)
        elif not known:
            break
    return known[::-1]


def _by_burn_rate(
    target: Target, known: Sequence[Point], measuring: Measuring, *, met: bool
) -> Judged | None:
    allowed = bad_share(target, target.value, measuring)
    if allowed is None or allowed <= 0:
        return None
    worst: Judged | None = None
    decided = False
    for burn in target.objective.burn:
        within, share = _within(known, known[-1].until, burn.over)
        if share < LEAST_MEASURED:
            continue
        decided = True
        rate = computed(mean_bad(target, within, measuring) / allowed)
        if rate >= burn.rate and worst is None:
            worst = Judged(_name(burn), False, rate, burn.rate, tuple(within))
    if worst is not None:
        return worst
    if not decided and not met:
        return None
    last = known[-1]
    return Judged(None, met, last.value, target.value, tuple(known[-target.objective.in_a_row :]))


def bad_share(target: Target, value: float, measuring: Measuring) -> float | None:
    """The share of what is bad at a value of a ratio, from 0 to 1; None where it is no ratio."""
    ratio = measuring.between(value, target.unit, RATIO)
    if ratio is None:
        return None
    return ratio.value if target.objective.lower_is_better else round(1 - ratio.value, DECIMALS)


def mean_bad(target: Target, points: Iterable[Point], measuring: Measuring) -> float:
    """The share of what is bad over points, each by its samples."""
    total, bad = 0, []
    for point in points:
        share = bad_share(target, point.value, measuring)
        if share is not None and point.n:
            total += point.n
            bad.append(share * point.n)
    return math.fsum(bad) / total if total else 0.0


def _within(points: Sequence[Point], end: datetime, over: timedelta) -> tuple[list[Point], float]:
    """The points that end in the time before `end`, and the share of it that they measured."""
    begin = after(end, -over)
    within = [point for point in points if begin < point.until <= end]
    measured, known_to = timedelta(0), begin
    for point in sorted(within, key=lambda each: each.since or each.until):
        since = max(point.since or point.until, known_to)
        if point.until > since:
            measured += point.until - since
            known_to = point.until
    return within, measured / over


def _name(burn: Burn) -> str:
    hours = burn.over.total_seconds() / 3600
    return f"burn_rate over {hours:g} h"


class Attainment(NamedTuple):
    """How far an objective is attained over its window.

    `attained` is in percent, of samples for a ratio and of measurements else; `budget_left` is the
    share of the error budget that is left, from 1 down, and less than 0 once it is overspent. None
    where nothing was judged.
    """

    attained: float | None = None
    budget_left: float | None = None


def attainment(
    target: Target, measuring: Measuring, *, judged: int, met: int, weighed: float, samples: int
) -> Attainment:
    """The attainment of a window in which `judged` points were judged, of which `met` met it.

    `weighed` is the sum of their values, each by its samples, and `samples` the sum of these.
    """
    if not judged:
        return Attainment()
    by_samples = target.objective.judge == "burn_rate"
    allowed = bad_share(target, target.value, measuring) if by_samples else None
    if allowed:
        bad = bad_share(target, weighed / samples, measuring) or 0.0
    else:
        bad, allowed = 1 - met / judged, 1 - target.objective.goal / 100
    left = 1 - bad / allowed if allowed else float(bad == 0)
    return Attainment(100 * (1 - bad), left)
