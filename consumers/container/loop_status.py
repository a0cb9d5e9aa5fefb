"""The status of a loop: kept for health and metrics, and logged when it changes."""

from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class HasStatus(Protocol):
    """A loop. `state` is running, degraded (unavailable, is retried) or stopped (an error)."""

    name: str
    state: str
    reason: str


def report_status(loop: HasStatus, state: str, reason: str) -> None:
    """Sets the state and its reason; logs a change."""
    if (state, reason) != (loop.state, loop.reason):
        write = log.info if state == "running" else log.warning
        write("loop_state", loop=loop.name, state=state, reason=reason)
    loop.state, loop.reason = state, reason
