"""How many bytes of bodies are being read at a time, and how many of them from one sender.

A body is held in memory while its sender sends the rest of it. What is asked for is reserved before
the first byte is read, so that many large bodies that never end leave room for others.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import Overloaded

KNOWN_BYTES = 128 * 1024 * 1024
"""Of senders whose token was accepted: eight bodies of the largest size; half of it for one."""
UNKNOWN_BYTES = 32 * 1024 * 1024
"""Of addresses whose token comes in the body: 32 bodies of the largest size; half of it for one."""


class Reading:
    """Bytes reserved by those whose bodies are being read. One event loop's own."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: Counter[str] = Counter()
        self._total = 0

    @contextmanager
    def reserved(self, sender: str, size: int) -> Iterator[None]:
        """Reserves so many bytes. Raises Overloaded where these, or the sender's, are too many."""
        if self._total + size > self._most or self._of[sender] + size > self._most // 2:
            raise Overloaded(
                f"Bodies of {self._total} bytes are being read, {self._of[sender]} of them of this "
                f"sender; {size} more are above {self._most}, or half of that for one sender.",
                remedy="Send it again in a moment, in smaller bodies.",
            )
        self._of[sender] += size
        self._total += size
        try:
            yield
        finally:
            self._total -= size
            self._of[sender] -= size
            if not self._of[sender]:
                del self._of[sender]
