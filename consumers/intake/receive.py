"""Intake: a body from a known source becomes signals, commands and notes, and is answered once
committed."""

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
from consumers.intake.chunks import Taken
from consumers.intake.embedded_commands import EmbeddedCommands
from consumers.intake.formats.registry import understand
from consumers.intake.future_bridge import Answers
from consumers.intake.in_hand import InHand
from consumers.intake.offload import sized
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.quarantine import never_stored, side_writes_for
from consumers.services import Services
from ledger.domain.envelope import kind_of, uuid_of
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Overloaded, Unavailable
from ledger.execute import Context, RecordSignals
from ledger.execute.executor import WAITING_OF_A_SOURCE
from ledger.execute.ordering import in_order_of_store
from ledger.store.side_records import SideWrite
from ledger.vocabulary import Scope, SourceKind


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a publisher: what its signals came to, all of it committed."""

    received: int
    recorded: int
    repeats: int
    quarantined: int
    incidents: tuple[UUID, ...]


class Intake:
    """Records or quarantines the bodies of HTTP requests.

    Once `ending` is true, no further chunk of a large body is begun: it is sent again.
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
        self._answers = Answers()
        self._clock = services.clock
        self._new_id = services.new_id
        self._bodies = InHand()
        self._in_hand: Counter[str] = Counter()

    async def take(
        self,
        source: str,
        kind: SourceKind,
        body: bytes,
        headers: Mapping[str, str],
        *,
        scope: Scope = Scope.PUBLISH,
    ) -> Received:
        """Records or quarantines a body; returns once that is committed.

        `scope` says whether commands in it are carried out. Raises Overloaded or Unavailable, and
        then nothing was recorded; of a body with commands, or a large one, perhaps a part, which
        will be a repeat. What can never be stored is quarantined.
        """
        incoming = Incoming(
            source=source,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            arrived_at=self._clock(),
            headers=headers,
        )
        async with self._bodies.turn(source, len(body)):
            return await self._record(incoming, kind, scope)

    async def _record(self, incoming: Incoming, kind: SourceKind, scope: Scope) -> Received:
        entry = self._new_id()
        understood = await sized(len(incoming.body), lambda: understand(kind, incoming))
        if understood.orders:
            return await asyncio.to_thread(self._obey, incoming, understood, kind, scope, entry)
        notes: tuple[SideWrite, ...] = ()
        if understood.refused or any(signal.shortened for signal in understood.signals):
            notes = await asyncio.to_thread(
                side_writes_for, self._store, understood, incoming, kind, entry
            )
        taken = await self._commit(incoming, understood, notes, entry)
        if taken.refused:
            await self._set_aside(incoming, taken, kind)
        return _received(understood, taken)

    async def _commit(
        self, incoming: Incoming, understood: ParsedBody, notes: tuple[SideWrite, ...], entry: str
    ) -> Taken:
        """Runs the body's request, or the chunks of a large one: one after the other."""
        request = RecordSignals(
            source=incoming.source,
            signals=understood.signals,
            notes=notes,
            truncation=understood.truncation,
        )
        context = context_of(incoming, entry)
        if not chunks.is_large(request.signals):
            return await self._run(chunks.requests_of(request), context)
        with self._room_for(incoming.source, len(request.signals)):
            ordered = await asyncio.to_thread(
                in_order_of_store, self._store, request.signals, context.at
            )
            return await self._run(chunks.requests_of(replace(request, signals=ordered)), context)

    async def _run(self, requests: chunks.Requests, context: Context) -> Taken:
        """See `chunks.run`; without a thread that waits."""
        try:
            request = next(requests)
            while True:
                try:
                    outcome = await self._answers.of(self._executor.submit(request, context))
                except chunks.NEVER as error:
                    request = requests.throw(error)
                else:
                    request = requests.send(outcome)
                if self._ending():
                    raise Unavailable(
                        "The server is about to end; a part of the body is recorded.",
                        remedy="Send it again in a moment: what is recorded is a repeat.",
                    )
        except StopIteration as done:
            taken: Taken = done.value
            return taken

    @contextmanager
    def _room_for(self, source: str, signals: int) -> Iterator[None]:
        """While a large body is in hand. Raises Overloaded where its source has its share already.

        Only a chunk of such a body waits in the executor at a time; all of it is in memory.
        """
        if self._in_hand[source] > WAITING_OF_A_SOURCE:
            raise Overloaded(
                f"{self._in_hand[source]} signals of large bodies of {source} are being recorded; "
                f"this process holds {WAITING_OF_A_SOURCE} of one source.",
                remedy="Send it again in a moment.",
            )
        self._in_hand[source] += signals
        try:
            yield
        finally:
            self._in_hand[source] -= signals
            if not self._in_hand[source]:
                del self._in_hand[source]

    async def _set_aside(self, incoming: Incoming, taken: Taken, kind: SourceKind) -> None:
        """Puts a body into quarantine of which some can never be stored."""
        entry = self._new_id()
        notes = await asyncio.to_thread(
            never_stored, self._store, taken.parts, incoming, kind, entry
        )
        request = RecordSignals(source=incoming.source, notes=notes)
        await self._answers.of(self._executor.submit(request, context_of(incoming, entry)))

    def _obey(
        self, incoming: Incoming, understood: ParsedBody, kind: SourceKind, scope: Scope, entry: str
    ) -> Received:
        """A body with commands: its parts one after the other, at last what was refused."""
        context = context_of(incoming, entry)
        orders = EmbeddedCommands(
            self._store,
            self._executor.execute,
            partial(get_or_create_person, self._store, self._executor),
            source=incoming.source,
            scope=scope,
        )
        kept = side_writes_for(self._store, replace(understood, refused=()), incoming, kind, entry)
        taken, refused = orders.take(understood, kept, context, context)
        understood = replace(understood, refused=(*understood.refused, *refused))
        if understood.refused:
            notes = side_writes_for(self._store, understood, incoming, kind, entry)
            self._executor.execute(RecordSignals(source=incoming.source, notes=notes), context)
        if taken.refused:
            entry = self._new_id()
            notes = never_stored(self._store, taken.parts, incoming, kind, entry)
            self._executor.execute(RecordSignals(source=incoming.source, notes=notes), context)
        return _received(understood, taken)


def context_of(incoming: Incoming, entry: str) -> Context:
    """The circumstances of what a body asks for; `entry` is its id."""
    name = f"source/{incoming.source}"
    return Context(
        at=incoming.arrived_at,
        actor=name,
        source=name,
        correlation=entry,
        body_digest=incoming.digest,
    )


def _received(understood: ParsedBody, taken: Taken) -> Received:
    quarantined = understood.quarantined + taken.refused
    return Received(
        received=taken.recorded + taken.repeats + quarantined,
        recorded=taken.recorded,
        repeats=taken.repeats,
        quarantined=quarantined,
        incidents=tuple(uuid_of(each) for each in taken.streams if kind_of(each) == INCIDENT.kind),
    )
