"""Where a body is read: a small one at once, a large one where it holds nobody up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SMALL_BODY_BYTES = 16 * 1024
"""Up to here a body is read on the event loop: going to a thread and back costs more."""

Read = TypeVar("Read")


async def sized(size: int, read: Callable[[], Read]) -> Read:
    """What `read` makes of a body of so many bytes; it must wait for nothing."""
    return read() if size <= SMALL_BODY_BYTES else await asyncio.to_thread(read)
