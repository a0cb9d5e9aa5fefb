"""views.db may be deleted at any time, or be damaged: it is filled anew."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, SQLiteViews, digest
from tests.unit.projections.toy import BOTH, OLD, TOTALS, Log, rows, totals

DEADLINE = 10


@pytest.fixture
def views_path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


@pytest.fixture
def views(views_path: Path) -> Iterator[SQLiteViews]:
    views = SQLiteViews(views_path)
    yield views
    views.close()


@pytest.fixture
def projector(store: SQLiteStore, views: SQLiteViews) -> Projector:
    return Projector(store, views, OLD, (TOTALS, BOTH))


def delete(path: Path, *, whole: bool = True) -> None:
    for suffix in ("", "-wal", "-shm") if whole else ("",):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("whole", [True, False], ids=["all files", "the main file"])
def test_views_deleted_under_a_running_projector_are_made_anew(
    projector: Projector, views: SQLiteViews, views_path: Path, log: Log, whole: bool
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
        own = SQLiteViews(views_path)
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

    fresh = SQLiteViews(views_path.with_name("fresh.db"))
    views = SQLiteViews(views_path)
    for database in (fresh, views):
        Projector(store, database, OLD, (TOTALS,)).catch_up()
    assert 30 * 45 == sum(totals(views).values())
    assert digest(fresh, TOTALS) == digest(views, TOTALS)
    fresh.close()
    views.close()


def test_a_damaged_file_is_unavailable_and_may_be_deleted(
    projector: Projector, views: SQLiteViews, views_path: Path, log: Log
) -> None:
    log.add("toy/1", 1)
    views_path.write_bytes(b"no database, however it is looked at" * 100)
    with pytest.raises(Unavailable) as refused:
        projector.catch_up()
    assert "views.db is derived and may also be deleted" in refused.value.remedy

    delete(views_path)
    projector.catch_up()

    assert {"toy/1": 1} == totals(views)
