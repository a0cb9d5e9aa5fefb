"""Small disks, and disks that may not be written to, for tests to run out of."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def tmpfs(at: Path, options: str) -> Iterator[Path]:
    """A file system with these limits, mounted there; the test is skipped where nobody may."""
    at.mkdir()
    if not mount(at, options):
        pytest.skip("this user may not mount a tmpfs")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


def mount(at: Path, options: str) -> bool:
    """Mounts a tmpfs there, or mounts it again with other options; whether that was allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def fill_up(ballast: Path) -> None:
    """Writes a file until not a byte more finds room."""
    chunk = b"\0" * 4_096
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(chunk):
                pass
        except OSError:
            return
