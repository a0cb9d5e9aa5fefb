"""Bytes are looked for in a database's files, and nobody's locks are lost by it."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore, raw_bytes
from ledger.store.sqlite.raw_bytes import has_bytes, with_sidecars

pytestmark = pytest.mark.only_on("sqlite", "it is about SQLite's files")

READER = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM sqlite_master')"


@pytest.mark.parametrize(
    "look",
    [
        lambda store, path: store.remains([b"nowhere"]),
        lambda store, path: [has_bytes(each, [b"nowhere"]) for each in with_sidecars(path)],
    ],
    ids=["store", "every file"],
)
def test_another_process_does_not_take_itself_for_the_last_one(
    tmp_path: Path, look: Callable[[SQLiteStore, Path], object]
) -> None:
    """It would empty the write-ahead log and delete it, and what is appended then would be lost."""
    path = tmp_path / "ledger.db"
    with closing(SQLiteStore(path)) as store:
        look(store, path)
        log = with_sidecars(path)[1]
        before = log.stat().st_ino
        subprocess.run([sys.executable, "-c", READER, str(path)], check=True, timeout=60)
        assert before == log.stat().st_ino


@pytest.mark.parametrize("at", [0, 5, 9, 10, 11, 25])
def test_bytes_are_found_wherever_a_read_ends(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_bytes, "BYTES_PER_READ", 10)
    file = tmp_path / "file"
    file.write_bytes(b"." * at + b"needle" + b"." * 7)
    assert has_bytes(file, [b"", b"absent", b"needle"])
    assert not has_bytes(file, [b"needles"])
    assert not has_bytes(file, [])


def test_an_empty_file_and_an_absent_one_have_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert not has_bytes(tmp_path / "empty", [b"a"])
    assert not has_bytes(tmp_path / "absent", [b"a"])


def test_a_file_that_another_one_replaced_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one")
    assert has_bytes(file, [b"one"])
    other = tmp_path / "other"
    other.write_bytes(b"two")
    other.replace(file)
    assert has_bytes(file, [b"two"])
    assert not has_bytes(file, [b"one"])
