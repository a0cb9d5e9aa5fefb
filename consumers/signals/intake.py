"""Intake: a body from a known source becomes signals and notes, and is answered once committed."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from consumers.answers import Answers
from consumers.signals.adapter import Incoming, Understood
from consumers.signals.formats import ADAPTERS
from consumers.signals.quarantine import notes_for
from ledger.execute import Context, Executor, TakeSignals
from ledger.store.port import Store
from ledger.store.records import Note
from ledger.vocabulary import SourceKind

SMALL_BODY_BYTES = 16 * 1024
"""Up to here a body is read on the event loop: going to a thread and back costs more."""


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
        self, source: str, kind: SourceKind, body: bytes, headers: Mapping[str, str]
    ) -> Received:
        """Records or quarantines a body; returns once that is committed.

        Raises Overloaded or Unavailable, and then nothing was recorded.
        """
        incoming = Incoming(
            source=source,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            arrived_at=self._clock(),
            headers=headers,
        )
        entry = self._new_id()
        if len(body) <= SMALL_BODY_BYTES:
            understood = ADAPTERS[kind](incoming)
        else:
            understood = await asyncio.to_thread(ADAPTERS[kind], incoming)
        notes: tuple[Note, ...] = ()
        if understood.refused or any(signal.shortened for signal in understood.signals):
            notes = await asyncio.to_thread(
                notes_for, self._store, understood, incoming, kind, entry
            )
        return await self._commit(incoming, understood, notes, entry)

    async def _commit(
        self, incoming: Incoming, understood: Understood, notes: tuple[Note, ...], entry: str
    ) -> Received:
        name = f"source/{incoming.source}"
        request = TakeSignals(
            source=incoming.source,
            signals=understood.signals,
            notes=notes,
            truncation=understood.truncation,
        )
        context = Context(
            at=incoming.arrived_at,
            actor=name,
            source=name,
            correlation=entry,
            body_digest=incoming.digest,
        )
        outcome = await self._answers.of(self._executor.submit(request, context))
        return Received(
            received=understood.received,
            recorded=outcome.recorded,
            repeats=outcome.repeats,
            quarantined=len(understood.refused),
            incidents=outcome.incidents,
        )
