"""A bound that senders share: how many bytes are held at a time, and how many of one sender."""

from collections import Counter


class Shares:
    """Bytes held, by sender. Not thread-safe.

    One sender holds at most `most_of_one`, and all hold at most `most`. Above that, a sender is
    still given what is within an equal part of it, until all hold twice as much: so those who hold
    all of it do not shut out one that asks for little.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most = most
        self.most_of_one = most_of_one
        self._held: Counter[str] = Counter()
        self.total = 0

    def held_by(self, sender: str) -> int:
        """How many bytes a sender holds."""
        return self._held[sender]

    def has_room(self, sender: str, size: int) -> bool:
        """Whether a sender may hold so many bytes more."""
        own, total = self._held[sender] + size, self.total + size
        if own > self.most_of_one:
            return False
        if total <= self.most:
            return True
        senders = len(self._held.keys() | {sender})
        return total <= 2 * self.most and own <= self.most // senders

    def add(self, sender: str, size: int) -> None:
        """Counts bytes in."""
        self._held[sender] += size
        self.total += size

    def remove(self, sender: str, size: int) -> None:
        """Counts bytes out that were counted in."""
        self.total -= size
        self._held[sender] -= size
        if not self._held[sender]:
            del self._held[sender]
