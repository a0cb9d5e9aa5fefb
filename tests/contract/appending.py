"""What a store holds of appending and reading events."""

import sqlite3

import pytest

from ledger.errors import Conflict, Unavailable
from ledger.store.port import Entry, Store
from ledger.store.side_records import ConsumedId, Person, StreamUnchanged
from tests.contract.samples import Interrupt, Opener, event, seal_all

TAKEN = ConsumedId(scope="signal/am", id="7")


class AppendContract:
    """Events: dense, once, all or nothing."""

    def test_an_append_answers_dense_leaf_indices_in_the_order_given(self, store: Store) -> None:
        assert range(2) == store.append([event("a", 1), event("b", 1)])
        assert range(2, 3) == store.append([event("a", 2)])

        assert 3 == store.size()
        assert [
            (0, "a", 1, "test.happened.v1", event("a", 1).stored),
            (1, "b", 1, "test.happened.v1", event("b", 1).stored),
            (2, "a", 2, "test.happened.v1", event("a", 2).stored),
        ] == store.read(0, 10, sealed=False)

    def test_what_rests_on_a_stream_that_moved_on_is_a_conflict_and_stays_out(
        self, store: Store
    ) -> None:
        store.append([event("policy", 1)])
        first, second = (StreamUnchanged(stream="policy", version=version) for version in (1, 2))
        store.append([event("a", 1)], [first])
        store.append([event("policy", 2), event("a", 2)], [second])

        with pytest.raises(Conflict):
            store.append([event("a", 3)], [TAKEN, first])

        assert {"a": [1, 3], "policy": [0, 2]} == leaves(store, "a", "policy")
        assert set() == store.idempotency.consumed_ids([("signal/am", "7")])
        assert range(4, 5) == store.append([event("a", 3)], [second])

    def test_a_version_that_is_taken_is_a_conflict_and_nothing_of_that_append_stays(
        self, store: Store
    ) -> None:
        store.append([event("a", 1)])

        with pytest.raises(Conflict):
            store.append([event("b", 1), event("a", 1, "other"), event("c", 1)], [TAKEN])

        assert {"a": [0], "b": [], "c": []} == leaves(store, "a", "b", "c")
        assert set() == store.idempotency.consumed_ids([("signal/am", "7")])
        assert range(1, 2) == store.append([event("b", 1)])

    def test_an_append_of_many_events_is_whole_or_not_at_all(self, store: Store) -> None:
        many = [event(f"s{number}", 1) for number in range(220)]
        assert range(220) == store.append(many)
        assert many[137].stored == store.load({"s137": 0})["s137"][0].stored

        with pytest.raises(Conflict):
            store.append([*(event(f"t{number}", 1) for number in range(219)), many[0]], [TAKEN])

        assert 220 == store.size()
        assert set() == store.idempotency.consumed_ids([("signal/am", "7")])
        assert range(220, 221) == store.append([event("t0", 1)], [TAKEN])

    def test_an_id_is_taken_once_and_what_comes_with_it_again_is_not_written(
        self, store: Store
    ) -> None:
        store.append([event("a", 1)], [TAKEN])

        with pytest.raises(Conflict):
            store.append([event("b", 1)], [Person(id="person/1", name="Ann"), TAKEN])

        assert {("signal/am", "7")} == store.idempotency.consumed_ids(
            [("signal/am", "7"), ("signal/x", "7")]
        )
        assert {"b": []} == leaves(store, "b")
        assert [] == store.access.people()

    def test_notes_may_be_written_without_events(self, store: Store) -> None:
        assert 0 == len(store.append([], [TAKEN]))
        assert 0 == store.size()
        assert {("signal/am", "7")} == store.idempotency.consumed_ids([("signal/am", "7")])

    def test_a_commit_that_happened_in_spite_of_its_error_answers_its_leaf_indices(
        self, store: Store, interrupted: Interrupt
    ) -> None:
        store.append([event("a", 1)])

        with interrupted("after", None):
            assert range(1, 3) == store.append([event("a", 2), event("b", 1)], [TAKEN])

        assert 3 == store.size()
        assert {("signal/am", "7")} == store.idempotency.consumed_ids([("signal/am", "7")])

    def test_a_commit_that_did_not_happen_is_unavailable_and_leaves_nothing(
        self, store: Store, interrupted: Interrupt
    ) -> None:
        with interrupted("before", None), pytest.raises(Unavailable):
            store.append([event("a", 1)], [TAKEN])

        assert 0 == store.size()
        assert set() == store.idempotency.consumed_ids([("signal/am", "7")])
        assert range(1) == store.append([event("a", 1)], [TAKEN])

    def test_ones_own_write_found_in_place_is_no_conflict(
        self, store: Store, interrupted: Interrupt
    ) -> None:
        with interrupted("after", sqlite3.IntegrityError("UNIQUE constraint failed")):
            assert range(2) == store.append([event("a", 1), event("b", 1)])

        assert 2 == store.size()

    def test_a_write_of_which_only_a_part_is_found_in_place_is_a_conflict(
        self, store: Store
    ) -> None:
        store.append([event("a", 1)])

        with pytest.raises(Conflict):
            store.append([event("a", 1), event("b", 1)])

        assert 1 == store.size()

    def test_load_gives_each_streams_events_after_its_version_in_order(self, store: Store) -> None:
        store.append([event("a", 1), event("b", 1), event("a", 2), event("a", 3)])

        found = store.load({"a": 1, "b": 0, "c": 0})

        assert ["a", "b", "c"] == sorted(found)
        assert [(2, "a", 2), (3, "a", 3)] == [entry[:3] for entry in found["a"]]
        assert [(1, "b", 1)] == [entry[:3] for entry in found["b"]]
        assert [] == found["c"]
        assert {"a": []} == store.load({"a": 3})

    def test_load_takes_any_number_of_streams(self, store: Store) -> None:
        streams = [f"s{number:04}" for number in range(1_203)]
        store.append([event(stream, 1) for stream in streams])

        found = store.load(dict.fromkeys([*streams, "unknown"], 0))

        assert list(range(1_203)) == [found[stream][0].leaf for stream in streams]
        assert [] == found["unknown"]

    def test_read_goes_in_log_order_from_a_leaf_up_to_a_limit(self, store: Store) -> None:
        store.append([event("a", version) for version in range(1, 8)])

        assert [2, 3, 4] == numbers(store.read(2, 3, sealed=False))
        assert [5, 6] == numbers(store.read(5, 10, sealed=False))
        assert [] == numbers(store.read(7, 10, sealed=False))

    def test_only_what_was_sealed_is_read_unless_told_otherwise(self, store: Store) -> None:
        store.append([event("a", 1), event("a", 2)])
        assert [] == store.read(0, 10)

        seal_all(store)
        store.append([event("a", 3)])

        assert [0, 1] == numbers(store.read(0, 10))
        assert [0, 1, 2] == numbers(store.read(0, 10, sealed=False))

    def test_what_was_appended_is_there_for_who_opens_the_store_anew(
        self, store: Store, opener: Opener
    ) -> None:
        store.append([event("a", 1)], [TAKEN])
        store.close()

        other = opener()

        assert {"a": [0]} == leaves(other, "a")
        assert range(1, 2) == other.append([event("a", 2)])
        other.close()

    def test_a_closed_store_is_unavailable(self, store: Store) -> None:
        store.close()

        with pytest.raises(Unavailable):
            store.append([event("a", 1)])
        with pytest.raises(Unavailable):
            store.size()


def numbers(entries: list[Entry]) -> list[int]:
    return [entry.leaf for entry in entries]


def leaves(store: Store, *streams: str) -> dict[str, list[int]]:
    found = store.load(dict.fromkeys(streams, 0))
    return {stream: numbers(entries) for stream, entries in found.items()}
