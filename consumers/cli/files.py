"""Reads the files that are named on the command line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ledger.errors import SettingsError

PRIVATE = 0o600
_READABLE = "Name a readable file."


def read_file(file: Path, remedy: str = _READABLE, *, most: int | None = None) -> bytes:
    """The content of a file, of at most so many bytes. Raises SettingsError."""
    with read_errors(file, remedy), file.open("rb") as opened:
        content = opened.read() if most is None else opened.read(most + 1)
    if most is not None and len(content) > most:
        raise SettingsError(f"{file} has more than {most:,} bytes.", remedy="Name another file.")
    return content


@contextmanager
def private_file(file: Path) -> Iterator[IO[bytes]]:
    """A file to write, which its owner alone may read where it is new. Raises SettingsError."""
    try:
        opened = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"{file} cannot be written: {why}.", remedy="Name a file in a writable directory."
        ) from error
    with opened:
        yield opened


@contextmanager
def read_errors(file: Path, remedy: str = _READABLE) -> Iterator[None]:
    """Raises SettingsError if opening or reading the file fails."""
    try:
        yield
    except (OSError, ValueError) as error:  # a name with U+0000 is no OSError
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"{file} cannot be read: {why}.", remedy=remedy) from error
