"""The signing key's file, and the checkpoint kept beside it."""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from ledger.errors import SettingsError
from ledger.sealing import KeptCheckpoint, open_signer
from ledger.transparency.keys import generate, parse_signer


def make(path: Path, _: int) -> str:
    return open_signer(path, origin=None, create=True).export()


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.key"

    signer = open_signer(path, origin=None, create=True)

    assert signer == open_signer(path, origin=None, create=False)
    assert signer == parse_signer(path.read_text())
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


def test_a_new_log_has_the_origin_that_is_set_or_one_by_chance(tmp_path: Path) -> None:
    named = open_signer(tmp_path / "a.key", origin="example.com/log", create=True)
    unnamed = [open_signer(tmp_path / f"{n}.key", origin=None, create=True) for n in range(2)]

    assert "example.com/log" == named.name
    assert all(signer.name.startswith("airledger/") for signer in unnamed)
    assert unnamed[0].name != unnamed[1].name


@pytest.mark.parametrize(
    "workers",
    [
        partial(ThreadPoolExecutor, 8),
        partial(ProcessPoolExecutor, 4, mp_context=multiprocessing.get_context("spawn")),
    ],
    ids=["threads", "processes"],
)
def test_many_that_make_the_key_at_once_have_the_same(
    tmp_path: Path, workers: Callable[[], Executor]
) -> None:
    path = tmp_path / "log.key"

    with workers() as pool:
        keys = set(pool.map(partial(make, path), range(16)))

    assert {path.read_text().strip()} == keys
    assert [path] == list(tmp_path.iterdir())


def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        open_signer(tmp_path / "log.key", origin=None, create=False)

    assert "is missing" in refused.value.message
    assert "backup" in refused.value.remedy
    assert [] == list(tmp_path.iterdir())


def test_a_key_of_another_origin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_text(generate("a.example/log").export())

    with pytest.raises(SettingsError) as refused:
        open_signer(path, origin="b.example/log", create=True)

    assert "'b.example/log', but the key" in refused.value.message


@pytest.mark.parametrize("content", [b"", b"no key at all\n", b"\xff\xfe"])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(content)

    with pytest.raises(SettingsError):
        open_signer(path, origin=None, create=True)

    assert content == path.read_bytes()


def test_a_key_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "log.key"

    with pytest.raises(SettingsError) as refused:
        open_signer(path, origin=None, create=True)

    assert f"The signing key {path} cannot be written" in refused.value.message


def test_a_checkpoint_is_kept_whole_or_as_it_was(tmp_path: Path) -> None:
    kept = KeptCheckpoint(tmp_path / "log.key")
    assert None is kept.read()
    kept.write(b"1")

    stop = threading.Event()
    seen: set[bytes | None] = set()

    def watch() -> None:
        while not stop.is_set():
            seen.add(kept.read())

    watcher = threading.Thread(target=watch)
    watcher.start()
    whole = [b"x" * 4096 * n for n in range(1, 30)]
    for content in whole:
        kept.write(content)
    stop.set()
    watcher.join()

    assert seen <= {b"1", *whole}
    assert whole[-1] == kept.read()
    assert [kept.path] == list(tmp_path.iterdir())
