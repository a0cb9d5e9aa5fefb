"""What an adapter gives: a body's signals and commands, and what of it was not understood."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from consumers.intake.kafka_records import Raw
from ledger.domain.alert import Signal
from ledger.domain.command import Command
from ledger.execute import Truncation
from ledger.store.side_records import QuarantinePart

Part = TypeVar("Part")
PARTS_LISTED = 1_000
"""So many refused parts of a body are listed, with their places; the others are counted."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A body as it arrived, from a source that is known; `record` is Kafka's, where it came so."""

    source: str
    body: bytes
    digest: str
    arrived_at: datetime
    headers: Mapping[str, str] = {}
    only: frozenset[int] | None = None
    """For a retry: the parts to take; None takes all."""
    record: Raw | None = None

    def taken(self, parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
        """Those of the body's parts that are to be taken, each with its place."""
        return (
            (index, part)
            for index, part in enumerate(parts)
            if self.only is None or index in self.only
        )


class EmbeddedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that came in a body, as its `index`-th part (None: the body is nothing else).

    `kind` is that of the stream it is for. `subject` names the stream, or is the sender's own key
    of one that it opens. `own_id` is the sender's id of this very message; it is taken once.
    `after` of the body's signals come before it.
    """

    index: int | None
    after: int
    type: str
    kind: str
    subject: str
    command: Command
    own_id: str


class Refusals:
    """The parts of a body that are refused: the first ones are listed, the others counted."""

    def __init__(self) -> None:
        self._listed: list[QuarantinePart] = []
        self.omitted = 0

    def add(self, index: int | None, reason: str) -> None:
        """Refuses a part."""
        if len(self._listed) < PARTS_LISTED:
            self._listed.append(QuarantinePart(index=index, reason=reason))
        else:
            self.omitted += 1

    @property
    def listed(self) -> tuple[QuarantinePart, ...]:
        """The first ones, in the order in which they were refused."""
        return tuple(self._listed)


class ParsedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body's signals and commands in order, and the parts that go to quarantine.

    `omitted` counts refused parts beyond those that `refused` lists.
    """

    signals: tuple[Signal, ...] = ()
    orders: tuple[EmbeddedCommand, ...] = ()
    refused: tuple[QuarantinePart, ...] = ()
    omitted: int = 0
    truncation: Truncation | None = None

    @property
    def received(self) -> int:
        """How many signals and commands the body held, understood or not."""
        return len(self.signals) + len(self.orders) + self.quarantined

    @property
    def quarantined(self) -> int:
        """How many of them were not understood."""
        return len(self.refused) + self.omitted

    def parts(self) -> Iterator[tuple[Signal, ...] | EmbeddedCommand]:
        """Its parts as they came: runs of signals, and the commands between them."""
        first = 0
        for order in self.orders:
            if order.after > first:
                yield self.signals[first : order.after]
                first = order.after
            yield order
        if first < len(self.signals):
            yield self.signals[first:]


Adapter = Callable[[Incoming], ParsedBody]


def rejected(reason: str) -> ParsedBody:
    """A body that is no body of its format at all."""
    return ParsedBody(refused=(QuarantinePart(index=None, reason=reason),))
