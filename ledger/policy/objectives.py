"""Service level objectives (runbook section 4): targets, and the rules that judge them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta

from ledger.policy.measuring import folded
from ledger.policy.parts import Part, Slug, Words
from ledger.policy.privacy import SystemName
from ledger.vocabulary import Severity

Amount = Annotated[float, Meta(ge=0, le=1e12)]
Comparison = Literal["<", "<=", ">", ">="]
JudgedBy = Literal["in_a_row", "burn_rate", "incidents"]
Query = Annotated[str, Meta(min_length=1, max_length=4_000)]


class Burn(Part, frozen=True, kw_only=True):
    """The error budget burns `rate` times as fast as it may, `over` so long: that is a breach."""

    over: timedelta
    rate: Amount


class OwnTarget(Part, frozen=True, kw_only=True):
    """The target of one system, in the objective's unit."""

    target: Amount


class PrometheusQuery(Part, frozen=True, kw_only=True):
    """How a Prometheus is asked for the measurements of an objective (PromQL).

    `reader` names a server of the settings. It is asked at the end of each `interval`; `$interval`
    stands for that, in seconds with an s, and `$system` for each of `systems`. `n_query` counts the
    samples.
    """

    reader: Slug
    query: Query
    systems: Annotated[tuple[SystemName, ...], Meta(min_length=1)]
    n_query: Query | None = None
    interval: timedelta = timedelta(hours=1)


class Objective(Part, frozen=True, kw_only=True):
    """A service level objective (runbook section 4); `target` is in `unit`.

    `judge` says how a breach is found; None, the objective is not judged. `in_a_row`: so many
    measurements, one after the other, miss the target. `burn_rate`: the values are ratios, and the
    error budget burns as fast as one of `burn` says. `incidents`: it counts incidents of
    `category`, and needs the sources to be heard for `coverage` percent of the time. Measurements
    of fewer than `min_n` samples are not judged. Attainment is over `window`, and `goal` percent of
    its measurements meet the target of an objective whose values are no ratios. After `fresh_for`
    without a measurement it is undecided. `severity` is that of the incident that a breach opens.
    """

    metric: Words
    comparison: Comparison
    target: Amount
    unit: Words
    judge: JudgedBy | None = None
    window: timedelta = timedelta(days=30)
    goal: Annotated[float, Meta(gt=0, le=100)] = 95
    in_a_row: Annotated[int, Meta(ge=1, le=100)] = 2
    burn: tuple[Burn, ...] = ()
    min_n: Annotated[int, Meta(ge=1, le=10**12)] = 1
    fresh_for: timedelta = timedelta(days=1)
    category: Slug | None = None
    coverage: Annotated[float, Meta(gt=0, le=100)] = 99
    severity: Severity | None = None
    systems: Mapping[SystemName, OwnTarget] = {}
    prometheus: PrometheusQuery | None = None

    def met_by(self, measurement: float) -> bool:
        """Whether a measurement, in the same unit, meets the objective."""
        return meets(measurement, self.comparison, self.target)

    def target_of(self, system: str) -> float:
        """The target of a system, however its name is written; in the objective's unit."""
        wanted = folded(system)
        targets = (own.target for name, own in self.systems.items() if folded(name) == wanted)
        return next(targets, self.target)

    @property
    def lower_is_better(self) -> bool:
        """Whether smaller values meet it."""
        return self.comparison in ("<", "<=")


def meets(value: float, comparison: Comparison, target: float) -> bool:
    """Whether `value comparison target` holds."""
    match comparison:
        case "<":
            return value < target
        case "<=":
            return value <= target
        case ">":
            return value > target
        case ">=":
            return value >= target
