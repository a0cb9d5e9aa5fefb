"""Bytes in a database's files as they are, whatever the database says that they mean.

SQLite's locks are POSIX locks: closing a file drops every lock that the process has on it, whoever
took it. Another process would then take itself for the last one, and delete the write-ahead log of
one that goes on writing it. So a file that may be a database is opened once, and stays open.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

BYTES_PER_READ = 1024 * 1024
_UNLOCKED = ("-wal", "-journal")
"""How the names of files end that SQLite takes no locks on."""
_INDEX = "-shm"
"""How that of the index of a write-ahead log ends: it has numbers of pages alone, and locks."""
_held: dict[tuple[int, int], int] = {}
_lock = threading.Lock()


def with_sidecars(path: Path) -> tuple[Path, ...]:
    """A file of SQLite with its write-ahead log, its index and its journal."""
    return tuple(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal"))


def has_bytes(path: Path, needles: Sequence[bytes]) -> bool:
    """Whether a file has any of these; False for one that is absent. Raises OSError."""
    if path.name.endswith(_INDEX):
        return False
    try:
        if path.name.endswith(_UNLOCKED):
            with path.open("rb") as file:
                return _has(file.fileno(), needles)
        return _has(_held_open(path), needles)
    except FileNotFoundError:
        return False


def _has(descriptor: int, needles: Sequence[bytes]) -> bool:
    """Reads it some at a time. A memory map would have a descriptor of its own, and close that."""
    wanted = [each for each in needles if each]
    overlap = max(map(len, wanted), default=1) - 1
    at, before = 0, b""
    while read := os.pread(descriptor, BYTES_PER_READ, at):
        held = before + read
        if any(each in held for each in wanted):
            return True
        at += len(read)
        before = held[-overlap:] if overlap else b""
    return False


def _held_open(path: Path) -> int:
    """A descriptor of the file, the same one for as long as the process runs."""
    with _lock:
        found = path.stat()
        descriptor = _held.get((found.st_dev, found.st_ino))
        if descriptor is None:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            opened = os.fstat(descriptor)
            _held.setdefault((opened.st_dev, opened.st_ino), descriptor)
        return descriptor
