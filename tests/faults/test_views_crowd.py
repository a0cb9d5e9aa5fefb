"""Projectors, rebuilds and readers at once on one PostgreSQL, while connections are killed.

However many fill the read models and whenever one of them is cut off, the rows are those that one
projector alone would have made, and no reader ever sees a position without its rows.
"""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.store.postgres import PostgresStore
from projections.engine import (
    Projector,
    SQLiteViews,
    ViewsDatabase,
    digest,
    feed,
    position,
    rebuild_all,
)
from projections.engine.generations import find
from projections.engine.postgres.database import PostgresViews
from projections.engine.projection import Key, Row
from tests.contract.samples import seal_all
from tests.faults.test_postgres_crowd import insisting, killing
from tests.harness.postgres import Database
from tests.unit.projections.toy import BOTH, OLD, OTHERS, TOTALS, Log, live_rows

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "has read models on PostgreSQL itself"),
]

ALL = (TOTALS, OTHERS, BOTH)
PROJECTORS, READERS = 3, 3
ROUNDS = 30
SEED = 20_260_301
DEADLINE = 120


class Crowd:
    """Everybody works until told that all is written; what they saw is checked as they see it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.written = threading.Event()
        self.seen = 0
        self.rebuilt = 0

    @contextmanager
    def opened(self) -> Iterator[tuple[Projector, ViewsDatabase]]:
        with (
            closing(insisting(partial(PostgresStore, self.database.url))) as store,
            closing(PostgresViews(self.database.url)) as views,
        ):
            yield Projector(store, views, OLD, ALL), views

    def write(self) -> None:
        """Appends and seals, a little at a time."""
        chance = random.Random(SEED)
        try:
            with closing(insisting(partial(PostgresStore, self.database.url))) as store:
                log = Log(store)
                for number in range(ROUNDS):
                    kind = "other" if number % 3 == 0 else "toy"
                    numbers = (chance.randint(0, 9) for _ in range(20))
                    insisting(partial(log.add, f"{kind}/{number}", *numbers, seal=False))
                    insisting(partial(seal_all, store))
        finally:
            self.written.set()

    def project(self) -> None:
        with self.opened() as (projector, _):
            while True:
                last = self.written.is_set()
                insisting(projector.catch_up)
                if last:
                    break
            assert {None} == {each.stopped for each in projector.progress}

    def rebuild(self) -> None:
        with self.opened() as (projector, views):
            while not self.written.is_set():
                try:
                    rebuild_all(projector, views, ALL, until=0)
                    self.rebuilt += 1
                except Unavailable:
                    continue

    def read(self) -> None:
        last = 0
        with self.opened() as (_, views):
            while not self.written.is_set():
                next_, rows = insisting(partial(look, views))
                assert last <= next_
                assert next_ == sum(row["count"] for row in rows.values())
                last = next_
                self.seen += 1


def look(views: ViewsDatabase) -> tuple[int, dict[Key, Row]]:
    with views.begin() as connection:
        at = find(connection, BOTH, "live")
        return (0, {}) if at is None else (at.next, live_rows(connection, BOTH))


def crowd(database: Database) -> Crowd:
    together = Crowd(database)
    work: list[Callable[[], None]] = [
        together.write,
        together.rebuild,
        *[together.project] * PROJECTORS,
        *[together.read] * READERS,
    ]
    with ThreadPoolExecutor(len(work)) as threads:
        running: list[Future[None]] = [threads.submit(each) for each in work]
        for each in running:
            each.result(DEADLINE)
    return together


def check(database: Database, directory: Path) -> None:
    """The rows are those that one projector alone makes, in a file."""
    with (
        closing(PostgresStore(database.url)) as store,
        closing(PostgresViews(database.url)) as views,
        closing(SQLiteViews(directory / "alone.db")) as alone,
    ):
        Projector(store, alone, OLD, ALL).catch_up()
        assert store.size() == position(views, ALL) == position(alone, ALL)
        assert [digest(alone, each) for each in ALL] == [digest(views, each) for each in ALL]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_BATCH", 7)
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 50)


def test_a_crowd_of_projectors_rebuilds_and_readers_has_one_effect(
    database: Database, tmp_path: Path
) -> None:
    together = crowd(database)

    assert together.rebuilt
    assert together.seen
    check(database, tmp_path)


def test_killed_connections_leave_no_row_without_its_position(
    database: Database, tmp_path: Path
) -> None:
    with killing(database) as killed:
        crowd(database)

    assert killed
    check(database, tmp_path)
