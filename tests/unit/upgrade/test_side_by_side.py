"""Two versions of the program on one store at once: for an hour of an upgrade, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from consumers.container.backends import open_store
from ledger.errors import Conflict
from ledger.store.port import NewEvent, Store
from tests.unit.upgrade.conftest import Old
from tests.unit.upgrade.old_program import OldProgram

EVENTS = 60
DEADLINE = 60


@pytest.mark.parametrize("migrated", ["before", "meanwhile"])
def test_programs_of_both_versions_append_to_one_store_at_once_and_nothing_is_lost(
    old: Old, migrated: str
) -> None:
    if migrated == "before":
        old.migrate()
    start = Barrier(2)

    def of_before() -> dict[int, bytes]:
        with closing(old.program()) as program:
            start.wait(DEADLINE)
            return append_all("before", program.append)

    def of_today() -> dict[int, bytes]:
        start.wait(DEADLINE)
        if migrated == "meanwhile":
            old.migrate()
        with closing(open_store(old.settings)) as store:
            return append_all("today", lambda *event: append(store, *event))

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(of_before), threads.submit(of_today)]
        before, today = (each.result(DEADLINE) for each in running)

    assert EVENTS == len(before) == len(today)
    assert not before.keys() & today.keys()
    with closing(open_store(old.settings)) as store, closing(old.program()) as program:
        entries = store.read(0, 1_000_000, sealed=False)
        assert list(range(len(entries))) == [entry.leaf for entry in entries]
        stored = {entry.leaf: entry.stored for entry in entries}
        assert before | today == {leaf: stored[leaf] for leaf in before | today}
        assert [entry.stored for entry in entries] == program.read()
        assert program.admits()


def append_all(who: str, append: Callable[[str, int, bytes], int]) -> dict[int, bytes]:
    """What was appended, by its leaf."""
    found = {}
    for version in range(1, EVENTS + 1):
        state = f'{{"of":"{who}","version":{version}}}'.encode()
        found[append(f"incident/{who}", version, state)] = state
    return found


def append(store: Store, stream: str, version: int, state: bytes) -> int:
    [leaf] = store.append([NewEvent(stream, version, "incident.communicated.v1", state)])
    return leaf


def test_what_one_version_appended_is_a_conflict_for_the_other(old: Old) -> None:
    old.migrate()
    with closing(open_store(old.settings)) as store, closing(old.program()) as program:
        race(store, program)


def race(store: Store, program: OldProgram) -> None:
    program.append("incident/shared", 1, b"{}")
    with pytest.raises(Conflict):
        append(store, "incident/shared", 1, b'{"other":1}')
    append(store, "incident/shared", 2, b"{}")
    with pytest.raises(Exception, match=r"UNIQUE constraint|duplicate key"):
        program.append("incident/shared", 2, b'{"other":1}')
