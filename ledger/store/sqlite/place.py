"""Whether the file that is open is the one at its path, and whose it is.

SQLite goes on with a file that was removed or replaced: what is written is answered for, and is
gone with the last process that has it open.
"""

import os
from pathlib import Path

from ledger.errors import SettingsError, Unavailable

PRIVATE = 0o600
"""The rights of a new ledger.db: it holds names, bodies and secrets that sources sign with. SQLite
gives its -wal and -shm the same."""


def require_no_dangling_link(path: Path) -> None:
    """Raises SettingsError for a symbolic link to nothing: it would be made elsewhere, anew."""
    if path.is_symlink() and not path.exists():
        raise SettingsError(
            f"{path} is a symbolic link to {path.readlink()}, and nothing is there: a new ledger "
            "would be made in the place of the one that the link was for.",
            remedy="Mount or restore what it leads to, or remove the link to begin a new ledger.",
        )


def make_private(path: Path) -> None:
    """Makes an absent file, readable by its owner alone whatever the umask; others stay as they
    are.

    Raises SettingsError where a write-ahead log lies beside the absent file, Unavailable.
    """
    _require_no_log_without_file(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    except FileExistsError:
        return
    except OSError as error:
        raise Unavailable(
            f"The store cannot do it: {path} cannot be made: {error.strerror}.",
            remedy="Make the data directory writable and free room on its disk; nothing was"
            " recorded.",
        ) from error


def _require_no_log_without_file(path: Path) -> None:
    """Raises SettingsError: SQLite removes the log of a new file, and what it holds is lost."""
    log = path.with_name(path.name + "-wal")
    try:
        size = log.stat().st_size
    except OSError:
        return
    if size and not path.exists():
        raise SettingsError(
            f"{path} is not there, but its write-ahead log {log.name} is, with {size} bytes: a "
            "new ledger would remove it, and the last events of the old one with it.",
            remedy=f"Put {path.name} back beside it, or move {log.name} away to begin a new"
            " ledger.",
        )


class OpenFile:
    """The file that is at a path when this is made."""

    def __init__(self, path: Path) -> None:
        """Raises Unavailable where none is there."""
        self._path = path
        self._opened = self._now()
        self.require_in_place()

    @property
    def uri(self) -> str:
        """What SQLite opens it by: never makes it."""
        return f"{self._path.absolute().as_uri()}?mode=rw"

    def require_in_place(self) -> None:
        """Raises Unavailable where the path leads to another file by now, or to none."""
        now = self._now()
        if now is not None and now == self._opened:
            return
        what = "removed" if now is None else "replaced by another file"
        raise Unavailable(
            f"{self._path.name} was {what} while this process has it open: what would be written "
            "is lost when the process ends.",
            remedy="Nothing was recorded. Put the same file back, or stop every process on the "
            "data directory and start again on the file that is to be used.",
        )

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
