"""Worker thread: runs a step, waits for a wake-up or a timeout, reports its status.

A failed step is retried with back-off; it never ends the thread.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from consumers.container.loop_status import report_status
from ledger.errors import LedgerError, Unavailable

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.2
"""Longest wait for a wake-up: another process may make work, and wakes nobody here."""
LONGEST_WAIT_SECONDS = 5.0
"""Limit of the back-off after failed steps, which doubles from IDLE_SECONDS."""
PACE_SECONDS = 0.03
LONGEST_REST_SECONDS = 0.2
REST = 1
BUSY = 0.75
"""Between two steps a loop rests for the pace; where news came during the step already and the
process took more than BUSY of a processor since, for so many times as long as the step took, within
these bounds. Each step takes the writers' lock and the interpreter's, for which the door would
otherwise wait: so a loop gives way to a storm, and catches up behind it, and is prompt when little
happens."""


@dataclass(slots=True)
class Loop:
    """One loop. `step` does the work there is and returns whether it did any; then `on_progress`
    is called.

    `state` is running, degraded (unavailable, is retried) or stopped (an error); `reason` says why.
    """

    name: str
    step: Callable[[], bool]
    on_progress: Callable[[], None] = lambda: None
    state: str = "stopped"
    reason: str = ""
    _wake_up: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self.state = "running"
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Ends the wait: there may be work."""
        self._wake_up.set()

    def stop(self) -> None:
        """Runs steps until nothing is left to do, then ends the thread. Blocking."""
        self._ending.set()
        self._wake_up.set()
        if self._thread is not None:
            self._thread.join()
        self.state = "stopped"

    def _run(self) -> None:
        wait = IDLE_SECONDS
        load = _Load()
        while True:
            self._wake_up.clear()
            last = self._ending.is_set()
            began = time.monotonic()
            moved = False
            try:
                if moved := self.step():
                    self.on_progress()
                self._report("running", "")
                wait = IDLE_SECONDS
            except LedgerError as error:
                self._report(
                    "degraded" if isinstance(error, Unavailable) else "stopped", str(error)
                )
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            except Exception as error:
                log.exception("loop_failed", loop=self.name)
                self._report("stopped", f"{type(error).__name__}: {error}")
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            if last and not moved:
                return
            if wait > IDLE_SECONDS:
                self._ending.wait(wait)
                continue
            if moved:
                storm = self._wake_up.is_set() and load.share() > BUSY
                self._ending.wait(_rest(time.monotonic() - began) if storm else PACE_SECONDS)
            else:
                self._wake_up.wait(wait)

    def _report(self, state: str, reason: str) -> None:
        report_status(self, state, reason)


class _Load:
    """How much of a processor the process takes: 1 is what one interpreter can have."""

    def __init__(self) -> None:
        self._at = time.monotonic(), time.process_time()

    def share(self) -> float:
        """Since it was last asked."""
        before, self._at = self._at, (time.monotonic(), time.process_time())
        return (self._at[1] - before[1]) / max(self._at[0] - before[0], 1e-6)


def _rest(took: float) -> float:
    """How long to rest in a storm after a step that took so long, in seconds."""
    return min(max(PACE_SECONDS, REST * took), LONGEST_REST_SECONDS)
