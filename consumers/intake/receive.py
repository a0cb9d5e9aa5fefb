"""Intake: a body from a known source becomes signals, commands and quarantine entries.

A body is answered once all of that is committed.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import msgspec
from msgspec.structs import replace

from consumers.access.people import get_or_create_person
from consumers.intake import chunks
from consumers.intake.admission import Admission
from consumers.intake.chunks import RecordResult
from consumers.intake.embedded_commands import EmbeddedCommands
from consumers.intake.formats.registry import parse
from consumers.intake.future_bridge import FutureBridge
from consumers.intake.offload import SMALL_BODY_BYTES, P, Result
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.quarantine import never_storable_writes, side_writes_for
from consumers.services import Services
from ledger.domain.envelope import kind_of, uuid_of
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Overloaded, Unavailable
from ledger.execute import Context, RecordSignals
from ledger.execute.executor import WAITING_OF_A_SOURCE
from ledger.execute.ordering import in_order_of_store
from ledger.store.side_records import SideWrite
from ledger.vocabulary import Scope, SourceKind

LOOKS_EVERY_SECONDS = 0.25
DROPPED_AFTER_SECONDS = 3.0
"""So long a thread may work on a body once the process is to end; most take a fraction of it."""


class Received(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a publisher, given after the commit: counts of its signals and commands.

    `incidents` are those that the signals and commands belong to. `ignored` says what was
    understood and is about nothing that the ledger keeps, such as another system's own incident.
    """

    received: int
    recorded: int
    repeats: int
    quarantined: int
    incidents: tuple[UUID, ...]
    ignored: tuple[str, ...] = ()


