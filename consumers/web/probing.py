"""Probes the store for this process: at most once a second, shared by all callers.

If this process appends, the probe is a durable write: reads succeed on a full disk, while another
process holds the writers' lock, and on a read-only server. `/health/ready` needs no token, so the
number of probes must not grow with the number of requests.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

import structlog

from consumers.container.ledger import Ledger
from consumers.container.roles import WRITER_ROLES, Role
from ledger.errors import LedgerError
from projections.catalogue import PROJECTIONS
from projections.engine import position

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
"""How long all callers share a result. Load balancers and supervisors ask every few seconds each;
one flush per second is acceptable on any disk."""
PATIENCE_SECONDS = 5.0
"""A probe that takes longer counts as a store that does not answer. The store itself waits 10 s for
a lock, which is Prometheus' scrape timeout: the answer must come before that."""

NEVER_FILLED = (
    "The read models of views.url were never filled, so queries return nothing. Name those that a "
    "projector fills, or start one: airledger run projector."
)


class ProbeResult(NamedTuple):
    """The result of a probe: whether it succeeded, and the error or what answers lack."""

    done: bool
    reason: str = ""


class SharedProbe:
    """Runs `run` (blocking) in its own thread on demand, unless a fresh result exists.

    `run` returns what answers lack, or an empty string. It raises LedgerError on failure.
    """

    def __init__(self, run: Callable[[], str]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._latest: Future[ProbeResult] | None = None
        self._began = 0.0
        self._ended = 0.0

    async def ask(self) -> ProbeResult:
        """The newest result, at most FRESH_SECONDS old; returns within PATIENCE_SECONDS."""
        latest, began = self._current()
        left = began + PATIENCE_SECONDS - time.monotonic()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(latest), max(0.0, left))
        except TimeoutError:
            waited = time.monotonic() - began
            return ProbeResult(
                done=False,
                reason=f"The store has not answered a probe for {waited:.0f} s: another writer "
                "holds its lock, or its disk or server is stuck. It is probed until it answers.",
            )

    def _current(self) -> tuple[Future[ProbeResult], float]:
        """The running or fresh probe, else a new one; and when waiting for it began."""
        with self._lock:
            now = time.monotonic()
            latest = self._latest
            if latest is None or (latest.done() and now - self._ended > FRESH_SECONDS):
                latest = Future()
                latest.set_running_or_notify_cancel()  # who gives up waiting cancels nothing
                threading.Thread(target=self._probe, args=(latest,), daemon=True).start()
                self._latest, self._began = latest, now
            return latest, now if latest.done() else self._began

    def _probe(self, into: Future[ProbeResult]) -> None:
        try:
            result = ProbeResult(done=True, reason=self._run())
        except LedgerError as error:
            result = ProbeResult(done=False, reason=str(error))
        except Exception as error:
            log.exception("probe_failed")
            result = ProbeResult(done=False, reason=f"{type(error).__name__}: {error}")
        self._ended = time.monotonic()
        into.set_result(result)


class StoreHealth(NamedTuple):
    """The health of the store for a process.

    `up`: it answers, and accepts a durable write if this process appends. `cannot` is why requests
    to this process fail, `lacking` what its answers lack; each is empty if there is no such fault.
    """

    up: bool
    cannot: str = ""
    lacking: str = ""


class StoreProbe:
    """Probes what a process with these roles needs: a read, and a write if it appends."""

    def __init__(self, ledger: Ledger, roles: frozenset[Role]) -> None:
        self._vital = Role.INTAKE in roles
        self._reads = SharedProbe(lambda: _probe_read(ledger, roles))
        self._writes = SharedProbe(lambda: _probe_write(ledger))
        self._appends = not WRITER_ROLES.isdisjoint(roles)

    async def ask(self) -> StoreHealth:
        """The health of the store, at most FRESH_SECONDS old.

        A process without the intake continues to answer queries while nothing can be written, so a
        failed write is `lacking` there.
        """
        reads = await self._reads.ask()
        if not reads.done:
            return StoreHealth(up=False, cannot=reads.reason)
        writes = await self._writes.ask() if self._appends else ProbeResult(done=True)
        if writes.done:
            return StoreHealth(up=True, lacking=reads.reason)
        if self._vital:
            return StoreHealth(up=False, cannot=writes.reason)
        return StoreHealth(up=False, lacking=f"Nothing can be recorded. {writes.reason}")


def _probe_write(ledger: Ledger) -> str:
    ledger.store.probe()
    return ""


def _probe_read(ledger: Ledger, roles: frozenset[Role]) -> str:
    """What the answers of this process lack, or an empty string. Raises LedgerError."""
    state = ledger.store.log_state()
    if Role.WEB not in roles:
        return ""
    folded = position(ledger.views, PROJECTIONS)
    if Role.PROJECTOR in roles or folded or not (state and state.size):
        return ""
    return NEVER_FILLED
