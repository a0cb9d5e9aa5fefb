"""Where followers stood before a batch."""

from collections.abc import Collection

from ledger.store.port import Store


class Positions:
    """Positions of followers as stored, each read at most once in a batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next: dict[str, int] = {}

    def look_up(self, followers: Collection[str]) -> None:
        """Reads many positions in one query. Raises Unavailable."""
        if followers:
            self._next |= self._store.followers.positions(followers)

    def of(self, follower: str) -> int:
        """The next leaf or offset that a follower had to read before this batch."""
        if follower not in self._next:
            self.look_up([follower])
        return self._next[follower]
