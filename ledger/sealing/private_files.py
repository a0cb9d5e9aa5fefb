"""Files of the owner's alone (0600), written whole or not at all, and durably.

Whoever dies at any line leaves the file as it was, and at most a scratch file beside it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp


def create_private(path: Path, content: bytes) -> None:
    """Makes a file; where there is one already, or another makes it at once, that one stays.

    Raises OSError.
    """
    with _beside(path, content) as scratch, suppress(FileExistsError):
        os.link(scratch, path)
    _sync_directory(path.parent)


def replace_private(path: Path, content: bytes) -> None:
    """Puts another content in the place of a file's. Raises OSError."""
    with _beside(path, content) as scratch:
        scratch.replace(path)
    _sync_directory(path.parent)


@contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """A file with this content, on disk; gone afterwards."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
