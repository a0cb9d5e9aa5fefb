"""What happens to an objective of a system, in a segment. `at` is the end of what was judged."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event


class ObjectiveBreached(Event, frozen=True, kw_only=True):
    """An objective is breached: `value` against `limit`, by the rule that judged it.

    `target` is in `unit`, the unit of the metric. `since` is when the first of the measurements
    that showed it begins; of these the last 100 are named. `leaf` is that of the event by which it
    was found.
    """

    name: ClassVar[str] = "objective.breached.v1"

    objective: str
    system: str
    metric: str
    segment: dict[str, str]
    comparison: str
    target: float
    unit: str
    rule: str
    value: float
    limit: float
    since: datetime
    measurements: tuple[str, ...]
    leaf: int


class ObjectiveRecovered(Event, frozen=True, kw_only=True):
    """It is met again, or what showed the breach was retracted (`basis`: met, retracted).

    `value` is the last one that was judged; unset where none is left.
    """

    name: ClassVar[str] = "objective.recovered.v1"

    basis: str
    leaf: int
    value: float | UnsetType = UNSET


ObjectiveEvent = ObjectiveBreached | ObjectiveRecovered
