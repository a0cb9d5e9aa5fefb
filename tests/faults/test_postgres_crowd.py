"""Many writers, readers and sealers on one PostgreSQL store, while connections are killed.

Every reader sees each event once and in order, what was acknowledged stays where it was said to
be, nothing is there twice, and the log that the sealers made of it verifies.
"""

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from ledger.errors import Unavailable
from ledger.sealing import KeptCheckpoint, Sealer, StoreLogReader, open_signer
from ledger.store.port import Store
from ledger.store.postgres import PostgresStore
from ledger.transparency.audit import audit
from tests.contract.samples import event
from tests.harness.postgres import Database

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on("postgres", "ends the connections of its server"),
]

T = TypeVar("T")
WRITERS, READERS, SEALERS = 16, 4, 2
SEED = 20_260_301
KILLED_EVERY_SECONDS = 0.05
POLLED_EVERY_SECONDS = 0.02

Written = dict[int, bytes]


def insisting(call: Callable[[], T]) -> T:
    """The same call until it is answered: what a caller does that was told to try again."""
    while True:
        try:
            return call()
        except Unavailable:
            continue


def write(database: Database, writer: int, batches: int) -> Written:
    """Appends batches of one to three events; where each was said to be."""
    chance = random.Random(SEED + writer)
    written: Written = {}
    with closing(insisting(partial(PostgresStore, database.url))) as store:
        version = 1
        for _ in range(batches):
            count = chance.randint(1, 3)
            batch = [event(f"own/{writer}", version + n) for n in range(count)]
            leaves = insisting(partial(store.append, batch))
            written |= zip(leaves, (each.stored for each in batch), strict=True)
            version += count
    return written


def tail(database: Database, sealed: bool, done: threading.Event) -> list[bytes]:
    """Follows the log from its beginning to its end; each event in the place that it came at."""
    seen: list[bytes] = []
    with closing(insisting(partial(PostgresStore, database.url))) as store:
        while True:
            last = done.is_set()
            found = insisting(partial(store.read, len(seen), 500, sealed=sealed))
            assert list(range(len(seen), len(seen) + len(found))) == [e.leaf for e in found]
            seen += [entry.stored for entry in found]
            if last and not found:
                return seen
            if not found:
                done.wait(POLLED_EVERY_SECONDS)


def seal(database: Database, key: Path, done: threading.Event) -> int:
    """Seals as another host does, with a copy of the key and a kept checkpoint of its own."""
    with closing(insisting(partial(PostgresStore, database.url))) as store:
        sealer = sealer_of(store, key)
        while True:
            last = done.is_set()
            size = insisting(sealer.seal).size
            if last:
                return size
            done.wait(POLLED_EVERY_SECONDS)


def sealer_of(store: Store, key: Path) -> Sealer:
    return Sealer(
        store, open_signer(key, origin="test.example/log", create=True), KeptCheckpoint(key)
    )


@contextmanager
def killing(database: Database) -> Iterator[list[int]]:
    """Ends a connection every so often, whatever it does."""
    killed: list[int] = []
    enough = threading.Event()
    chance = random.Random(SEED)

    def kill() -> None:
        with database.connected() as connection:
            while not enough.wait(KILLED_EVERY_SECONDS):
                there = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name = 'airledger' AND state <> 'idle'"
                ).fetchall()
                if there:
                    [pid] = chance.choice(there)
                    connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
                    killed.append(pid)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(kill)
        try:
            yield killed
        finally:
            enough.set()
            running.result()


def crowd(database: Database, directory: Path, batches: int) -> list[bytes]:
    """All of them at once; the log as it came to be, checked against what each was told."""
    keys = [directory / f"host{number}.key" for number in range(SEALERS)]
    with closing(insisting(partial(PostgresStore, database.url))) as store:
        insisting(sealer_of(store, keys[0]).start)
    for key in keys[1:]:
        shutil.copy(keys[0], key)
    written_all, sealed_all = threading.Event(), threading.Event()
    with ThreadPoolExecutor(WRITERS + READERS + SEALERS) as threads:
        writers = [threads.submit(write, database, n, batches) for n in range(WRITERS)]
        sealers = [threads.submit(seal, database, key, written_all) for key in keys]
        readers = [
            threads.submit(tail, database, number % 2 == 0, sealed_all) for number in range(READERS)
        ]
        try:
            written = all_of(writers)
            written_all.set()
            sizes = all_of(sealers)
        finally:
            written_all.set()
            sealed_all.set()
        read = all_of(readers)
    told = {leaf: state for each in written for leaf, state in each.items()}
    log = [told[leaf] for leaf in sorted(told)]
    assert list(range(len(log))) == sorted(told)
    assert sum(map(len, written)) == len(log)
    assert [len(log)] * SEALERS == sizes
    assert all(log == each for each in read)
    return log


def all_of(futures: list[Future[T]]) -> list[T]:
    return [future.result() for future in futures]


def check(database: Database, log: list[bytes]) -> None:
    """The store holds that log and no more, and it is the one that was signed."""
    with closing(PostgresStore(database.url)) as store:
        assert log == [entry.stored for entry in store.read(0, len(log) + 1, sealed=False)]
        state = store.log_state()
        assert state is not None
        audited = audit(StoreLogReader(store), state.vkey)
    assert ((), len(log)) == (tuple(audited.problems), state.size)


BATCHES = [
    pytest.param(100, marks=pytest.mark.slow),
    pytest.param(2_000, marks=pytest.mark.soak),
]


@pytest.mark.parametrize("batches", BATCHES)
def test_a_crowd_of_writers_makes_one_log_that_all_see_alike(
    batches: int, database: Database, tmp_path: Path
) -> None:
    check(database, crowd(database, tmp_path, batches))


@pytest.mark.parametrize("batches", BATCHES)
def test_killed_connections_lose_and_double_nothing(
    batches: int, database: Database, tmp_path: Path
) -> None:
    with killing(database) as killed:
        log = crowd(database, tmp_path, batches)

    assert killed
    check(database, log)
