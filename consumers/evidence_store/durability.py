"""A directory that holds content: made durable file by file, and cleared of unfinished files."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

PRIVATE = 0o700


class Directory:
    """The directory of a store of files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Makes it, readable for its owner alone. Raises OSError."""
        self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)

    def sync(self, key: str) -> None:
        """Has a file, and the directories that name it, survive the loss of power."""
        file = self.path / key
        _sync(file)
        for parent in file.parents:
            _sync(parent)
            if parent == self.path:
                break

    def unfinished(self, folder: str) -> Iterator[tuple[Path, datetime]]:
        """The files of a folder that a killed process was writing, with when each was changed.

        The library writes to `<name>#<number>` and renames that when it is whole.
        """
        for file in (self.path / folder).glob("*#*"):
            try:
                changed = file.stat().st_mtime
            except FileNotFoundError:  # finished meanwhile
                continue
            yield file, datetime.fromtimestamp(changed, UTC)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
