"""What happens to a trigger of a system, metric and segment. `at` is the end of what was judged."""

from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event


class TriggerFired(Event, frozen=True, kw_only=True):
    """A trigger fired: `value` is above `threshold`, both in `unit`, and `action` is called for.

    `baseline` and `mean` are the means of the quarter before and of `quarter`, of a drop from the
    one to the other. `improvement` is the id of the improvement that is proposed. `leaf` is that of
    the event by which it was found, and `measurement` the one that is above the threshold, where a
    trigger looks at the newest alone.
    """

    name: ClassVar[str] = "trigger.fired.v1"

    trigger: str
    system: str
    metric: str
    segment: dict[str, str]
    value: float
    threshold: float
    unit: str
    action: str
    improvement: str
    leaf: int
    measurement: str | UnsetType = UNSET
    quarter: str | UnsetType = UNSET
    baseline: float | UnsetType = UNSET
    mean: float | UnsetType = UNSET


class TriggerCleared(Event, frozen=True, kw_only=True):
    """It would not fire any more (`basis`: met, retracted); that it fired stays on record.

    `value` is what it is now; unset where nothing can be judged.
    """

    name: ClassVar[str] = "trigger.cleared.v1"

    basis: str
    leaf: int
    value: float | UnsetType = UNSET


TriggerEvent = TriggerFired | TriggerCleared
