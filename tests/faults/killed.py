"""Erasures that are killed: `python -m tests.faults.killed DIRECTORY`, in a process that forks.

Each erases the same person in a copy of DIRECTORY/before, and is killed with SIGKILL before the
n-th statement that it sends to the database from the beginning of its transaction on; n counts up
until one comes to its end. What the n-th leaves is in DIRECTORY/<n>, the last in DIRECTORY/whole.
"""

import os
import shutil
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any

from consumers.commands.erasing import Erasure, erase
from consumers.commands.service import Caller
from consumers.container.ledger import open_ledger
from ledger.domain.access.deciding import HOST
from ledger.settings import Settings
from ledger.vocabulary import ErasureReason

PERSON = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
BY = Caller(
    actor="person/019d5c3e-7a00-7000-8000-000000000001",
    token="host",
    asker=HOST,
)
BEFORE, WHOLE = "before", "whole"
_FAULT = 3


class Killing:
    """Counts statements of every connection from the first BEGIN on, once it is `armed`."""

    def __init__(self, at: int) -> None:
        self.armed = False
        self._left = at
        self._begun = False
        self._connect = sqlite3.connect

    def connect(self, *given: Any, **named: Any) -> sqlite3.Connection:
        """In place of `sqlite3.connect`."""
        connection: sqlite3.Connection = self._connect(*given, **named)
        connection.set_trace_callback(self._before)
        return connection

    def _before(self, statement: str) -> None:
        if not self.armed:
            return
        self._begun = self._begun or statement.startswith("BEGIN")
        if self._begun:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def erase_killed(data_dir: Path, at: int) -> None:
    """Erases the person; killed before the statement of this number, if there are as many."""
    killing = Killing(at)
    sqlite3.connect = killing.connect  # type: ignore[assignment]
    ledger = open_ledger(Settings(data_dir=data_dir))
    killing.armed = True
    erase(ledger.services, BY, Erasure(person=PERSON, reason=ErasureReason.REQUEST))
    killing.armed = False
    ledger.close()


def main(directory: Path) -> int:
    """Forks one after the other."""
    for at in count(1):
        data_dir = directory / str(at)
        shutil.copytree(directory / BEFORE, data_dir)
        if (pid := os.fork()) == 0:
            status = _FAULT
            try:
                erase_killed(data_dir, at)
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
