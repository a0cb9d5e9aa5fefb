"""Handlers of records: each request commits its events and the position in one transaction."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from msgspec.structs import replace

from consumers.access.people import get_or_create_person
from consumers.access.tokens import sources_in_use
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
)
from consumers.metrics.counters import SIGNALS
from consumers.services import Services
from ledger.errors import NOT_ITS_OWN, LedgerError
from ledger.execute import AdvanceFollower, Context, Outcome, RecordBodies, RecordSignals
from ledger.execute.ordering import in_order_of_store
from ledger.store.side_records import PositionMove


class RecordHandler(Protocol):
    """Processes the records of one topic's partitions, in order."""

    max_records: int
    """One transaction has at most so many records."""

    async def process(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """Records events and moves the position, or does neither.

        Raises StaleVersion where another moved it, Unavailable, Fork, UnknownEvent; anything else
        is a fault of the records or of this program.
        """

    async def quarantine(self, record: Raw, moved: PositionMove, why: str) -> None:
        """Quarantines a record for the reason `why`, moves the position. Raises as `process`."""

    async def skip(self, moved: PositionMove) -> None:
        """Moves the position over offsets that hold no record. Raises StaleVersion, ..."""


class BaseHandler:
    """What both handlers share. `commands`: whether the topic is one of commands."""

    commands: bool

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._executor = services.executor

    async def quarantine(self, record: Raw, moved: PositionMove, why: str) -> None:
        """See `RecordHandler`."""
        await asyncio.to_thread(self._parse_and_quarantine, record, moved, why)

    async def skip(self, moved: PositionMove) -> None:
        """See `RecordHandler`."""
        context = self._services.context()
        await asyncio.to_thread(self._executor.execute, AdvanceFollower(moved=moved), context)

    def _parse_and_quarantine(self, record: Raw, moved: PositionMove, why: str) -> None:
        parsed = self._parse(record, sources_in_use(self._store)).refused(why)
        self._quarantine(parsed, moved)

    def _parse(self, record: Raw, sources: Sources) -> ParsedRecord:
        arrived = arrived_at(record, self._services.clock())
        parsed = parse_record(delivered(record), sources, arrived)
        return enforce_topic(parsed, record.topic, commands=self.commands)

    def _request(self, parsed: ParsedRecord) -> tuple[RecordSignals, Context]:
        """A record's request: its signals, and its body where that is quarantined."""
        entry = self._services.new_id()
        request = RecordSignals(
            source=parsed.source,
            signals=parsed.parsed.signals,
            notes=side_writes_for(self._store, parsed.parsed, parsed.incoming, parsed.kind, entry),
            truncation=parsed.parsed.truncation,
        )
        return request, context_of(parsed.incoming, entry)

    def _quarantine(self, parsed: ParsedRecord, moved: PositionMove) -> None:
        request, context = self._request(parsed)
        outcome = self._executor.execute(request, replace(context, moved=moved))
        count_outcome(parsed, outcome)


class SignalHandler(BaseHandler):
    """Processes a topic of signals, many records a transaction."""

    max_records = 500
    commands = False

    @cached_property
    def _bridge(self) -> FutureBridge:
        return FutureBridge()

    async def process(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """See `RecordHandler`."""
        parsed, request = await asyncio.to_thread(self._parse_all, records)
        ahead = RecordResult()
        if len(records) == 1 and is_large(request.parts[0][0].signals):
            request, ahead = await asyncio.to_thread(self._record_leading_chunks, *request.parts[0])
        context = self._services.context()
        asked = self._executor.submit(request, replace(context, moved=moved))
        outcome = await self._bridge.result_of(asked)
        for each, part in zip(parsed, outcome.parts, strict=True):
            ahead.add(part)
            count_outcome(each, ahead.outcome)
            ahead = RecordResult()

    def _record_leading_chunks(
        self, body: RecordSignals, context: Context
    ) -> tuple[RecordBodies, RecordResult]:
        """Records all chunks of a large record except the last, which moves the position.

        After a failure in between, the record is read again, and these signals are repeats.
        """
        ordered = in_order_of_store(self._store, body.signals, context.at)
        parts = list(chunk(replace(body, signals=ordered)))
        taken = RecordResult()
        for part in parts[:-1]:
            taken.add(self._executor.execute(part, context))
        return RecordBodies(parts=((parts[-1], context),)), taken

    def _parse_all(self, records: Sequence[Raw]) -> tuple[list[ParsedRecord], RecordBodies]:
        sources = sources_in_use(self._store)
        parsed = [self._parse(record, sources) for record in records]
        return parsed, RecordBodies(parts=tuple(self._request(each) for each in parsed))


class CommandHandler(BaseHandler):
    """Processes a topic of commands: each record is a transaction."""

    max_records = 1
    commands = True

    async def process(self, records: Sequence[Raw], moved: PositionMove) -> None:
        """See `RecordHandler`."""
        for record in records:
            await asyncio.to_thread(self._execute, record, moved)

    def _execute(self, record: Raw, moved: PositionMove) -> None:
        parsed = self._parse(record, sources_in_use(self._store))
        if parsed.parsed.refused:
            return self._quarantine(parsed, moved)
        [embedded] = parsed.parsed.commands
        commands = EmbeddedCommands(
            self._store,
            self._executor.execute,
            self._owner_of,
            source=parsed.source,
            scope=parsed.scope,
        )
        context = replace(context_of(parsed.incoming, self._services.new_id()), moved=moved)
        try:
            outcome = commands.execute(embedded, context)
        except NOT_ITS_OWN:
            raise
        except LedgerError as error:
            return self._quarantine(parsed.refused(refusal_reason(embedded, error)), moved)
        done = outcome.events > 0
        return count_outcome(parsed, replace(outcome, recorded=int(done), repeats=int(not done)))

    def _owner_of(self, context: Context, name: str) -> str:
        """Registers a person in a request of its own, which moves no position."""
        return get_or_create_person(self._store, self._executor, replace(context, moved=None), name)


def count_outcome(parsed: ParsedRecord, outcome: Outcome) -> None:
    """Counts a record's outcome, as HTTP intake does."""
    source = parsed.source if parsed.known else UNKNOWN_SOURCE
    quarantined = parsed.parsed.quarantined
    counted = {"recorded": outcome.recorded, "repeats": outcome.repeats}
    for name, number in (*counted.items(), ("quarantined", quarantined)):
        if number:
            SIGNALS.labels(source, name).inc(number)
