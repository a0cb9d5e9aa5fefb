"""What an evaluation file was found to say: values, what was refused of it, and what was declared.

No data is its own case: whatever the file, its mapping and whoever sends it leave open is None, and
a value without direction, unit or number of samples is not judgeable.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.vocabulary import Direction, Origin


class FoundValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a file.

    `found` is its name there, `metric` the policy's name for it where one was declared, else the
    same. `until` is the moment, or the end of the window, that was measured; None: nothing says it,
    and the time of receipt is taken. `path` is where it stands in the file. `origins` says of each
    statement that was made where it came from; `measured_at` among them speaks of the time.
    """

    found: str
    metric: str
    value: float
    path: str
    unit: str | None = None
    direction: Direction | None = None
    n: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    segment: Mapping[str, str] = {}
    model: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    judge_model: str | None = None
    origins: Mapping[str, Origin] = {}

    @property
    def undecided(self) -> tuple[str, ...]:
        """What is missing for a judgement, of unit, direction and n."""
        return tuple(name for name in ("unit", "direction", "n") if getattr(self, name) is None)

    @property
    def judgeable(self) -> bool:
        """Whether unit, direction and number of samples are known."""
        return not self.undecided


class RefusedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that was not taken: where it stands, what stands there (cut), and why.

    The path is empty where it is about the whole file; `found` is its name, if it got so far.
    """

    path: str
    value: str
    reason: str
    found: str | None = None


class ReadEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, by which mapping; `left_out` are the names that none was declared for."""

    tool: str
    tool_version: str | None
    mapping_digest: str
    values: tuple[FoundValue, ...]
    refused: tuple[RefusedValue, ...]
    left_out: tuple[str, ...] = ()


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever sends a file says of it. It fills what the file lacks, and contradicts nothing.

    `names` are the values to take and the policy's names for them; empty: all, as they are called.
    `zone` is where the file's times without an offset were written.
    """

    names: Mapping[str, str] = {}
    unit: str | None = None
    direction: Direction | None = None
    n: Annotated[int, Meta(ge=1)] | None = None
    measured_at: datetime | None = None
    zone: str | None = None
    segment: Mapping[str, str] = {}
    model: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    judge_model: str | None = None


class ValueRefused(Exception):
    """One value cannot be taken; the rest of the file can."""

    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.value = value
        self.reason = reason


class WholeFileRefused(ValueRefused):
    """Nothing in the file can be taken: its run did not end, or failed."""
