"""Runs work on small bodies on the event loop, and on large ones in a thread."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

SMALL_BODY_BYTES = 16 * 1024
"""Up to this size work runs on the event loop: handing it to a thread and back costs more."""

P = ParamSpec("P")
Result = TypeVar("Result")


async def run_by_size(
    size: int, work: Callable[P, Result], *args: P.args, **named: P.kwargs
) -> Result:
    """The result of `work` on a body of `size` bytes. `work` must not block on I/O or locks."""
    if size <= SMALL_BODY_BYTES:
        return work(*args, **named)
    return await asyncio.to_thread(work, *args, **named)
