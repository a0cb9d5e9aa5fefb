"""What a store holds of many writers at once: threads, and processes."""

import multiprocessing
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import chain

from ledger.errors import Conflict
from ledger.store.port import NewEvent, Store
from tests.contract.samples import Opener, event

WRITERS = 4
APPENDS = 25
SHARED = "shared"

Written = list[tuple[int, bytes]]


def write(opener: Opener, writer: int) -> Written:
    """Appends to a stream of its own and one that all share; what went where."""
    store = opener()
    written: Written = []
    for number in range(1, APPENDS + 1):
        own = event(f"own/{writer}", number)
        while True:
            version = 1 + len(store.load({SHARED: 0})[SHARED])
            batch = [own, event(SHARED, version, f"{writer}.{number}")]
            try:
                leaves = store.append(batch)
            except Conflict:
                continue
            written += zip(leaves, states(batch), strict=True)
            break
    store.close()
    return written


def states(events: Iterable[NewEvent]) -> list[bytes]:
    return [each.stored for each in events]


class WritersContract:
    """Nothing is lost, doubled or left out, whoever writes beside."""

    def test_threads_with_one_store_share_it(self, store: Store) -> None:
        def append(writer: int) -> list[int]:
            batches = [[event(f"own/{writer}", n)] for n in range(1, APPENDS + 1)]
            return [leaf for batch in batches for leaf in store.append(batch)]

        with ThreadPoolExecutor(WRITERS) as threads:
            leaves = list(threads.map(append, range(WRITERS)))

        assert list(range(WRITERS * APPENDS)) == sorted(chain.from_iterable(leaves))
        assert all(of_one == sorted(of_one) for of_one in leaves)

    def test_threads_with_a_store_each_lose_and_double_nothing(
        self, store: Store, opener: Opener
    ) -> None:
        with ThreadPoolExecutor(WRITERS) as threads:
            check(store, opener, threads)

    def test_processes_lose_and_double_nothing(self, store: Store, opener: Opener) -> None:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WRITERS, mp_context=spawn) as processes:
            check(store, opener, processes)


def check(store: Store, opener: Opener, workers: Executor) -> None:
    written = list(workers.map(write, [opener] * WRITERS, range(WRITERS)))

    entries = store.read(0, 10_000, sealed=False)
    assert list(range(2 * WRITERS * APPENDS)) == [entry.leaf for entry in entries]
    assert sorted(chain.from_iterable(written)) == [(e.leaf, e.stored) for e in entries]
    shared = [entry.version for entry in entries if entry.stream == SHARED]
    assert list(range(1, WRITERS * APPENDS + 1)) == shared
