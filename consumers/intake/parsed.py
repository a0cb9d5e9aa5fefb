"""A body as it arrived, and the result of parsing it: signals, commands and refused parts."""

from collections.abc import Iterator, Mapping, Sequence
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
"""At most this many refused parts of a body are listed, with their places; others are counted."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A body as it arrived from a known source.

    `digest` is its SHA-256 in hex, `headers` have names in lower case, `record` is the Kafka record
    whose value it is; None for a body that came over HTTP. `part_indexes` are the parts to parse,
    at a retry; None stands for all.
    """

    source: str
    body: bytes
    digest: str
    arrived_at: datetime
    headers: Mapping[str, str] = {}
    part_indexes: frozenset[int] | None = None
    record: Raw | None = None

    def selected_parts(self, parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
        """The body's parts that are to be parsed, each with its place."""
        return (
            (index, part)
            for index, part in enumerate(parts)
            if self.part_indexes is None or index in self.part_indexes
        )


class ForeignTicket(msgspec.Struct, frozen=True, kw_only=True):
    """An incident or ticket of another system, and how an incident of the ledger is found by it.

    `name` is what that system calls it. `addresses` are those that may be a ticket's on record,
    `key` the text by which an alert or a notification went there, `labels` those of a ticket: the
    incident's key is among them where the ledger opened it, and then `path` is how the address of
    the ticket on record ends.
    """

    system: str
    name: str
    addresses: tuple[str, ...] = ()
    key: str = ""
    labels: tuple[str, ...] = ()
    path: str = ""


class EmbeddedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that came in a body, as its `index`-th part (None: it is the whole body).

    `kind` is the kind of its stream. `subject` names the stream, or is the sender's own key of one
    that the command opens. `message_id` is the sender's id of this message; it is executed once.
    `after` is the number of the body's signals that come before it. A command that
    says what was done elsewhere is `about` a ticket there, which names the incident; `subject` is
    for people then. `person_names` are other names of the person whom it names: one that the ledger
    knows is taken. `restated`: its sender says so in every message, whether it changed or not.
    """

    index: int | None
    after: int
    type: str
    kind: str
    subject: str
    command: Command
    message_id: str
    about: ForeignTicket | None = None
    person_names: tuple[str, ...] = ()
    restated: bool = False


class Refusals:
    """Collects the refused parts of a body: the first ones are listed, the others counted."""

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
    """The signals and commands of a body in its order, and the parts that go to quarantine.

    `omitted` counts refused parts beyond those that `refused` lists. `ignored` says why the body,
    which was understood, is about nothing that the ledger keeps; empty where it is about something.
    """

    signals: tuple[Signal, ...] = ()
    commands: tuple[EmbeddedCommand, ...] = ()
    refused: tuple[QuarantinePart, ...] = ()
    omitted: int = 0
    truncation: Truncation | None = None
    ignored: str = ""

    @property
    def received(self) -> int:
        """The number of signals, commands and refused parts in the body."""
        return len(self.signals) + len(self.commands) + self.quarantined

    @property
    def quarantined(self) -> int:
        """The number of refused parts."""
        return len(self.refused) + self.omitted

    def parts(self) -> Iterator[tuple[Signal, ...] | EmbeddedCommand]:
        """Its parts in their order: runs of signals, and the commands between them."""
        first = 0
        for command in self.commands:
            if command.after > first:
                yield self.signals[first : command.after]
                first = command.after
            yield command
        if first < len(self.signals):
            yield self.signals[first:]


def rejected(reason: str) -> ParsedBody:
    """The result for a body that is refused as a whole."""
    return ParsedBody(refused=(QuarantinePart(index=None, reason=reason),))


def ignored(reason: str) -> ParsedBody:
    """The result for a body that was understood, and that nothing is to be done about."""
    return ParsedBody(ignored=reason)
