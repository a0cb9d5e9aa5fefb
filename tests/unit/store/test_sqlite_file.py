"""The SQLite store's file: its schema, compaction, damage, and who else opens it."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import SettingsError, Unavailable
from ledger.store.migrations import program
from ledger.store.sqlite import SQLiteStore
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.store.sqlite.place import OpenFile, make_private
from ledger.store.sqlite.schema import MIGRATIONS, SCHEMA_VERSION
from tests.contract.samples import event, seal_all, token

DEADLINE = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(path)
    yield store
    store.close()


def script(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(statements)


def test_vacuum_leaves_every_leaf_index_as_it_is(store: SQLiteStore, path: Path) -> None:
    store.append([event("a", version) for version in range(1, 6)])
    seal_all(store)
    before = store.read(0, 10)

    script(path, "DELETE FROM stored_events WHERE notification_id = 2; VACUUM")

    assert [entry for entry in before if entry.leaf != 1] == store.read(0, 10)
    assert range(5, 6) == store.append([event("a", 6)])


def test_a_token_from_before_sources_could_sign_is_read(store: SQLiteStore, path: Path) -> None:
    store.append([], [token("d1", "am", kind="source")])
    script(
        path, "UPDATE tokens SET row = CAST(json_remove(CAST(row AS TEXT), '$.signing') AS BLOB)"
    )

    assert token("d1", "am", kind="source") == store.access.token("d1")


def test_a_read_under_way_goes_on_when_the_pools_are_closed(path: Path) -> None:
    make_private(path)
    datastore = LedgerDatastore(OpenFile(path))
    under_way, go_on = threading.Event(), threading.Event()

    def wait() -> int:
        under_way.set()
        return int(go_on.wait(DEADLINE))

    def read() -> list[tuple[int, int]]:
        with datastore.reading() as cursor:
            cursor.sqlite_cursor.connection.create_function("wait", 0, wait)
            statement = "SELECT column1, wait() FROM (VALUES (1), (2), (3)) ORDER BY 1"
            return cursor.sqlite_cursor.execute(statement).fetchall()

    with ThreadPoolExecutor(2) as threads:
        rows = threads.submit(read)
        assert under_way.wait(DEADLINE)
        try:
            threads.submit(datastore.close).result(DEADLINE)
        finally:
            go_on.set()
        assert [(1, 1), (2, 1), (3, 1)] == rows.result(DEADLINE)

    with pytest.raises(Unavailable), datastore.reading():
        pass
    with closing(sqlite3.connect(path)) as file:  # nobody has it open
        assert [("delete",)] == file.execute("PRAGMA journal_mode=DELETE").fetchall()


def migrate_to_the_future(path: Path, *, oldest: int) -> None:
    """What a newer program leaves behind; `oldest` is the schema version that it asks for."""
    SQLiteStore(path).close()
    script(
        path,
        f"PRAGMA user_version = {oldest}; INSERT INTO schema_history VALUES"
        f" ({SCHEMA_VERSION + 1}, 'more', '2027-01-01T00:00:00.000Z', 'airledger 9.1.0')",
    )


def test_a_file_that_asks_for_a_newer_program_is_refused_with_which(path: Path) -> None:
    migrate_to_the_future(path, oldest=SCHEMA_VERSION + 1)

    with pytest.raises(SettingsError) as refused:
        SQLiteStore(path)

    assert (
        f"{path} has schema version {SCHEMA_VERSION + 1}, applied by airledger 9.1.0"
        in refused.value.message
    )
    assert f"knows {SCHEMA_VERSION}" in refused.value.message
    assert "Install airledger 9.1.0 or newer" in refused.value.remedy


def test_a_file_that_a_newer_program_migrated_and_left_open_to_this_one_is_used(path: Path) -> None:
    migrate_to_the_future(path, oldest=SCHEMA_VERSION)

    with closing(SQLiteStore(path)) as store:
        assert range(1) == store.append([event("a", 1)])


def test_a_file_that_is_no_database_is_unavailable_and_stays_as_it_is(path: Path) -> None:
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
    before = path.read_bytes()

    with pytest.raises(Unavailable) as refused:
        SQLiteStore(path)

    assert "Restore ledger.db from a backup" in refused.value.remedy
    assert before == path.read_bytes()


def test_a_directory_that_is_not_there_is_unavailable_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        SQLiteStore(tmp_path / "absent" / "ledger.db")

    assert "Make the data directory writable" in refused.value.remedy


def test_many_may_create_the_file_at_once(path: Path) -> None:
    start = threading.Barrier(8)

    def create(_: int) -> SQLiteStore:
        start.wait(DEADLINE)
        return SQLiteStore(path)

    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(create, range(8)))

    leaves = [store.append([event(f"s{n}", 1)]) for n, store in enumerate(stores)]
    assert [range(n, n + 1) for n in range(8)] == leaves
    for store in stores:
        store.close()


def test_what_is_committed_survives_a_power_cut(store: SQLiteStore) -> None:
    with store._datastore.transaction(commit=True) as c:
        c.execute("PRAGMA synchronous")
        synchronous = c.fetchone()[0]
        c.execute("PRAGMA journal_mode")
        journal = c.fetchone()[0]

    assert (2, "wal") == (synchronous, journal)


def test_reading_and_opening_wait_for_no_writer(store: SQLiteStore, path: Path) -> None:
    store.append([event("a", 1)])

    with store.sealing(), ThreadPoolExecutor(1) as thread:
        assert 1 == thread.submit(store.size).result(DEADLINE)
        other = thread.submit(SQLiteStore, path).result(DEADLINE)
        assert 1 == thread.submit(other.size).result(DEADLINE)
    other.close()


def test_a_reader_that_stops_halfway_leaves_no_old_snapshot_behind(store: SQLiteStore) -> None:
    store.append([event("a", version) for version in range(1, 4)])
    with store._datastore.transaction(commit=False) as c:
        c.execute("SELECT notification_id FROM stored_events")
        assert 1 == c.fetchone()[0]

    store.append([event("a", 4)])

    assert 4 == store.size()


def test_a_writer_waits_for_the_one_before(store: SQLiteStore, path: Path) -> None:
    other = SQLiteStore(path)

    with ThreadPoolExecutor(1) as thread:
        with store.sealing():
            waiting = thread.submit(other.append, [event("a", 1)])
            assert 0 == store.size()
        assert range(1) == waiting.result(DEADLINE)
    other.close()


def test_text_that_somebody_put_in_place_of_bytes_is_read_as_bytes(
    store: SQLiteStore, path: Path
) -> None:
    store.append([event("a", 1)])
    script(path, "UPDATE stored_events SET state = 'plain text'")

    assert b"plain text" == store.read(0, 1, sealed=False)[0].stored
    assert b"plain text" == store.load({"a": 0})["a"][0].stored
    with store.sealing() as log:
        assert [(0, b"plain text")] == log.events(0, 1)


def test_a_file_of_an_older_schema_gets_what_it_lacks(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.append([event("alert/1", 1)])
    script(
        path,
        "DROP TABLE schema_history; DROP TABLE positions; DROP TABLE watched;"
        " PRAGMA user_version = 1",
    )

    with closing(SQLiteStore(path)) as store:
        assert (1, 0) == (store.size(), store.followers.position("clock"))
    with closing(sqlite3.connect(path)) as connection:
        applied = connection.execute("SELECT version, name, program FROM schema_history").fetchall()
    assert [(each.number, each.name, program()) for each in MIGRATIONS[1:]] == applied


def test_a_migration_waits_for_a_writer_and_for_no_reader(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.append([event("a", 1)])
    script(path, "DROP TABLE schema_history")

    with (
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
        closing(sqlite3.connect(path, isolation_level=None, timeout=DEADLINE)) as writer,
        ThreadPoolExecutor(1) as thread,
    ):
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM stored_events"
        assert (1,) == reader.execute(count).fetchone()
        writer.execute("BEGIN IMMEDIATE")
        opening = thread.submit(SQLiteStore, path)
        writer.execute("INSERT INTO watched VALUES ('rca', 'x', 'now')")
        assert not opening.done()
        writer.execute("COMMIT")
        with closing(opening.result(DEADLINE)) as migrated:
            assert range(1, 2) == migrated.append([event("a", 2)])
        assert (1,) == reader.execute(count).fetchone()
        reader.execute("COMMIT")
        assert (2,) == reader.execute(count).fetchone()


def test_many_may_migrate_a_file_at_once_and_each_migration_is_applied_once(path: Path) -> None:
    SQLiteStore(path).close()
    script(path, "DROP TABLE schema_history")
    start = threading.Barrier(8)

    def migrate(_: int) -> None:
        start.wait(DEADLINE)
        SQLiteStore(path).close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(migrate, range(8)))

    with closing(sqlite3.connect(path)) as connection:
        applied = connection.execute("SELECT version FROM schema_history").fetchall()
    assert [(each.number,) for each in MIGRATIONS if each.number >= 3] == applied


def test_a_file_that_was_removed_under_the_store_takes_nothing_more(
    store: SQLiteStore, path: Path
) -> None:
    store.append([event("a", 1)])
    path.rename(path.with_name("moved.db"))

    for call in (lambda: store.append([event("a", 2)]), store.probe, lambda: seal_all(store)):
        with pytest.raises(Unavailable, match=r"ledger\.db was removed") as refused:
            call()
        assert "start again on the file" in refused.value.remedy

    path.with_name("moved.db").rename(path)
    assert range(1, 2) == store.append([event("a", 2)])


def test_a_file_that_was_replaced_under_the_store_takes_nothing_more(
    store: SQLiteStore, path: Path
) -> None:
    store.append([event("a", 1)])
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("VACUUM INTO ?", (str(path.with_name("copy.db")),))
    path.with_name("copy.db").rename(path)

    for call in (lambda: store.append([event("a", 2)]), store.probe, lambda: seal_all(store)):
        with pytest.raises(Unavailable, match="replaced by another file"):
            call()


def test_a_file_that_is_away_is_not_made_anew_by_who_needs_a_connection(path: Path) -> None:
    store, datastore = SQLiteStore(path), LedgerDatastore(OpenFile(path))
    store.append([event("a", 1)])
    kept = path.rename(path.with_name("kept.db"))

    for commit in (False, True):
        with pytest.raises(Unavailable) as refused, datastore.transaction(commit=commit):
            pass
        assert "ledger.db was removed" in refused.value.message
    assert not path.exists()

    kept.rename(path)
    for commit in (False, True):
        with datastore.transaction(commit=commit) as c:
            c.execute("SELECT count(*) FROM stored_events")
            assert 1 == c.fetchone()[0]
    assert range(1, 2) == store.append([event("a", 2)])
    datastore.close()
    store.close()


def test_no_new_file_is_made_beside_the_log_of_one_that_is_away(
    store: SQLiteStore, path: Path
) -> None:
    store.append([event("a", 1)])
    kept = path.rename(path.with_name("kept.db"))

    with pytest.raises(SettingsError) as refused:
        SQLiteStore(path)

    assert "ledger.db-wal" in refused.value.message
    assert "Put ledger.db back" in (refused.value.remedy or "")
    kept.rename(path)
    with closing(SQLiteStore(path)) as again:
        assert 1 == again.size()


def test_a_link_to_nothing_is_not_made_a_new_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.symlink_to(tmp_path / "not mounted" / "ledger.db")
    with pytest.raises(SettingsError, match="symbolic link") as refused:
        SQLiteStore(path)
    (tmp_path / "not mounted").mkdir()
    with pytest.raises(SettingsError, match="nothing is there"):
        SQLiteStore(path)

    assert "Mount or restore" in refused.value.remedy
    assert [] == list((tmp_path / "not mounted").iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_a_new_file_is_its_owners_alone_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with closing(SQLiteStore(path)) as store:
            store.append([event("a", 1)])
            rights = {
                file.name: stat.S_IMODE(file.stat().st_mode)
                for file in path.parent.glob("ledger.db*")
            }
    finally:
        os.umask(before)

    assert dict.fromkeys(("ledger.db", "ledger.db-wal", "ledger.db-shm"), 0o600) == rights
