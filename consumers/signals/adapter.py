"""What an adapter gives: the signals of a body, and what of it was not understood."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from ledger.domain.alert import Signal
from ledger.execute import Truncation
from ledger.store.records import QuarantinePart


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A body as it arrived, from a source that is known."""

    source: str
    body: bytes
    digest: str
    arrived_at: datetime
    headers: Mapping[str, str] = {}
    only: frozenset[int] | None = None
    """For a retry: the parts to take; None takes all."""


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """A body's signals in order, and the parts that go to quarantine."""

    signals: tuple[Signal, ...] = ()
    refused: tuple[QuarantinePart, ...] = ()
    truncation: Truncation | None = None

    @property
    def received(self) -> int:
        """How many signals the body held, understood or not."""
        return len(self.signals) + len(self.refused)


Adapter = Callable[[Incoming], Understood]


def not_understood(reason: str) -> Understood:
    """A body that is no body of its format at all."""
    return Understood(refused=(QuarantinePart(index=None, reason=reason),))
