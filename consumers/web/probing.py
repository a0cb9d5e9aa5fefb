"""Whether the store serves this process: one probe a second at most, shared by all who ask.

The probe is a durable write where this process appends: a full disk, a writers' lock that somebody
holds and a read-only server all read well. `/health/ready` needs no token, so that what one answer
costs must not grow with how often it is asked for.
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
"""For so long an answer stands for all who ask. Load balancers and supervisors ask every few
seconds, each of them; a flush a second is what any disk bears."""
PATIENCE_SECONDS = 5.0
"""A probe that takes longer is told as a store that does not answer. The store itself waits 10 s
for a lock, as long as Prometheus waits for a scrape: the answer must come before that."""

NEVER_FILLED = (
    "Nobody ever filled the read models of views.url, so queries show nothing. Name those that a "
    "projector fills, or let one run: airledger run projector."
)


class Told(NamedTuple):
    """What one probe came to: whether it was done, and why not, or what it lacks all the same."""

    done: bool
    reason: str = ""


class SharedProbe:
    """Runs `run` (blocking) in a thread of its own when somebody asks and no answer is fresh.

    `run` returns what is lacking, or an empty string. Raises LedgerError where it cannot.
    """

    def __init__(self, run: Callable[[], str]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._latest: Future[Told] | None = None
        self._began = 0.0
        self._ended = 0.0

    async def ask(self) -> Told:
        """The newest answer, at most FRESH_SECONDS old; it is given within PATIENCE_SECONDS."""
        latest, began = self._started()
        left = began + PATIENCE_SECONDS - time.monotonic()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(latest), max(0.0, left))
        except TimeoutError:
            waited = time.monotonic() - began
            return Told(
                done=False,
                reason=f"The store has not answered a probe for {waited:.0f} s: another writer "
                "holds its lock, or its disk or server is stuck. It is probed until it answers.",
            )

    def _started(self) -> tuple[Future[Told], float]:
        """The probe that is under way or fresh, else a new one; and since when it is asked."""
        with self._lock:
            now = time.monotonic()
            latest = self._latest
            if latest is None or (latest.done() and now - self._ended > FRESH_SECONDS):
                latest = Future()
                latest.set_running_or_notify_cancel()  # who gives up waiting cancels nothing
                threading.Thread(target=self._probe, args=(latest,), daemon=True).start()
                self._latest, self._began = latest, now
            return latest, now if latest.done() else self._began

    def _probe(self, into: Future[Told]) -> None:
        try:
            told = Told(done=True, reason=self._run())
        except LedgerError as error:
            told = Told(done=False, reason=str(error))
        except Exception as error:
            log.exception("probe_failed")
            told = Told(done=False, reason=f"{type(error).__name__}: {error}")
        self._ended = time.monotonic()
        into.set_result(told)


class Probed(NamedTuple):
    """How the store serves a process.

    `up`: it answers, and takes a durable write where this process appends. `cannot` says why what
    is routed to this process cannot be done, `lacking` what its answers lack all the same; each is
    empty where there is nothing to say.
    """

    up: bool
    cannot: str = ""
    lacking: str = ""


class StoreProbe:
    """Tries what is routed to a process with these roles: a read, and a write where it appends."""

    def __init__(self, ledger: Ledger, roles: frozenset[Role]) -> None:
        self._vital = Role.INTAKE in roles
        self._reads = SharedProbe(lambda: _read(ledger, roles))
        self._writes = SharedProbe(lambda: _written(ledger))
        self._appends = not WRITER_ROLES.isdisjoint(roles)

    async def ask(self) -> Probed:
        """How the store serves this process now, or did within the last FRESH_SECONDS.

        While nothing can be written a process without the intake goes on to answer queries, so that
        is `lacking` there.
        """
        reads = await self._reads.ask()
        if not reads.done:
            return Probed(up=False, cannot=reads.reason)
        writes = await self._writes.ask() if self._appends else Told(done=True)
        if writes.done:
            return Probed(up=True, lacking=reads.reason)
        if self._vital:
            return Probed(up=False, cannot=writes.reason)
        return Probed(up=False, lacking=f"Nothing can be recorded. {writes.reason}")


def _written(ledger: Ledger) -> str:
    ledger.store.probe()
    return ""


def _read(ledger: Ledger, roles: frozenset[Role]) -> str:
    """What the answers of this process lack, if anything. Raises LedgerError."""
    state = ledger.store.log_state()
    if Role.WEB not in roles:
        return ""
    folded = position(ledger.views, PROJECTIONS)
    if Role.PROJECTOR in roles or folded or not (state and state.size):
        return ""
    return NEVER_FILLED
