"""What happens to a measurement. `at` is the end of what was measured; of a retraction, when."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import Text
from ledger.vocabulary import Direction, Purpose


class Measured(Event, frozen=True, kw_only=True):
    """A metric of a system had a value, from `since` to `at`; without `since`, at that moment.

    `value` is in `unit` as it came, `standard_value` in `standard_unit` as the policy converts it.
    `n` counts the samples. `segment` names a part of what the system does, by label. What is unset
    is not known: without a unit, a direction or `n` the measurement is not judged. `origins` says
    of each field where it came from (file, mapping, declared, policy, receipt), and `path` where in
    the file the value stands. `evidence` and `mapping` are SHA-256 digests (hex) of the file and of
    the mapping that it was read with. `metric_as_found` is there where the policy names it
    otherwise. `own_id` is its id where it came from.
    """

    name: ClassVar[str] = "metric.measured.v1"

    system: str
    metric: str
    value: float
    purpose: Purpose
    unit: str | UnsetType = UNSET
    standard_value: float | UnsetType = UNSET
    standard_unit: str | UnsetType = UNSET
    direction: Direction | UnsetType = UNSET
    n: int | UnsetType = UNSET
    since: datetime | UnsetType = UNSET
    segment: dict[str, str] = msgspec.field(default_factory=dict)
    metric_as_found: str | UnsetType = UNSET
    own_id: str | UnsetType = UNSET
    release: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    dataset: str | UnsetType = UNSET
    dataset_digest: str | UnsetType = UNSET
    judge: str | UnsetType = UNSET
    tool: str | UnsetType = UNSET
    tool_version: str | UnsetType = UNSET
    evidence: str | UnsetType = UNSET
    mapping: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    origins: dict[str, str] = msgspec.field(default_factory=dict)


class Retracted(Event, frozen=True, kw_only=True):
    """The measurement was wrong: nothing is judged by it any more."""

    name: ClassVar[str] = "metric.retracted.v1"

    reason: Text


MetricEvent = Measured | Retracted
