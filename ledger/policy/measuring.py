"""Metrics and units, as the policy names them: what a measurement is converted to, and which way
is better."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from ledger.policy.parts import Part, ShortWords, Words
from ledger.vocabulary import Direction

LARGEST_COMPUTED = 1e300
"""What is further from 0 is taken as this: an event has no infinite numbers."""


class Unit(Part, frozen=True, kw_only=True):
    """A unit by another one: a value is `times` so many `of` them."""

    of: ShortWords
    times: Annotated[float, Meta(gt=0, le=1e15)]


class Metric(Part, frozen=True, kw_only=True):
    """A metric: the unit that its values are kept in, which of them are better, and other names."""

    unit: ShortWords
    direction: Direction | None = None
    aliases: tuple[Words, ...] = ()


class Converted(NamedTuple):
    """A value in the unit of its metric."""

    value: float
    unit: str


class Measuring(NamedTuple):
    """The policy's metrics by name, and its units."""

    metrics: Mapping[str, Metric]
    units: Mapping[str, Unit]

    def name_of(self, metric: str) -> str:
        """The policy's name of a metric, by that or another name of it; else the name as given."""
        wanted = folded(metric)
        for name, each in self.metrics.items():
            if wanted == folded(name) or wanted in map(folded, each.aliases):
                return name
        return " ".join(metric.split())

    def knows(self, unit: str) -> bool:
        """Whether it is a unit of the policy, or the one of a metric or of another unit."""
        return (
            unit in self.units
            or any(each.of == unit for each in self.units.values())
            or any(each.unit == unit for each in self.metrics.values())
        )

    def converted(self, metric: str, value: float, unit: str) -> Converted | None:
        """The value in the metric's unit; in the base unit for a metric that the policy lacks.

        None where the units do not convert.
        """
        base, times = self._base(unit)
        named = self.metrics.get(metric)
        if named is None:
            return Converted(_exact(value * times), base)
        return self.between(value, unit, named.unit)

    def between(self, value: float, unit: str, to: str) -> Converted | None:
        """The value in another unit; None where the two have no unit in common."""
        if unit == to:
            return Converted(value, to)
        base, times = self._base(unit)
        other, divisor = self._base(to)
        return Converted(_exact(value * times / divisor), to) if base == other else None

    def unit_of(self, metric: str, unit: str) -> str:
        """The unit that a metric's values are kept in, where some come in `unit`."""
        named = self.metrics.get(metric)
        return self._base(unit)[0] if named is None else named.unit

    def direction_of(self, metric: str) -> Direction | None:
        """Which values of a metric are better; None where the policy does not say."""
        named = self.metrics.get(metric)
        return None if named is None else named.direction

    def _base(self, unit: str) -> tuple[str, float]:
        named = self.units.get(unit)
        return (unit, 1.0) if named is None else (named.of, named.times)


def folded(name: str) -> str:
    """What names have in common that differ in case or spaces alone."""
    return " ".join(name.split()).casefold()


def computed(value: float) -> float:
    """Without the last digits, which a computation of many steps makes up: 14.4 is at 14.4."""
    return float(f"{max(-LARGEST_COMPUTED, min(value, LARGEST_COMPUTED)):.12g}")


def _exact(value: float) -> float:
    """Without the last digits, which a conversion makes up: 1900 ms are 1.9 s."""
    return float(f"{value:.15g}")
