"""Limits the bytes of bodies in memory, in total and per sender.

A body stays in memory while it arrives and until it is answered. Its bytes are reserved before the
first one is read, so that many unfinished large bodies leave room for others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from consumers.intake.shares import Shares
from ledger.errors import Overloaded

KNOWN_BYTES = 128 * 1024 * 1024
"""For authenticated senders: eight bodies of the largest size; half of it for one sender."""
UNKNOWN_BYTES = 32 * 1024 * 1024
"""For addresses with the token in the body: 32 bodies of the largest size; half for one."""


class Reservation:
    """The bytes that one request reserved."""

    def __init__(self, shares: Shares, sender: str, size: int) -> None:
        self._shares = shares
        self._sender = sender
        self.size = size

    def reduce(self, size: int) -> None:
        """Releases the bytes above `size`, once the body's size is known."""
        if size < self.size:
            self._shares.remove(self._sender, self.size - size)
            self.size = size


class Reading:
    """The reserved bytes of all bodies. Not thread-safe: for one event loop."""

    def __init__(self, most: int) -> None:
        self._shares = Shares(most, most // 2)

    @contextmanager
    def reserved(self, sender: str, size: int) -> Iterator[Reservation]:
        """Reserves bytes. Raises Overloaded above the limit, in total or for the sender."""
        shares = self._shares
        if not shares.has_room(sender, size):
            raise Overloaded(
                f"Bodies of {shares.total} bytes are in memory, {shares.held_by(sender)} of them "
                f"from this sender; {size} more exceed {shares.most}, or half of it per sender.",
                remedy="Send it again in a moment, in smaller bodies.",
            )
        shares.add(sender, size)
        reservation = Reservation(shares, sender, size)
        try:
            yield reservation
        finally:
            shares.remove(sender, reservation.size)
