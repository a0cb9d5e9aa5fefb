"""How many bytes of bodies are held at a time, and how many of them from one sender.

A body is held in memory while its sender sends the rest of it, and until it is answered. What is
asked for is reserved before the first byte is read, so that many large bodies that never end leave
room for others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from consumers.intake.shares import Shares
from ledger.errors import Overloaded

KNOWN_BYTES = 128 * 1024 * 1024
"""Of senders whose token was accepted: eight bodies of the largest size; half of it for one."""
UNKNOWN_BYTES = 32 * 1024 * 1024
"""Of addresses whose token comes in the body: 32 bodies of the largest size; half of it for one."""


class Reservation:
    """Bytes that one request reserved."""

    def __init__(self, shares: Shares, sender: str, size: int) -> None:
        self._shares = shares
        self._sender = sender
        self.size = size

    def reduce(self, size: int) -> None:
        """Gives back what is above so many bytes, once it is known how many there are."""
        if size < self.size:
            self._shares.remove(self._sender, self.size - size)
            self.size = size


class Reading:
    """Bytes reserved by those whose bodies are held. One event loop's own."""

    def __init__(self, most: int) -> None:
        self._shares = Shares(most, most // 2)

    @contextmanager
    def reserved(self, sender: str, size: int) -> Iterator[Reservation]:
        """Reserves so many bytes. Raises Overloaded where these, or the sender's, are too many."""
        shares = self._shares
        if not shares.has_room(sender, size):
            raise Overloaded(
                f"Bodies of {shares.total} bytes are held, {shares.held_by(sender)} of them of "
                f"this sender; {size} more are above {shares.most}, or half of it for one sender.",
                remedy="Send it again in a moment, in smaller bodies.",
            )
        shares.add(sender, size)
        reservation = Reservation(shares, sender, size)
        try:
            yield reservation
        finally:
            shares.remove(sender, reservation.size)
