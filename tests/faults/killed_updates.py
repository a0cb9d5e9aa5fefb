"""Followers of changed standards, killed: `python -m tests.faults.killed_updates DIRECTORY`.

Each reads the changes in a copy of DIRECTORY/before, and is killed with SIGKILL before the n-th
statement that it sends to the database from its first transaction on; n counts up until one comes
to its end. What the n-th leaves is in DIRECTORY/<n>, the last in DIRECTORY/whole.
"""

import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

from consumers.container.ledger import open_ledger
from ledger.settings import Settings
from tests.faults.killed import BEFORE, WHOLE, Killing

_FAULT = 3


def follow_killed(data_dir: Path, at: int) -> None:
    """Follows the log; killed before the statement of this number, if there are as many."""
    killing = Killing(at)
    sqlite3.connect = killing.connect  # type: ignore[assignment]
    with closing(open_ledger(Settings(data_dir=data_dir))) as ledger:
        killing.armed = True
        ledger.followers["standards"].catch_up()
        killing.armed = False


def main(directory: Path) -> int:
    """Forks one after the other."""
    for at in count(1):
        data_dir = directory / str(at)
        shutil.copytree(directory / BEFORE, data_dir)
        if (pid := os.fork()) == 0:
            status = _FAULT
            try:
                follow_killed(data_dir, at)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == 0:
            data_dir.rename(directory / WHOLE)
            return 0
        if code != -signal.SIGKILL:
            return 1
    raise AssertionError("unreachable")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
