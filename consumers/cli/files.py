"""The files that a command is given to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import SettingsError

_READABLE = "Name a readable file."


def content(file: Path, remedy: str = _READABLE) -> bytes:
    """All of a file. Raises SettingsError."""
    with readable(file, remedy):
        return file.read_bytes()


@contextmanager
def readable(file: Path, remedy: str = _READABLE) -> Iterator[None]:
    """Raises SettingsError where opening or reading the file within fails."""
    try:
        yield
    except (OSError, ValueError) as error:  # a name with U+0000 is no OSError
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"{file} cannot be read: {why}.", remedy=remedy) from error
