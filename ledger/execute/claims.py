"""Names that have one effect: within a batch, and for good."""

from collections.abc import Collection

from ledger.store.port import Store
from ledger.store.side_records import ConsumedId, SideWrite


class Claims:
    """Names by scope that requests of one batch claimed, and ids that were consumed before."""

    def __init__(self, store: Store, side_writes: list[SideWrite]) -> None:
        self._store = store
        self._side_writes = side_writes
        self._claimed: dict[tuple[str, str], None] = {}
        self._consumed: dict[tuple[str, str], bool] = {}

    def __len__(self) -> int:
        """How many names the batch claimed."""
        return len(self._claimed)

    def claim_once(self, scope: str, name: str) -> bool:
        """Claims a name within this batch; False where a request of it has done so."""
        if (scope, name) in self._claimed:
            return False
        self._claimed[scope, name] = None
        return True

    def look_up(self, ids: Collection[tuple[str, str]]) -> None:
        """Reads in one query which of these (scope, id) were consumed. Raises Unavailable."""
        if ids:
            consumed = self._store.idempotency.consumed_ids(ids)
            self._consumed |= {pair: pair in consumed for pair in ids}

    def consume(self, scope: str, name: str) -> bool:
        """Consumes an id for good, with this batch; False where it was consumed before.

        Raises Unavailable where it was not looked up and cannot be.
        """
        if (scope, name) not in self._consumed:
            self.look_up([(scope, name)])
        if self._consumed[scope, name] or not self.claim_once(scope, name):
            return False
        self._side_writes.append(ConsumedId(scope=scope, id=name))
        return True

    def rollback(self, count: int) -> None:
        """Releases the claims behind the first `count` ones."""
        while len(self._claimed) > count:
            self._claimed.popitem()
