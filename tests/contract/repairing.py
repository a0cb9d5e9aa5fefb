"""What a store does when events are put back that were lost at its end."""

import pytest

from ledger.errors import Conflict
from ledger.store.port import Store
from ledger.store.side_records import TokenRevoked
from tests.contract.samples import event, seal_all, token


class RepairContract:
    """Missing events come back to their leaves, behind the last one that is there."""

    def test_events_are_put_back_to_their_leaves_with_what_they_cause(self, store: Store) -> None:
        store.append([event("a", 1)], [token("d1", "ann")])

        store.restore(
            1,
            [event("a", 2), event("b", 1)],
            [TokenRevoked(holder_kind="token", holder_name="ann")],
        )

        assert [(0, "a", 1), (1, "a", 2), (2, "b", 1)] == [
            (entry.leaf, entry.stream, entry.version) for entry in store.read(0, 9, sealed=False)
        ]
        found = store.access.token("d1")
        assert found is not None
        assert found.revoked

    @pytest.mark.parametrize("first", [0, 2])
    def test_events_are_put_back_behind_the_last_one_alone(self, first: int, store: Store) -> None:
        store.append([event("a", 1)])

        with pytest.raises(Conflict, match="The store holds 1 events"):
            store.restore(first, [event("a", 2)])

        assert 1 == store.size()

    def test_what_is_put_back_is_sealed_and_followed_by_the_next(self, store: Store) -> None:
        store.append([event("a", 1)])
        seal_all(store)

        store.restore(1, [event("a", 2)])

        assert range(2, 3) == store.append([event("a", 3)])
