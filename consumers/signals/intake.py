"""Intake: a body from a known source becomes signals, commands and notes, and is answered once
committed."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from msgspec.structs import replace

from consumers.people import person_named
from consumers.signals.adapter import Incoming, Understood
from consumers.signals.answers import Answers
from consumers.signals.formats import understand
from consumers.signals.orders import Orders
from consumers.signals.quarantine import notes_for
from consumers.signals.sizes import sized
from ledger.execute import Context, Executor, Outcome, TakeSignals
from ledger.store.port import Store
from ledger.store.records import Note
from ledger.vocabulary import Scope, SourceKind


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a publisher: what its signals came to, all of it committed."""

    received: int
    recorded: int
    repeats: int
    quarantined: int
    incidents: tuple[UUID, ...]


class Intake:
    """Takes bodies. `clock` gives their arrival time, `new_id` ids."""

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
        self._answers = Answers()
        self._clock = clock
        self._new_id = new_id

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
        then nothing was recorded; of a body with commands perhaps a part, which will be a repeat.
        """
        incoming = Incoming(
            source=source,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            arrived_at=self._clock(),
            headers=headers,
        )
        entry = self._new_id()
        understood = await sized(len(body), lambda: understand(kind, incoming))
        if understood.orders:
            return await asyncio.to_thread(self._obey, incoming, understood, kind, scope, entry)
        notes: tuple[Note, ...] = ()
        if understood.refused or any(signal.shortened for signal in understood.signals):
            notes = await asyncio.to_thread(
                notes_for, self._store, understood, incoming, kind, entry
            )
        return await self._commit(incoming, understood, notes, entry)

    async def _commit(
        self, incoming: Incoming, understood: Understood, notes: tuple[Note, ...], entry: str
    ) -> Received:
        request = TakeSignals(
            source=incoming.source,
            signals=understood.signals,
            notes=notes,
            truncation=understood.truncation,
        )
        context = context_of(incoming, entry)
        outcome = await self._answers.of(self._executor.submit(request, context))
        return _received(understood, outcome)

    def _obey(
        self, incoming: Incoming, understood: Understood, kind: SourceKind, scope: Scope, entry: str
    ) -> Received:
        """A body with commands: its parts one after the other, at last what was refused."""
        context = context_of(incoming, entry)
        orders = Orders(
            self._store,
            self._executor.execute,
            partial(person_named, self._store, self._executor),
            source=incoming.source,
            scope=scope,
        )
        kept = notes_for(self._store, replace(understood, refused=()), incoming, kind, entry)
        outcome, refused = orders.take(understood, kept, context, context)
        understood = replace(understood, refused=(*understood.refused, *refused))
        if understood.refused:
            notes = notes_for(self._store, understood, incoming, kind, entry)
            self._executor.execute(TakeSignals(source=incoming.source, notes=notes), context)
        return _received(understood, outcome)


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


def _received(understood: Understood, outcome: Outcome) -> Received:
    quarantined = len(understood.refused)
    return Received(
        received=outcome.recorded + outcome.repeats + quarantined,
        recorded=outcome.recorded,
        repeats=outcome.repeats,
        quarantined=quarantined,
        incidents=outcome.incidents,
    )
