"""A store that is put back to an older copy under a running executor: nothing is decided on states
that are not in it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.envelope import stream_id
from ledger.domain.incident.commands import Communicate
from tests.harness.homes import home
from tests.unit.execute.desk import Desk

COPY = "copy.db"


def say(text: str) -> Communicate:
    return Communicate(audience="all", message=text)


class Backup:
    """A copy of a store that a process has open, which can be put back under it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        there = home(path)
        self._copy = None if there is None else there.copy()
        if there is None:
            _copy(path / "ledger.db", path / COPY)

    def put_back(self) -> None:
        there = home(self._path)
        if there is not None and self._copy is not None:
            there.put_back(self._copy)
        else:
            _copy(self._path / COPY, self._path / "ledger.db")


def _copy(source: Path, target: Path) -> None:
    """Into the file that is there, as `.restore` of SQLite's shell does."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


@pytest.fixture
def backup(desk: Desk, path: Path) -> Backup:
    """Of a ledger with one incident."""
    desk.report(1)
    there = home(path)
    if there is not None:
        there.database.kill_all()  # nobody may be in a database that is copied
    return Backup(path)


def versions(desk: Desk) -> list[int]:
    """Of the incident's stream, in the order of the log."""
    stream = stream_id("incident", UUID(int=1))
    return [each.version for each in desk.events() if each.stream == stream]


@pytest.mark.parametrize("again", [0, 1, 2, 5])
def test_a_stream_goes_on_from_where_the_restored_store_has_it(
    desk: Desk, backup: Backup, again: int
) -> None:
    for number in range(2):
        desk.command(1, say(f"lost {number}"))
    backup.put_back()
    for number in range(again):
        other(desk, number)
    desk.command(1, say("kept"))

    found = versions(desk)
    assert list(range(1, len(found) + 1)) == found


def other(desk: Desk, number: int) -> None:
    """Something else is recorded first, so that the log is as long as before, or longer."""
    desk.report(10 + number)
    assert 1 == desk.events()[-1].version


def test_an_incident_that_the_restored_store_has_not_is_unknown_again(
    desk: Desk, backup: Backup
) -> None:
    desk.report(2, title="Lost")
    backup.put_back()
    desk.report(2, title="Reported again")

    [reported] = [
        each for each in desk.events() if each.stream == stream_id("incident", UUID(int=2))
    ]
    assert 1 == reported.version
