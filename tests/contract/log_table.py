"""What a store holds of the transparency log's table and tiles."""

from contextlib import suppress

import pytest

from ledger.errors import Conflict, Fork
from ledger.store.port import Store
from tests.contract.samples import event, log_state, seal_all


class LogContract:
    """The log: begun once, moved by compare-and-set, under the writers' lock."""

    def test_there_is_no_log_before_it_is_started(self, store: Store) -> None:
        assert None is store.log_state()
        assert b"" == store.tile(0, 0)
        with store.sealing() as log:
            assert None is log.state()

    def test_a_log_is_started_once(self, store: Store) -> None:
        with store.sealing() as log:
            log.start(log_state(0))

        with pytest.raises(Conflict), store.sealing() as log:
            log.start(log_state(0, b"other"))

        assert log_state(0) == store.log_state()

    def test_a_log_moves_on_from_the_size_it_has(self, store: Store) -> None:
        store.append([event("a", 1), event("a", 2)])
        with store.sealing() as log:
            log.start(log_state(0))
            log.advance(log_state(0), log_state(2, b"two"), {(0, 0): b"row"})

        assert log_state(2, b"two") == store.log_state()
        assert b"row" == store.tile(0, 0)

    def test_who_knew_another_size_changes_nothing(self, store: Store) -> None:
        store.append([event("a", 1), event("a", 2)])
        seal_all(store)

        with pytest.raises(Conflict), store.sealing() as log:
            log.advance(log_state(1), log_state(2, b"late"), {(0, 0): b"late"})

        assert log_state(2) == store.log_state()
        assert b"" == store.tile(0, 0)

    def test_leaving_a_seal_with_an_error_undoes_it(self, store: Store) -> None:
        with suppress(ZeroDivisionError), store.sealing() as log:
            log.start(log_state(0))
            raise ZeroDivisionError

        assert None is store.log_state()

    def test_a_tile_is_replaced_by_its_wider_self(self, store: Store) -> None:
        store.append([event("a", 1), event("a", 2)])
        with store.sealing() as log:
            log.start(log_state(0))
            log.advance(log_state(0), log_state(1), {(0, 0): b"1", (1, 0): b"x"})
            assert b"1" == log.tile(0, 0)
            log.advance(log_state(1), log_state(2), {(0, 0): b"12"})

        assert [b"12", b"x", b""] == [store.tile(0, 0), store.tile(1, 0), store.tile(0, 1)]

    def test_a_seal_reads_what_was_appended_sealed_or_not(self, store: Store) -> None:
        store.append([event("a", version) for version in range(1, 6)])

        with store.sealing() as log:
            found = log.events(1, 3)

        assert [(leaf, event("a", leaf + 1).stored) for leaf in (1, 2, 3)] == found

    def test_a_store_that_lost_sealed_events_takes_no_new_ones_in_their_place(
        self, store: Store
    ) -> None:
        store.append([event("a", 1), event("a", 2)])
        with store.sealing() as log:
            log.start(log_state(0))
            log.advance(log_state(0), log_state(3), {})

        with pytest.raises(Fork) as refused:
            store.append([event("a", 3)])

        assert "holds 2 events, but 3 were sealed" in refused.value.message
        assert "airledger store repair FILE" in refused.value.remedy
        assert 2 == store.size()
        with pytest.raises(Fork):
            store.probe()
