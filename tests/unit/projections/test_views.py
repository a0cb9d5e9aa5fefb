"""views.db is derived: deleted, ahead of the log or of another history, it is filled anew."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, ViewsDatabase, digest
from tests.unit.projections.toy import BOTH, OLD, TOTALS, Log, rows, totals

DEADLINE = 10


@pytest.fixture
def projector(store: SQLiteStore, views: ViewsDatabase) -> Projector:
    return Projector(store, views, OLD, (TOTALS, BOTH))


@pytest.fixture
def other_store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "other.db")
    yield store
    store.close()


def delete(path: Path, *, whole: bool = True) -> None:
    for suffix in ("", "-wal", "-shm") if whole else ("",):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("whole", [True, False], ids=["all files", "the main file"])
def test_views_deleted_under_a_running_projector_are_made_anew(
    projector: Projector, views: ViewsDatabase, views_path: Path, log: Log, whole: bool
) -> None:
    log.add("toy/1", 1)
    projector.catch_up()
    with views.begin() as reader:
        reader.exec_driver_sql("SELECT 1")
        delete(views_path, whole=whole)
    assert {} == totals(views)

    log.add("toy/1", 2)
    projector.catch_up()

    assert {"toy/1": 3} == totals(views) == totals(views, BOTH)
    assert views_path.exists()


def test_views_deleted_again_and_again_while_many_use_them_end_up_right(
    store: SQLiteStore, views_path: Path, log: Log
) -> None:
    done = threading.Event()

    def project(_: int) -> None:
        own = ViewsDatabase(views_path)
        projector = Projector(store, own, OLD, (TOTALS, BOTH))
        while not done.is_set():
            try:
                projector.catch_up()
                rows(own, TOTALS)
            except Unavailable:
                continue
        own.close()

    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(project, number) for number in range(3)]
        for number in range(30):
            log.add(f"toy/{number % 4}", *range(10))
            delete(views_path, whole=number % 2 == 0)
        done.set()
        for each in running:
            each.result(DEADLINE)

    fresh = ViewsDatabase(views_path.with_name("fresh.db"))
    views = ViewsDatabase(views_path)
    for database in (fresh, views):
        Projector(store, database, OLD, (TOTALS,)).catch_up()
    assert 30 * 45 == sum(totals(views).values())
    assert digest(fresh, TOTALS) == digest(views, TOTALS)
    fresh.close()
    views.close()


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


def test_many_may_make_the_views_at_once(store: SQLiteStore, views_path: Path, log: Log) -> None:
    log.add("toy/1", 1)
    start = threading.Barrier(6)

    def open_views(_: int) -> dict[str, int]:
        own = ViewsDatabase(views_path)
        start.wait(DEADLINE)
        Projector(store, own, OLD, (TOTALS,)).catch_up()
        found = totals(own)
        own.close()
        return found

    with ThreadPoolExecutor(6) as threads:
        assert [{"toy/1": 1}] * 6 == list(threads.map(open_views, range(6)))


def test_a_damaged_file_is_unavailable_and_may_be_deleted(
    projector: Projector, views: ViewsDatabase, views_path: Path, log: Log
) -> None:
    log.add("toy/1", 1)
    views_path.write_bytes(b"no database, however it is looked at" * 100)
    with pytest.raises(Unavailable) as refused:
        projector.catch_up()
    assert "views.db may also be deleted" in refused.value.remedy

    delete(views_path)
    projector.catch_up()

    assert {"toy/1": 1} == totals(views)


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
