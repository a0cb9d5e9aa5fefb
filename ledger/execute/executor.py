"""Group commit: what arrives while a batch is being committed shares the next one."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

import structlog
from msgspec.structs import replace

from ledger.domain.catalogue import CODEC
from ledger.errors import Conflict, LedgerError, NeverStorable, Unavailable
from ledger.execute.context import Context, Outcome
from ledger.execute.fair_queue import FairQueue, Waiting
from ledger.execute.handlers import handle, weight_of
from ledger.execute.last_seen import LastSeenCache
from ledger.execute.prefetching import prefetch
from ledger.execute.requests import Request
from ledger.execute.state_cache import StateCache, resolve_leaf
from ledger.execute.unit_of_work import Work
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store

log = structlog.get_logger(__name__)

SIGNALS_PER_BATCH = 500
"""A batch is closed once it has so many signals: all in it wait for the commit of the whole."""
WAITING_SIGNALS = 50_000
"""So many signals may wait in all; beyond, requests are refused as Overloaded."""
WAITING_OF_A_SOURCE = 25_000
"""So many of them may be one source's: half of the room is the others'."""
CACHED_STREAMS = 20_000
"""States held in memory, the least recently used dropped first."""
TRIES = 50
"""A batch is decided again so often after conflicts; then it fails with Unavailable."""


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
        self._cache = StateCache(self._mapper, CACHED_STREAMS)
        self._last_seen = LastSeenCache(store)
        self._clock = clock
        self._new_id = new_id
        self._committed: Callable[[], None] = lambda: None
        self._measured: Callable[[int, float], None] = lambda events, seconds: None
        self._waiting = FairQueue()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="executor", daemon=True)
        self._thread.start()

    def on_commit(self, committed: Callable[[], None]) -> None:
        """Has `committed` called after each append that had events."""
        self._committed = committed

    def measure(self, measured: Callable[[int, float], None]) -> None:
        """Has `measured` called after each append that had events, in the executor's thread.

        Its arguments are their count, and the seconds that deciding and committing took.
        """
        self._measured = measured

    def submit(self, request: Request, context: Context) -> "Future[Outcome]":
        """Queues a request; its future is done once it is committed, refused or failed.

        Sources are served in turn. Raises Overloaded when too much of this one's waits already, or
        of all, Unavailable once closing.
        """
        source, weight = _source_of(context), weight_of(request)
        waiting = Waiting(request, context, Future(), source, weight)
        with self._changed:
            if self._closing:
                raise Unavailable("The ledger is closing.", remedy="Send it again in a moment.")
            self._waiting.require_room(source, WAITING_SIGNALS, WAITING_OF_A_SOURCE)
            self._waiting.add(waiting)
            self._changed.notify()
        return waiting.future

    def execute(self, request: Request, context: Context) -> Outcome:
        """Runs a request and waits for it. Blocking. Raises what refused it."""
        return self.submit(request, context).result()

    @property
    def waiting(self) -> int:
        """How many signals and commands wait to be committed."""
        return self._waiting.weight

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
            self._process(batch)
            with self._changed:
                for each in batch:
                    self._waiting.done(each)

    def _next_batch(self) -> list[Waiting]:
        """Sources in turn; the same idempotency key again waits for the first one's answer."""
        batch: list[Waiting] = []
        keys: set[tuple[str, str]] = set()
        weight = 0

        def is_free(waiting: Waiting) -> bool:
            key = waiting.context.idempotency
            return key is None or (key.token, key.key) not in keys

        while not batch or weight < SIGNALS_PER_BATCH:
            waiting = self._waiting.pop(is_free)
            if waiting is None:
                break
            if (key := waiting.context.idempotency) is not None:
                keys.add((key.token, key.key))
            weight += waiting.weight
            batch.append(waiting)
        return batch

    def _process(self, batch: list[Waiting]) -> None:
        """Commits a batch and answers it. What was cancelled before is left out."""
        batch = [each for each in batch if each.future.set_running_or_notify_cancel()]
        if batch:
            self._commit_or_split(batch)

    def _commit_or_split(self, batch: list[Waiting]) -> None:
        """Decides a batch again after a conflict; a request that can never be stored fails alone.

        Of a batch that cannot be stored each half is committed by itself, and so on: one such
        request among n costs the others 2 log2(n) more commits.
        """
        failure: Exception = Unavailable(
            f"The append met a conflict with another writer {TRIES} times in a row.",
            remedy="Send it again in a moment.",
        )
        for tried in range(1, TRIES + 1):
            began = time.perf_counter()
            try:
                work, outcomes, leaves = self._commit(batch)
            except Conflict:
                log.info("append_conflict", tried=tried, requests=len(batch))
            except NeverStorable as error:
                log.warning("never_storable", requests=len(batch), reason=str(error))
                failure = error
                break
            except LedgerError as error:
                return _fail(batch, error)
            except Exception as error:
                log.exception("batch_failed", requests=len(batch))
                self._cache.clear()
                failure = error
                break
            else:
                took = time.perf_counter() - began
                _answer(batch, outcomes, leaves)
                return self._notify_committed(len(work.events), took) if work.events else None
        if len(batch) == 1:
            return _fail(batch, failure)
        half = len(batch) // 2
        self._commit_or_split(batch[:half])
        return self._commit_or_split(batch[half:])

    def _commit(self, batch: list[Waiting]) -> tuple[Work, list[Outcome | Exception], range]:
        work = Work(
            self._store,
            self._mapper,
            self._cache,
            self._last_seen,
            clock=self._clock,
            new_id=self._new_id,
        )
        prefetch([(each.request, each.context) for each in batch], work)
        outcomes = [_decide(each.request, each.context, work) for each in batch]
        leaves = range(0)
        if work.events or work.side_writes:
            leaves = self._store.append(work.events, [*work.side_writes, *work.preconditions()])
            work.committed(leaves)
        return work, outcomes, leaves

    def _notify_committed(self, events: int, took: float) -> None:
        try:
            self._committed()
            self._measured(events, took)
        except Exception:
            log.exception("on_commit_failed")


def _decide(request: Request, context: Context, work: Work) -> Outcome | Exception:
    """What a request comes to, or what refused it; a fault of ours is its own alone."""
    point = work.savepoint()
    try:
        return handle(request, context, work)
    except Unavailable:
        raise
    except LedgerError as refusal:
        work.rollback(point)
        return refusal
    except Exception as error:
        log.exception("request_failed", request=type(request).__name__)
        work.rollback(point)
        return error


def _answer(batch: list[Waiting], outcomes: list[Outcome | Exception], leaves: range) -> None:
    for each, outcome in zip(batch, outcomes, strict=True):
        try:
            answer = _with_leaf(outcome, leaves) if isinstance(outcome, Outcome) else outcome
        except Exception as error:
            log.exception("request_failed", request=type(each.request).__name__)
            answer = error
        if isinstance(answer, Outcome):
            each.future.set_result(answer)
        else:
            each.future.set_exception(answer)


def _fail(batch: list[Waiting], error: Exception) -> None:
    for each in batch:
        each.future.set_exception(error)


def _with_leaf(outcome: Outcome, leaves: range) -> Outcome:
    if outcome.stream is None:
        return outcome
    return replace(outcome, position=resolve_leaf(outcome.position, leaves))


def _source_of(context: Context) -> str:
    """The queue of a request: its source, or the partition that it was read from."""
    return context.source if context.moved is None else context.moved.follower
