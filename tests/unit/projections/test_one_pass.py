"""One pass over the log for many read models: batches, failures, what is kept in memory."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import inspect

from ledger.domain.envelope import Recorded
from ledger.errors import UnknownEvent
from ledger.store.port import Entry
from ledger.store.sqlite import SQLiteStore
from projections.engine import (
    Progress,
    Projection,
    Projector,
    ViewsDatabase,
    digest,
    feed,
    rebuild,
    rebuild_all,
    row_cache,
)
from projections.engine.generations import find
from projections.engine.projection import Key, Row
from projections.engine.row_cache import RowCache
from tests.unit.projections.places import Place
from tests.unit.projections.toy import (
    BOTH,
    INVENTED,
    NEW,
    OLD,
    OTHERS,
    TOTALS,
    Counted,
    Log,
    totals,
)

ALL = (TOTALS, OTHERS, BOTH)
EVENTS = 60


class Reads:
    """A store that counts what is read of it, and can fail at the n-th reading."""

    def __init__(self, store: SQLiteStore, fails_at: int | None = None) -> None:
        self._store = store
        self._fails_at = fails_at
        self.count = 0

    def read(self, first: int, limit: int) -> list[Entry]:
        self.count += 1
        if self.count == self._fails_at:
            raise KeyboardInterrupt
        return self._store.read(first, limit)


def projector(store: object, views: ViewsDatabase, *projections: Projection) -> Projector:
    return Projector(store, views, OLD, projections or ALL)  # type: ignore[arg-type]


def digests(views: ViewsDatabase) -> list[str]:
    return [digest(views, projection) for projection in ALL]


@pytest.fixture
def live(store: SQLiteStore, views: ViewsDatabase, log: Log) -> list[str]:
    """The digests of three projections that were caught up with sixty events."""
    for number in range(20):
        log.add(f"{'other' if number % 3 == 0 else 'toy'}/{number % 7}", number, 1, 2)
    projector(store, views).catch_up()
    return digests(views)


@pytest.mark.parametrize("size", [1, 7, 60, 1_000])
@pytest.mark.parametrize("bound", [0, 2])
def test_batches_and_memory_of_any_size_rebuild_the_same_rows(
    store: SQLiteStore,
    views: ViewsDatabase,
    live: list[str],
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    bound: int,
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", size)
    monkeypatch.setattr(row_cache, "MAX_ROWS", bound)

    assert EVENTS == rebuild_all(projector(store, views), views, ALL, until=EVENTS)

    assert live == digests(views)


def test_a_rebuild_of_many_reads_the_log_once(
    store: SQLiteStore, views: ViewsDatabase, live: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 25)
    alone, together = Reads(store), Reads(store)

    rebuild(projector(alone, views), views, TOTALS, until=EVENTS)
    rebuild_all(projector(together, views), views, ALL, until=EVENTS)

    assert alone.count == together.count
    assert live == digests(views)


def test_a_rebuild_that_is_cut_off_harms_nothing_and_the_next_one_clears_up(
    store: SQLiteStore, views: ViewsDatabase, live: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 10)

    with pytest.raises(KeyboardInterrupt):
        rebuild_all(projector(Reads(store, 4), views), views, ALL, until=EVENTS)
    assert live == digests(views)
    with views.begin() as connection:
        left = find(connection, TOTALS, "building")
    assert left is not None
    assert 30 == left.next

    rebuild_all(projector(store, views), views, ALL, until=EVENTS)
    assert live == digests(views)
    with views.begin() as connection:
        tables = [t for t in inspect(connection).get_table_names() if t.startswith("totals")]
    assert 2 == len(tables)


def test_what_one_read_model_cannot_fold_leaves_that_one_as_it_is_and_rebuilds_the_others(
    store: SQLiteStore, views: ViewsDatabase, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 4)
    log.add("toy/1", 1, 2)
    log.add("other/1", 5)
    mine = projector(store, views, TOTALS, OTHERS)
    mine.catch_up()
    log.add("toy/1", INVENTED, 3)
    log.add("other/1", 6)
    with views.begin(write=True) as connection:
        connection.execute(OTHERS.table(1).update().values(total=99))

    with pytest.raises(UnknownEvent):
        rebuild_all(mine, views, (TOTALS, OTHERS), until=6)

    assert ({"toy/1": 3}, {"other/1": 11}) == (totals(views), totals(views, OTHERS))


def test_all_read_models_of_a_batch_are_committed_at_once_or_not_at_all(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1)
    fails = [True]

    def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
        if fails[0]:
            raise KeyboardInterrupt
        return BOTH.evolve(row, recorded, key)

    last = replace(BOTH, evolve=evolve)
    mine = projector(store, views, TOTALS, last)

    with pytest.raises(KeyboardInterrupt):
        mine.catch_up()
    assert {} == totals(views)
    fails[0] = False
    mine.catch_up()

    assert {"toy/1": 1} == totals(views) == totals(views, last)


def test_where_nothing_is_new_nobody_waits_for_a_writer(
    store: SQLiteStore, views: ViewsDatabase, place: Place, live: list[str]
) -> None:
    with place.opened() as other, other.begin(write=True):
        late = projector(store, views)
        assert not late.catch_up()

    assert [EVENTS] * 3 == [progress.next for progress in late.progress]


def test_events_of_other_types_are_passed_over_unread(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    keyed: list[str] = []

    def keys(recorded: Recorded) -> Iterable[Key]:
        keyed.append(recorded.event.name)
        return TOTALS.keys(recorded)

    only = replace(TOTALS, keys=keys, events=frozenset({Counted}))
    log.add("toy/1", 1, INVENTED, 2)
    newer = Projector(store, views, NEW, (only,))

    newer.catch_up()

    assert ({"toy/1": 3}, ["toy.counted.v1"] * 2) == (totals(views, only), keyed)
    assert (Progress("totals", 3),) == newer.progress


def test_an_unknown_type_stops_also_the_one_that_names_its_types(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    only = replace(TOTALS, events=frozenset({Counted}))
    log.add("toy/1", 1, INVENTED, 2)
    mine = projector(store, views, only)

    mine.catch_up()

    (stopped,) = mine.progress
    assert 1 == stopped.next
    assert "'toy.invented.v1' is not known" in str(stopped.stopped)


def each_event(recorded: Recorded) -> Iterable[Key]:
    return ((f"{recorded.stream}#{recorded.version}",),)


def test_rows_that_are_only_inserted_are_the_same_as_if_they_were_looked_up(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", *range(30))
    looked_up = replace(TOTALS, keys=each_event)
    inserted = replace(looked_up, inserts=True)
    mine = projector(store, views, looked_up)
    mine.catch_up()
    before = digest(views, looked_up)

    rebuild(mine, views, inserted, until=30)
    log.add("toy/1", 30)
    projector(store, views, inserted).catch_up()

    assert before != digest(views, inserted)
    rebuild(mine, views, looked_up, until=31)
    assert 31 == len(totals(views, looked_up))


def test_memory_holds_no_more_rows_than_its_bound_and_finds_the_others_in_the_table(
    store: SQLiteStore, views: ViewsDatabase, live: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_cache, "MAX_ROWS", 3)
    table = TOTALS.table(1)
    with views.begin() as connection:
        found = RowCache(table).get(connection, [("toy/1",)])
        assert {} == found  # it has let go of none, so it need not look
        kept = RowCache(table)
        for number in range(5):
            kept.keep({(f"mine/{number}",): {"stream": f"mine/{number}"}})
            assert len(kept) <= 3

        asked: list[Key] = [("mine/0",), ("mine/4",), ("toy/1",)]
        assert [("mine/4",), ("toy/1",)] == list(kept.get(connection, asked))


def test_a_rebuilt_table_has_the_indexes_of_the_live_one(
    store: SQLiteStore, views: ViewsDatabase, live: list[str]
) -> None:
    rebuild_all(projector(store, views), views, ALL, until=EVENTS)

    with views.begin() as connection:
        found = inspect(connection)
        both = [found.get_indexes(f"totals_v1_g{number}") for number in (1, 2)]

    assert [["total"]] * 2 == [[*index["column_names"]] for (index,) in both]
