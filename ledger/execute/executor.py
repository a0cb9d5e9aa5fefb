"""Group commit: what arrives while a batch is being committed shares the next one."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

import structlog

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import stream_id
from ledger.errors import Conflict, LedgerError, Overloaded, Unavailable
from ledger.execute.context import Context, Outcome
from ledger.execute.handlers import handle
from ledger.execute.heard import HeardLately
from ledger.execute.requests import Request, TakeSignals
from ledger.execute.work import StateCache, Work
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store

log = structlog.get_logger(__name__)

SIGNALS_PER_BATCH = 500
WAITING_SIGNALS = 50_000
CACHED_STREAMS = 20_000
TRIES = 50

Waiting = tuple[Request, Context, "Future[Outcome]"]


class Executor:
    """The one way in. Thread-safe; one thread of its own decides and appends.

    `clock` gives the recording time (UTC), `new_id` a fresh UUIDv7.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._mapper = EnvelopeMapper(CODEC)
        self._cache = StateCache(CACHED_STREAMS)
        self._heard = HeardLately(store)
        self._clock = clock
        self._new_id = new_id
        self._committed: Callable[[], None] = lambda: None
        self._waiting: deque[Waiting] = deque()
        self._weight = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="executor", daemon=True)
        self._thread.start()

    def on_commit(self, committed: Callable[[], None]) -> None:
        """Has `committed` called after each append that had events."""
        self._committed = committed

    def submit(self, request: Request, context: Context) -> "Future[Outcome]":
        """Queues a request; its future is done once it is committed, refused or failed.

        Raises Overloaded when too much waits already, Unavailable once closing.
        """
        future: Future[Outcome] = Future()
        with self._changed:
            if self._closing:
                raise Unavailable("The ledger is closing.", remedy="Send it again in a moment.")
            if self._weight > WAITING_SIGNALS:
                raise Overloaded(
                    f"{self._weight} signals wait to be committed; this process holds "
                    f"{WAITING_SIGNALS}.",
                    remedy="Send it again in a moment.",
                )
            self._weight += _weight(request)
            self._waiting.append((request, context, future))
            self._changed.notify()
        return future

    def execute(self, request: Request, context: Context) -> Outcome:
        """Runs a request and waits for it. Blocking. Raises what refused it."""
        return self.submit(request, context).result()

    @property
    def waiting(self) -> int:
        """How many signals and commands wait to be committed."""
        return self._weight

    def close(self) -> None:
        """Finishes what waits, then stops."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                batch = self._next_batch()
            try:
                self._commit(batch)
            except LedgerError as error:
                _fail(batch, error)
            except Exception as error:
                log.exception("batch_failed")
                self._cache.clear()
                _fail(batch, error)
            with self._changed:
                self._weight -= sum(_weight(request) for request, _, _ in batch)

    def _next_batch(self) -> list[Waiting]:
        """Oldest first; the same idempotency key again waits for the first one's answer."""
        batch: list[Waiting] = []
        keys: set[tuple[str, str]] = set()
        weight = 0
        while self._waiting and (not batch or weight < SIGNALS_PER_BATCH):
            key = self._waiting[0][1].idempotency
            if key is not None and (key.token, key.key) in keys:
                break
            if key is not None:
                keys.add((key.token, key.key))
            batch.append(self._waiting.popleft())
            weight += _weight(batch[-1][0])
        return batch

    def _commit(self, batch: list[Waiting]) -> None:
        for tried in range(1, TRIES + 1):
            work = Work(
                self._store,
                self._mapper,
                self._cache,
                self._heard,
                clock=self._clock,
                new_id=self._new_id,
            )
            outcomes = [_decide(request, context, work) for request, context, _ in batch]
            try:
                leaves = (
                    self._store.append(work.events, work.notes)
                    if work.events or work.notes
                    else range(0)
                )
            except Conflict:
                log.info("append_conflict", tried=tried, events=len(work.events))
                continue
            work.committed(leaves)
            if work.events:
                self._committed()
            for (_, _, future), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, LedgerError):
                    future.set_exception(outcome)
                else:
                    future.set_result(_placed(outcome, work))
            return
        raise Unavailable(
            f"Other writers were first {TRIES} times in a row.", remedy="Send it again in a moment."
        )


def _decide(request: Request, context: Context, work: Work) -> Outcome | LedgerError:
    point = work.savepoint()
    try:
        return handle(request, context, work)
    except Unavailable:
        raise
    except LedgerError as refusal:
        work.rollback(point)
        return refusal


def _placed(outcome: Outcome, work: Work) -> Outcome:
    if outcome.incident is None:
        return outcome
    stream = stream_id("incident", outcome.incident)
    if outcome.replayed is not None:
        [first, *_] = work.store.load({stream: outcome.version - 1})[stream]
        position = first.leaf
    else:
        position = work.loaded(stream).leaf
    return Outcome(
        incident=outcome.incident,
        version=outcome.version,
        position=position,
        replayed=outcome.replayed,
        events=outcome.events,
    )


def _weight(request: Request) -> int:
    return max(1, len(request.signals)) if isinstance(request, TakeSignals) else 1


def _fail(batch: list[Waiting], error: Exception) -> None:
    for _, _, future in batch:
        if not future.done():
            future.set_exception(error)
