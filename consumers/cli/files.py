"""Reads the files that are named on the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import SettingsError

_READABLE = "Name a readable file."


def read_file(file: Path, remedy: str = _READABLE) -> bytes:
    """The content of a file. Raises SettingsError."""
    with read_errors(file, remedy):
        return file.read_bytes()


@contextmanager
def read_errors(file: Path, remedy: str = _READABLE) -> Iterator[None]:
    """Raises SettingsError if opening or reading the file fails."""
    try:
        yield
    except (OSError, ValueError) as error:  # a name with U+0000 is no OSError
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"{file} cannot be read: {why}.", remedy=remedy) from error
