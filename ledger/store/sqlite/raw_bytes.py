"""Bytes in a database's files as they are, whatever the database says that they mean."""

import mmap
from collections.abc import Sequence
from pathlib import Path


def with_sidecars(path: Path) -> tuple[Path, ...]:
    """A file of SQLite with its write-ahead log, its index and its journal."""
    return tuple(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal"))


def has_bytes(path: Path, needles: Sequence[bytes]) -> bool:
    """Whether a file has any of these; False for one that is absent. Raises OSError."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            return any(held.find(needle) >= 0 for needle in needles if needle)
    except (FileNotFoundError, ValueError):  # a file without a byte cannot be mapped
        return False
