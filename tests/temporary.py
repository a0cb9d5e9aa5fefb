"""Where tests keep their files: in memory, where the machine has enough of it to spare.

A test makes a database of three hundred files, or a ledger that waits for its disk at every commit,
and nothing of it outlives the run. `TMPDIR=/tmp make test` keeps all of it on the disk.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
NEEDED_BYTES = 4 << 30
"""A whole run was seen to have 300 MB at once, and a database's log grows to 1 GB at most."""
_NAME = "airledger-tests-"
_TOLD = ("TMPDIR", "PYTEST_DEBUG_TEMPROOT")
_failed = False


def keep_in_memory() -> None:
    """Has this process and those it starts make temporary files in memory, unless told otherwise.

    They go when this process ends; those of a run that failed stay until another run begins.
    """
    if any(name in os.environ for name in _TOLD) or not _has_room():
        return
    for left in MEMORY.glob(f"{_NAME}*"):
        if not Path("/proc", left.name.removeprefix(_NAME)).exists():
            shutil.rmtree(left, ignore_errors=True)
    directory = MEMORY / f"{_NAME}{os.getpid()}"
    directory.mkdir()
    os.environ["TMPDIR"] = str(directory)
    tempfile.tempdir = None  # it is asked for anew
    atexit.register(_remove, directory, os.getpid())


def keep_what_failed() -> None:
    """Leaves the files there for who looks into a failure."""
    global _failed  # noqa: PLW0603 - of the process
    _failed = True


def _remove(directory: Path, of: int) -> None:
    if not _failed and of == os.getpid():
        shutil.rmtree(directory, ignore_errors=True)


def _has_room() -> bool:
    try:
        room = os.statvfs(MEMORY)
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (available,) = (line.split()[1] for line in told if line.startswith("MemAvailable:"))
    except (OSError, ValueError):
        return False
    return (
        os.access(MEMORY, os.W_OK)
        and not room.f_flag & os.ST_NOEXEC  # tests make programs, too
        and NEEDED_BYTES <= min(room.f_bavail * room.f_frsize, int(available) << 10)
    )
