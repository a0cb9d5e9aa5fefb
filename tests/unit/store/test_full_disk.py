"""A full disk: an append is refused whole, and goes on with the same open store once there is room.

Once for real, on a small tmpfs (which needs the right to mount), once by a limit on file sizes.
"""

import multiprocessing
import resource
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.store.side_records import ConsumedId
from ledger.store.sqlite import SQLiteStore
from tests.contract.samples import event

LIMIT = 1024 * 1024
TEXT = "x" * 60_000


def fill(store: SQLiteStore) -> tuple[int, Unavailable]:
    """Appends pairs until there is no room; how many events were answered for, and the error."""
    for number in range(1_000):
        pair = [event("a", number + 1, TEXT), event("b", number + 1, TEXT)]
        try:
            store.append(pair, [ConsumedId(scope="test", id=str(number))])
        except Unavailable as error:
            return 2 * number, error
    raise AssertionError("the disk did not fill up")


def run_out_of_room(path: Path, shrink: Callable[[], object], grow: Callable[[], object]) -> str:
    """The whole story with one open store; returns the remedy that was given."""
    store = SQLiteStore(path)
    shrink()
    held, error = fill(store)
    number = held // 2
    assert held > 0
    assert held == store.size()
    assert set() == store.idempotency.consumed_ids([("test", str(number))])
    grow()
    again = [event("a", number + 1, TEXT), event("b", number + 1, TEXT)]
    assert range(held, held + 2) == store.append(again, [ConsumedId(scope="test", id=str(number))])
    store.close()

    reopened = SQLiteStore(path)
    versions = [(e.leaf, e.stream, e.version) for e in reopened.read(0, 10_000, sealed=False)]
    expected = [(leaf, "ab"[leaf % 2], leaf // 2 + 1) for leaf in range(held + 2)]
    assert expected == versions
    reopened.close()
    return error.remedy


def with_a_limit(path: Path) -> str:
    """In a process of its own: the limit holds for every file that it writes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    return run_out_of_room(
        path,
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)),
    )


def test_files_that_may_not_grow_refuse_an_append_until_they_may(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        remedy = process.submit(with_a_limit, tmp_path / "ledger.db").result()

    assert "Nothing was recorded" in remedy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mount(disk, "size=2m"):
        pytest.skip("this user may not mount a tmpfs")
    yield disk
    subprocess.run(["umount", disk], check=True)


def mount(disk: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def test_a_full_disk_refuses_an_append_until_there_is_room(small_disk: Path) -> None:
    remedy = run_out_of_room(
        small_disk / "ledger.db",
        lambda: None,
        lambda: mount(small_disk, "remount,size=64m") or pytest.fail("cannot grow the tmpfs"),
    )

    assert "Free room on the disk" in remedy
