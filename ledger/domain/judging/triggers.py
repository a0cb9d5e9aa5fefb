"""Whether a series fires a trigger: drift, and a quality drop from quarter to quarter. Pure.

Source: runbook section 6.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger.domain.judging.points import Point
from ledger.policy import Trigger
from ledger.policy.measuring import Measuring, computed
from ledger.vocabulary import Direction

MONTHS, QUARTERS = 3, 4


class Quarter(NamedTuple):
    """A quarter of a year; Quarter(2026, 1) is January to March."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"

    @property
    def before(self) -> "Quarter":
        """The quarter before it."""
        if self.number == 1:
            return Quarter(self.year - 1, QUARTERS)
        return Quarter(self.year, self.number - 1)

    @property
    def next(self) -> "Quarter":
        """The quarter after it."""
        if self.number == QUARTERS:
            return Quarter(self.year + 1, 1)
        return Quarter(self.year, self.number + 1)

    def begin(self, zone: str) -> datetime:
        """When it begins by the clocks of a zone, in UTC."""
        month = MONTHS * (self.number - 1) + 1
        return datetime(self.year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def end(self, zone: str) -> datetime:
        """When the one after it begins."""
        return self.next.begin(zone)


def quarter_of(moment: datetime, zone: str) -> Quarter:
    """The quarter in which a moment lies by the clocks of a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return Quarter(local.year, (local.month - 1) // MONTHS + 1)


class Drop(NamedTuple):
    """How much worse a quarter's mean is than that of the quarter before it, in percent."""

    percent: float
    mean: float
    before: float


def drop(trigger: Trigger, quarter: Iterable[Point], before: Iterable[Point]) -> Drop | None:
    """The worst drop over data sets and judges that both quarters have; None where undecided.

    A point without a digest of its data set says nothing, and nor do fewer samples than `min_n`.
    """
    now, then = _means(trigger, quarter), _means(trigger, before)
    drops = [
        found
        for key, (mean, direction) in now.items()
        if key in then and (found := _drop(mean, then[key][0], direction)) is not None
    ]
    return max(drops, key=lambda each: each.percent, default=None)


def _drop(mean: float, before: float, direction: Direction) -> Drop | None:
    if before == 0:
        return None
    change = before - mean if direction is Direction.HIGHER else mean - before
    return Drop(computed(100 * change / abs(before)), mean, before)


_Key = tuple[str, str | None, str, Direction]


def _means(trigger: Trigger, points: Iterable[Point]) -> dict[_Key, tuple[float, Direction]]:
    """The mean by data set, judge and unit, each point by its samples; with enough of them."""
    found: defaultdict[_Key, list[Point]] = defaultdict(list)
    for point in points:
        if point.judgeable and point.dataset and point.unit and point.direction:
            found[point.dataset, point.judge, point.unit, point.direction].append(point)
    means: dict[_Key, tuple[float, Direction]] = {}
    for key, same in found.items():
        total = sum(point.n or 0 for point in same)
        if total >= trigger.min_n:
            weighed = math.fsum(point.value * (point.n or 0) for point in same)
            means[key] = weighed / total, key[3]
    return means


def drifted(trigger: Trigger, point: Point, measuring: Measuring) -> bool | None:
    """Whether a point is above the threshold; None where it cannot be judged."""
    if not point.judgeable or point.unit is None or (point.n or 0) < trigger.min_n:
        return None
    if point.direction is not Direction.LOWER:
        return None
    threshold = measuring.between(trigger.more_than, trigger.unit, point.unit)
    return None if threshold is None else point.value > threshold.value
