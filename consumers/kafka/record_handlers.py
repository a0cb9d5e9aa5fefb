"""What records become: requests whose effect and position are one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Protocol

from msgspec.structs import replace

from consumers.access.people import by_airledger, get_or_create_person
from consumers.intake.chunks import RecordResult, chunk, is_large
from consumers.intake.embedded_commands import EmbeddedCommands, refusal_reason
from consumers.intake.future_bridge import FutureBridge
from consumers.intake.kafka_records import Raw, arrived_at, delivered
from consumers.intake.quarantine import side_writes_for
from consumers.intake.receive import context_of
from consumers.intake.record_parser import (
    UNKNOWN_SOURCE,
    ParsedRecord,
    Sources,
    enforce_topic,
    parse_record,
    sources_in_use,
)
from consumers.metrics.counters import SIGNALS
from ledger.errors import NOT_ITS_OWN, LedgerError
from ledger.execute import AdvanceFollower, Context, Executor, Outcome, RecordBodies, RecordSignals
from ledger.execute.ordering import in_order_of_store
from ledger.store.port import Store
from ledger.store.side_records import PositionMove


class RecordHandler(Protocol):
    """Takes the records of one topic's partitions, in order."""

    most: int
    """So many records are at most one transaction."""

    async def take(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """Takes records and moves the position, or does neither.

        Raises StaleVersion where another moved it, Unavailable, Fork, UnknownEvent; anything else
        is the records' own or a fault of ours.
        """

    async def set_aside(self, record: Raw, moved: PositionMove, why: str) -> None:
        """Puts a record into quarantine and moves the position. Raises as `take` does."""

    async def pass_over(self, moved: PositionMove) -> None:
        """Moves the position, over what is no record. Raises StaleVersion, ..."""


class BaseHandler:
    """What both kinds of taking do."""

    commands: bool

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._new_id = new_id

    async def set_aside(self, record: Raw, moved: PositionMove, why: str) -> None:
        """See `RecordHandler`."""
        await asyncio.to_thread(self._set_aside, record, moved, why)

    async def pass_over(self, moved: PositionMove) -> None:
        """See `RecordHandler`."""
        context = by_airledger(self._clock(), self._new_id())
        await asyncio.to_thread(self._executor.execute, AdvanceFollower(moved=moved), context)

    def _set_aside(self, record: Raw, moved: PositionMove, why: str) -> None:
        read = self._read(record, sources_in_use(self._store)).refused(why)
        self._quarantine(read, moved)

    def _read(self, record: Raw, sources: Sources) -> ParsedRecord:
        arrived = arrived_at(record, self._clock())
        read = parse_record(delivered(record), sources, arrived)
        return enforce_topic(read, record.topic, commands=self.commands)

    def _body(self, read: ParsedRecord) -> tuple[RecordSignals, Context]:
        """What a record comes to: its signals, and itself where it goes to quarantine."""
        entry = self._new_id()
        request = RecordSignals(
            source=read.source,
            signals=read.parsed.signals,
            notes=side_writes_for(self._store, read.parsed, read.incoming, read.kind, entry),
            truncation=read.parsed.truncation,
        )
        return request, context_of(read.incoming, entry)

    def _quarantine(self, read: ParsedRecord, moved: PositionMove) -> None:
        request, context = self._body(read)
        outcome = self._executor.execute(request, replace(context, moved=moved))
        count(read, outcome)


class SignalHandler(BaseHandler):
    """Takes a topic of signals, many records a transaction."""

    most = 500
    commands = False

    @cached_property
    def _answers(self) -> FutureBridge:
        return FutureBridge()

    async def take(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """See `RecordHandler`."""
        read, request = await asyncio.to_thread(self._all, records)
        ahead = RecordResult()
        if len(records) == 1 and is_large(request.parts[0][0].signals):
            request, ahead = await asyncio.to_thread(self._ahead, *request.parts[0])
        context = by_airledger(self._clock(), self._new_id())
        asked = self._executor.submit(request, replace(context, moved=moved))
        outcome = await self._answers.result_of(asked)
        for each, part in zip(read, outcome.parts, strict=True):
            ahead.add(part)
            count(each, ahead.outcome)
            ahead = RecordResult()

    def _ahead(self, body: RecordSignals, context: Context) -> tuple[RecordBodies, RecordResult]:
        """Takes the chunks of a large record but for the last, which goes with the position.

        Where it ends in between, the record is read again, and what was taken is a repeat.
        """
        ordered = in_order_of_store(self._store, body.signals, context.at)
        parts = list(chunk(replace(body, signals=ordered)))
        taken = RecordResult()
        for part in parts[:-1]:
            taken.add(self._executor.execute(part, context))
        return RecordBodies(parts=((parts[-1], context),)), taken

    def _all(self, records: Sequence[Raw]) -> tuple[list[ParsedRecord], RecordBodies]:
        sources = sources_in_use(self._store)
        read = [self._read(record, sources) for record in records]
        return read, RecordBodies(parts=tuple(self._body(each) for each in read))


class CommandHandler(BaseHandler):
    """Takes a topic of commands: each record is a transaction."""

    most = 1
    commands = True

    async def take(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """See `RecordHandler`."""
        for record in records:
            await asyncio.to_thread(self._obey, record, moved)

    def _obey(self, record: Raw, moved: PositionMove) -> None:
        read = self._read(record, sources_in_use(self._store))
        if read.parsed.refused:
            return self._quarantine(read, moved)
        [embedded] = read.parsed.commands
        commands = EmbeddedCommands(
            self._store,
            self._executor.execute,
            self._owner_of,
            source=read.source,
            scope=read.scope,
        )
        context = replace(context_of(read.incoming, self._new_id()), moved=moved)
        try:
            outcome = commands.execute(embedded, context)
        except NOT_ITS_OWN:
            raise
        except LedgerError as error:
            return self._quarantine(read.refused(refusal_reason(embedded, error)), moved)
        done = outcome.events > 0
        return count(read, replace(outcome, recorded=int(done), repeats=int(not done)))

    def _owner_of(self, context: Context, name: str) -> str:
        """A person is admitted by a request of its own, which moves nothing."""
        return get_or_create_person(self._store, self._executor, replace(context, moved=None), name)


def count(read: ParsedRecord, outcome: Outcome) -> None:
    """Counts what a record came to, as the door over HTTP does."""
    source = read.source if read.known else UNKNOWN_SOURCE
    quarantined = read.parsed.quarantined
    counted = {"recorded": outcome.recorded, "repeats": outcome.repeats}
    for name, number in (*counted.items(), ("quarantined", quarantined)):
        if number:
            SIGNALS.labels(source, name).inc(number)
