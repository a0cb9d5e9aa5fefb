"""The points of a series: measurements as judging looks at them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.identity import named, system_id
from ledger.domain.metric import Measured
from ledger.vocabulary import Direction, Purpose


def series_id(system: str, metric: str, segment: Mapping[str, str]) -> UUID:
    """The series of a metric of a system in a segment, measured in operation."""
    return named("series", str(system_id(system)), metric, sorted(segment.items()))


class Point(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A measurement in a series, in the unit of its metric; `leaf` is that of its event.

    Without a unit, a direction or a number of samples it is not judged, and nor is one that was
    retracted. `late`: when it was recorded the series had a later one; `old`: it had ended longer
    before than the policy's `backdate_limit`. Objectives judge neither: both count in attainment.
    """

    measurement: UUID
    leaf: int
    until: datetime
    value: float
    since: datetime | None = None
    unit: str | None = None
    direction: Direction | None = None
    n: int | None = None
    dataset: str | None = None
    judge: str | None = None
    retracted: bool = False
    late: bool = False
    old: bool = False

    @property
    def judgeable(self) -> bool:
        """Whether it can be judged."""
        known = self.unit is not None and self.direction is not None and bool(self.n)
        return known and not self.retracted

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place in the series: by the end of what was measured, then as it was recorded."""
        return self.until, self.leaf


def point_of(measured: Measured, measurement: UUID, leaf: int) -> Point | None:
    """The point of a measurement; None for one that is for no series (an evaluation)."""
    if measured.purpose is not Purpose.MONITORING:
        return None
    standard = measured.standard_unit or None
    return Point(
        measurement=measurement,
        leaf=leaf,
        until=measured.at,
        value=measured.value if standard is None else _known(measured.standard_value),
        since=measured.since or None,
        unit=standard,
        direction=measured.direction or None,
        n=measured.n or None,
        dataset=measured.dataset_digest or None,
        judge=measured.judge or None,
    )


def _known(value: float | UnsetType) -> float:
    if value is UNSET:
        raise ValueError("a measurement in a standard unit has a standard value")
    return value
