"""A measurement's state, folded from its stream."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.metric import events as e


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, last; None before it was. `retracted`: it holds no more."""

    measured: e.Measured | None = None
    retracted: bool = False

    @property
    def system(self) -> str:
        """The system that was measured; empty before."""
        return self.measured.system if self.measured else ""


def evolve(state: Measurement, event: e.MetricEvent) -> Measurement:
    """The state after an event."""
    match event:
        case e.Measured():
            return Measurement(measured=event)
        case e.Retracted():
            return replace(state, retracted=True)
        case _:
            assert_never(event)
