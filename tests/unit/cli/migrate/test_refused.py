"""What `airledger migrate` refuses, before anything is marked."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.store.postgres import schema
from tests.harness.full_ledger import furnish, held_by, held_by_file
from tests.harness.postgres import Database
from tests.unit.cli.conftest import Run

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on(
        "sqlite", "moves from an embedded ledger, and makes the other store itself"
    ),
]


def test_an_origin_that_is_not_the_ledgers_is_refused_before_anything_is_marked(
    run: Run, old: Path, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLEDGER_LOG__ORIGIN", "another.example/log")

    refused = run("migrate", "--from", str(old))

    assert (2, True) == (refused.status, "Leave log.origin out" in refused.err)
    assert not any(held_by(target).values())


def test_a_target_that_is_not_free_is_refused_before_anything_is_marked(
    run: Run, old: Path, target: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with target.connected() as owner:
        owner.execute("INSERT INTO airledger.stored_events VALUES ('a', 1, 't', 'x', 1)")
    events = run("migrate", "--from", str(old))
    with target.connected() as owner:
        owner.execute("ALTER TABLE airledger.stored_events DISABLE TRIGGER ALL")
        owner.execute("DELETE FROM airledger.stored_events")
    run("store", "init", "--owner-url", target.url)
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "other.key"))
    run("log", "init")
    log = run("migrate", "--from", str(old))

    assert [1, 1] == [events.status, log.status]
    assert "it holds rows in its table stored_events" in events.err
    assert "it holds the log airledger/" in log.err
    assert "no log init" in log.err
    assert 0 == run("incidents", data_dir=old).status


def test_a_log_begun_with_the_ledgers_own_key_is_no_hindrance(
    run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    (tmp_path / "new.key").write_bytes((old / "log.key").read_bytes())
    begun = run("log", "init")
    before = held_by_file(old / "ledger.db")

    moved = run("migrate", "--from", str(old))

    assert (0, 0) == (begun.status, moved.status)
    assert before == held_by(target)
    assert run("verify", "--json").json["ok"]


@pytest.mark.usefixtures("target")
def test_another_key_in_the_place_of_the_new_one_is_never_overwritten(
    run: Run, old: Path, tmp_path: Path
) -> None:
    furnish(tmp_path / "another", incidents=1)
    key = (tmp_path / "another/log.key").read_bytes()
    (tmp_path / "new.key").write_bytes(key)

    refused = run("migrate", "--from", str(old))

    assert (2, True) == (refused.status, "no key is ever overwritten" in refused.err)
    assert key == (tmp_path / "new.key").read_bytes()
    assert 0 == run("incidents", data_dir=old).status


@pytest.mark.usefixtures("target")
def test_a_log_that_went_on_elsewhere_is_not_moved_from_where_it_stopped(
    run: Run, old: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("ledger.db", "log.key", "log.checkpoint"):
        (copy / name).write_bytes((old / name).read_bytes())
    run("incident", "report", "--title", "T", "--system", "chat", data_dir=copy)
    (tmp_path / "new.checkpoint").write_bytes((copy / "log.checkpoint").read_bytes())

    refused = run("migrate", "--from", str(old))

    assert (1, True) == (refused.status, "events of this log were signed" in refused.err)


def test_a_ledger_that_does_not_verify_is_not_moved(run: Run, old: Path, target: Database) -> None:
    with closing(sqlite3.connect(old / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE stored_events SET state = 'x' WHERE notification_id = 5")

    refused = run("migrate", "--from", str(old))

    assert (1, True) == (refused.status, "is not what was signed" in refused.err)
    assert not any(held_by(target).values())
    assert 0 == run("replay", "--to", "0", data_dir=old).status


def test_a_user_without_the_rights_is_told_so_before_anything_is_marked(
    run: Run, old: Path, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = target.as_user(target.user(schema.INTAKE))
    monkeypatch.setenv("AIRLEDGER_STORE__URL", user)

    refused = run("migrate", "--from", str(old))

    assert (2, True) == (refused.status, "may not write log_tiles, log" in refused.err)
    assert 0 == run("incidents", data_dir=old).status


def test_what_is_missing_to_move_is_named(
    run: Run, old: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = run("migrate", "--from", str(old))
    monkeypatch.setenv("AIRLEDGER_STORE__URL", database.url)
    without_key = run("migrate", "--from", str(old))
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "new.key"))
    nowhere = run("migrate", "--from", str(tmp_path / "nowhere"))

    assert [2, 2, 2] == [each.status for each in (embedded, without_key, nowhere)]
    assert "a ledger moves to PostgreSQL" in embedded.err
    assert "log.key_file is not set" in without_key.err
    assert "There is no ledger at" in nowhere.err
    assert not (tmp_path / "nowhere").exists()
