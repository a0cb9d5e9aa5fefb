"""What is left in the directory that a ledger moved from."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.store.sqlite import SQLiteStore
from ledger.store.table_catalogue import ALL_TABLES
from tests.contract.samples import event, token
from tests.harness.full_ledger import SECRET, held_by_file
from tests.harness.postgres import Database
from tests.unit.cli.conftest import Run
from tests.unit.cli.migrate.moving import migration, nothing

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on(
        "sqlite", "moves from an embedded ledger, and makes the other store itself"
    ),
]

TEXTS = next(table for table in ALL_TABLES if table.name == "texts")


REMOVED = {"people", "identified_people", "identities", "bodies", "quarantine"}


def traces(directory: Path) -> list[str]:
    """The files of a directory that have a word of a text, of a body or of a name."""
    words = (SECRET.encode(), b"not text", "Zoë".encode())
    return [each.name for each in directory.iterdir() if any(w in each.read_bytes() for w in words)]


@pytest.mark.usefixtures("target")
def test_the_old_directory_keeps_its_log_and_no_trace_of_texts_and_names(
    run: Run, old: Path
) -> None:
    listed, before = run("incidents", data_dir=old).status, held_by_file(old / "ledger.db")
    assert (0, True) == (listed, "ledger.db" in traces(old))

    moved = run("migrate", "--from", str(old), "--json").json
    after = held_by_file(old / "ledger.db")

    assert moved["scrubbed"]
    assert [] == traces(old)
    assert not list(old.glob("views.db*"))
    assert {"texts", *REMOVED} == {name for name in before if before[name] != after[name]}
    assert not any(after[name] for name in REMOVED)
    assert [(*row[:3], None, None) for row in before["texts"]] == after["texts"]
    verified = run("verify", "--json", data_dir=old).json
    moved_texts = sum(row[3] is not None for row in before["texts"])
    assert verified["ok"]
    assert [] == [each for each in verified["beside"] if "text" in each]
    assert f"{moved_texts} texts are empty here: they moved with the ledger." in verified["notes"]


def test_a_ledger_that_was_moved_by_an_older_program_is_emptied_by_a_second_run(
    run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    with closing(SQLiteStore(old / "ledger.db")) as file:
        kept = file.rows(TEXTS)
        rows = list(kept)
    run("migrate", "--from", str(old))
    with closing(sqlite3.connect(old / "ledger.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER left_texts_update")
        connection.executemany(
            "UPDATE texts SET key = ?, content = ? WHERE id = ?",
            [(key, content, of) for of, _, _, key, content in rows],
        )
    assert "ledger.db" in {name.partition("-")[0] for name in traces(old)}

    again = run("migrate", "--from", str(old), "--json").json

    assert (True, True) == (again["already"], again["scrubbed"])
    assert [] == traces(old)


@pytest.mark.usefixtures("target")
def test_a_program_that_reads_the_old_file_meanwhile_is_told_of(run: Run, old: Path) -> None:
    with closing(sqlite3.connect(old / "ledger.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM texts").fetchall()
        moved = run("migrate", "--from", str(old))
    again = run("migrate", "--from", str(old), "--json")

    assert (0, True) == (moved.status, "Traces of them may be left" in moved.out + moved.err)
    assert (True, []) == (again.json["scrubbed"], traces(old))


def test_the_old_directory_is_read_by_verify_and_replay_alone(
    run: Run, old: Path, target: Database
) -> None:
    whole = run("replay", data_dir=old).out
    run("migrate", "--from", str(old))

    refused = [run(*command, data_dir=old) for command in (("incidents",), ("log", "init"))]
    verified, replayed = run("verify", data_dir=old), run("replay", data_dir=old)

    assert [1, 1] == [each.status for each in refused]
    assert all(f"moved to {target.url[:13]}" in each.err for each in refused)
    assert all("Point store.url there" in each.err for each in refused)
    assert (0, whole) == (replayed.status, replayed.out)
    assert "The log is whole." in verified.out  # tokens of these tests have no events
    assert "This ledger moved to postgresql://" in verified.out


def test_processes_that_have_the_old_file_open_are_refused_every_write(
    old: Path, target: Database, tmp_path: Path
) -> None:
    with closing(SQLiteStore(old / "ledger.db")) as before:
        size = before.size()
        migration(old, target, tmp_path / "new.key").run(nothing, nothing)

        for write in (
            lambda: before.append([event("own/1", 1)]),
            lambda: before.append([], [token("new", "new")]),
            before.probe,
        ):
            with pytest.raises(Unavailable, match="moved to another store") as refused:
                write()
            assert "Point store.url there" in refused.value.remedy
            assert "postgresql://" not in str(refused.value)  # said to anybody at /health/ready
            assert "moved to postgresql://" in str(refused.value.__cause__)
        assert size == before.size()
