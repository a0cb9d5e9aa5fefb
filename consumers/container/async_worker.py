"""Worker of the event loop: a coroutine that runs until cancelled and reports its status.

A failed task restarts with back-off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from consumers.container.loop_status import report_status

log = structlog.get_logger(__name__)

AGAIN_AFTER_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0
"""The back-off doubles from the first to the second; a task that ran for longer starts over."""

ReportStatus = Callable[[str, str], None]
"""Takes a state (running, degraded, stopped) and the reason."""


@dataclass(slots=True)
class Task:
    """One task. `run` runs until it is cancelled, and cleans up then.

    `state` and `reason` are what `consumers.container.thread_worker.Loop` has.
    """

    name: str
    run: Callable[[ReportStatus], Awaitable[None]]
    state: str = "stopped"
    reason: str = ""
    _task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Starts the task in the running event loop."""
        self.state = "running"
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Cancels the task and waits until it has cleaned up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self.state = "stopped"

    async def _run(self) -> None:
        wait = AGAIN_AFTER_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self.run(self._report)
                reason = "It ended by itself."
            except Exception as error:
                log.exception("loop_failed", loop=self.name)
                reason = f"{type(error).__name__}: {error}"
            self._report("stopped", reason)
            lived = asyncio.get_running_loop().time() - began
            wait = AGAIN_AFTER_SECONDS if lived > LONGEST_WAIT_SECONDS else wait * 2
            await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS))

    def _report(self, state: str, reason: str) -> None:
        report_status(self, state, reason)
