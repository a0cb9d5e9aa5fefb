"""Read models are derived: ahead of the log or of another history, they are filled anew."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, ViewsDatabase
from tests.unit.projections.places import Place
from tests.unit.projections.toy import BOTH, OLD, TOTALS, Log, totals

DEADLINE = 10


@pytest.fixture
def projector(store: SQLiteStore, views: ViewsDatabase) -> Projector:
    return Projector(store, views, OLD, (TOTALS, BOTH))


@pytest.fixture
def other_store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "other.db")
    yield store
    store.close()


def test_a_view_ahead_of_its_log_is_filled_anew(
    projector: Projector, views: ViewsDatabase, log: Log, other_store: SQLiteStore
) -> None:
    log.add("toy/1", 1, 2, 3)
    projector.catch_up()
    restored = Log(other_store)
    restored.add("toy/1", 1)

    Projector(other_store, views, OLD, (TOTALS, BOTH)).catch_up()

    assert {"toy/1": 1} == totals(views) == totals(views, BOTH)


def test_a_view_on_another_history_is_filled_anew(
    projector: Projector, views: ViewsDatabase, log: Log, other_store: SQLiteStore
) -> None:
    log.add("toy/1", 1, 2)
    projector.catch_up()
    another = Log(other_store)
    another.add("toy/2", 5, 6, 7)

    later = Projector(other_store, views, OLD, (TOTALS, BOTH))
    later.catch_up()

    assert {"toy/2": 18} == totals(views)
    assert [3, 3] == [progress.next for progress in later.progress]


def test_a_view_whose_log_is_not_sealed_any_more_is_emptied(
    projector: Projector, views: ViewsDatabase, log: Log, other_store: SQLiteStore
) -> None:
    log.add("toy/1", 1, 2)
    projector.catch_up()

    Projector(other_store, views, OLD, (TOTALS, BOTH)).catch_up()

    assert {} == totals(views)


def test_many_may_make_the_views_at_once(store: SQLiteStore, place: Place, log: Log) -> None:
    log.add("toy/1", 1)
    start = threading.Barrier(6)

    def open_views(_: int) -> dict[str, int]:
        with place.opened() as own:
            start.wait(DEADLINE)
            Projector(store, own, OLD, (TOTALS,)).catch_up()
            return totals(own)

    with ThreadPoolExecutor(6) as threads:
        assert [{"toy/1": 1}] * 6 == list(threads.map(open_views, range(6)))


def test_readers_keep_what_they_saw_while_a_projector_writes(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1)
    projector.catch_up()

    with views.begin() as reader:
        before = reader.exec_driver_sql("SELECT total FROM totals_v1_g1").scalar()
        log.add("toy/1", 2)
        projector.catch_up()
        after = reader.exec_driver_sql("SELECT total FROM totals_v1_g1").scalar()

    assert (1, 1, {"toy/1": 3}) == (before, after, totals(views))
