"""Unpacking of archives, on every Python that airledger runs on."""

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, directory: Path) -> None:
    """Unpacks all of it, without what leads out of the directory; Python 3.11.3 checks nothing."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(directory, filter="data")
    else:
        archive.extractall(directory)
