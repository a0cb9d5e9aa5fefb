"""How a loop tells how it is, wherever it runs: to who asks, and to the log where it changes."""

from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class HasStatus(Protocol):
    """A loop. `state` is running, degraded (cannot now; tries again) or stopped."""

    name: str
    state: str
    reason: str


def report_status(loop: HasStatus, state: str, reason: str) -> None:
    """Notes the state, and why it is so."""
    if (state, reason) != (loop.state, loop.reason):
        write = log.info if state == "running" else log.warning
        write("loop_state", loop=loop.name, state=state, reason=reason)
    loop.state, loop.reason = state, reason