class Intake:
    """Receives bodies: parses, records or quarantines them. One event loop's own.

    `clock` gives the arrival time of a body (UTC), `new_id` ids. Once `ending` is true, no further
    chunk of a large body is recorded or parsed: its sender sends it again.
    """

    def __init__(
        self,
        services: Services,
        *,
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = services.store
        self._executor = services.executor
        self._ending = ending
        self._bridge = FutureBridge()
        self._clock = services.clock
        self._new_id = services.new_id
        self._admission = Admission()
        self._large: Counter[str] = Counter()
        """Signals of large bodies that are being recorded, by source."""

    async def receive(
        self,
        source: str,
        kind: SourceKind,
        body: bytes,
        headers: Mapping[str, str],
        *,
        scope: Scope = Scope.PUBLISH,
    ) -> Received:
        """Records or quarantines a body; returns once that is committed.

        `scope` says whether commands in it are executed. Raises Overloaded or Unavailable: then
        nothing was recorded, or of a body with commands, or a large one, a part, which is a repeat
        when the body is sent again. What can never be stored is quarantined.
        """
        incoming = Incoming(
            source=source,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            arrived_at=self._clock(),
            headers=headers,
        )
        async with self._admission.admit(source, len(body)):
            entry = self._new_id()
            if len(body) <= SMALL_BODY_BYTES:
                parsed = parse(kind, incoming)
            else:
                parsed = await self._in_thread(parse, kind, incoming)
            if parsed.commands:
                return await asyncio.to_thread(
                    self._record_with_commands, incoming, parsed, kind, scope, entry
                )
            writes: tuple[SideWrite, ...] = ()
            if parsed.refused or any(signal.shortened for signal in parsed.signals):
                writes = await self._in_thread(
                    side_writes_for, self._store, parsed, incoming, kind, entry
                )
            request = RecordSignals(
                source=source,
                signals=parsed.signals,
                notes=writes,
                truncation=parsed.truncation,
            )
            record = self._record_large if chunks.is_large(parsed.signals) else self._record
            result = await record(request, context_of(incoming, entry))
            if result.refused:
                await self._quarantine_never_storable(incoming, result, kind)
            return _received(parsed, result)

    async def _record(self, request: RecordSignals, context: Context) -> RecordResult:
        """Records a body's signals by one request, or a large body by its chunks one by one.

        Does what `chunks.run` does, on the event loop.
        """
        requests = chunks.split(request)
        try:
            part = next(requests)
            while True:
                try:
                    outcome = await self._bridge.result_of(self._executor.submit(part, context))
                except chunks.NEVER as error:
                    part = requests.throw(error)
                else:
                    part = requests.send(outcome)
                self._require_time()
        except StopIteration as done:
            result: RecordResult = done.value
            return result

    async def _record_large(self, request: RecordSignals, context: Context) -> RecordResult:
        """Records a large body, in the order of the store's states. Raises Overloaded."""
        self._require_time()
        with self._room_for(request.source, len(request.signals)):
            ordered = await self._in_thread(
                in_order_of_store, self._store, request.signals, context.at
            )
            return await self._record(replace(request, signals=ordered), context)

    async def _in_thread(
        self, work: Callable[P, Result], *args: P.args, **named: P.kwargs
    ) -> Result:
        """The result of work in a thread. Raises Unavailable where the process is about to end.

        The work on a body of 16 MiB may take longer, on a machine that others use as well, than the
        process may take to end: what the thread does after `DROPPED_AFTER_SECONDS` is dropped.
        """
        running, seconds = asyncio.ensure_future(asyncio.to_thread(work, *args, **named)), 0.0
        try:
            while not (await asyncio.wait({running}, timeout=LOOKS_EVERY_SECONDS))[0]:
                seconds += LOOKS_EVERY_SECONDS if self._ending() else 0.0
                if seconds >= DROPPED_AFTER_SECONDS:
                    self._require_time()
            return running.result()
        finally:
            running.cancel()

    def _require_time(self) -> None:
        if self._ending():
            raise Unavailable(
                "The server is about to end; the body is not recorded, or a part of it.",
                remedy="Send it again in a moment: what is recorded is a repeat.",
            )

    @contextmanager
    def _room_for(self, source: str, signals: int) -> Iterator[None]:
        """Counts a large body's signals while it is recorded. Raises Overloaded above the limit.

        One chunk of such a body waits in the executor at a time; all of it is in memory.
        """
        if self._large[source] > WAITING_OF_A_SOURCE:
            raise Overloaded(
                f"{self._large[source]} signals of large bodies of {source} are being recorded; "
                f"this process holds {WAITING_OF_A_SOURCE} of one source.",
                remedy="Send it again in a moment.",
            )
        self._large[source] += signals
        try:
            yield
        finally:
            self._large[source] -= signals
            if not self._large[source]:
                del self._large[source]

    async def _quarantine_never_storable(
        self, incoming: Incoming, result: RecordResult, kind: SourceKind
    ) -> None:
        """Quarantines a body some of whose signals can never be stored."""
        entry = self._new_id()
        writes = await asyncio.to_thread(
            never_storable_writes, self._store, result.parts, incoming, kind, entry
        )
        request = RecordSignals(source=incoming.source, notes=writes)
        await self._bridge.result_of(self._executor.submit(request, context_of(incoming, entry)))

    def _record_with_commands(
        self, incoming: Incoming, parsed: ParsedBody, kind: SourceKind, scope: Scope, entry: str
    ) -> Received:
        """Records a body with commands, part by part; what was refused is quarantined last.

        Blocking.
        """
        context = context_of(incoming, entry)
        commands = EmbeddedCommands(
            self._store,
            self._executor.execute,
            partial(get_or_create_person, self._store, self._executor),
            source=incoming.source,
            scope=scope,
        )
        kept = side_writes_for(self._store, replace(parsed, refused=()), incoming, kind, entry)
        result, refused = commands.record(parsed, kept, context, context)
        parsed = replace(parsed, refused=(*parsed.refused, *refused))
        if parsed.refused or result.ignored:  # the source is heard, too, where it commands nothing
            writes = side_writes_for(self._store, parsed, incoming, kind, entry)
            self._executor.execute(RecordSignals(source=incoming.source, notes=writes), context)
        if result.refused:
            entry = self._new_id()
            writes = never_storable_writes(self._store, result.parts, incoming, kind, entry)
            self._executor.execute(RecordSignals(source=incoming.source, notes=writes), context)
        return _received(parsed, result)


def context_of(incoming: Incoming, entry: str) -> Context:
    """The context of the requests that a body leads to; `entry` is the body's id."""
    name = f"source/{incoming.source}"
    return Context(
        at=incoming.arrived_at,
        actor=name,
        source=name,
        correlation=entry,
        body_digest=incoming.digest,
    )


def _received(parsed: ParsedBody, result: RecordResult) -> Received:
    quarantined = parsed.quarantined + result.refused
    ignored = (*((parsed.ignored,) if parsed.ignored else ()), *result.ignored)
    return Received(
        received=result.recorded + result.repeats + quarantined + len(ignored),
        recorded=result.recorded,
        repeats=result.repeats,
        quarantined=quarantined,
        incidents=tuple(uuid_of(each) for each in result.streams if kind_of(each) == INCIDENT.kind),
        ignored=ignored,
    )
