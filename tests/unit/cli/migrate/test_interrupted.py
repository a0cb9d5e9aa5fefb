"""Moves that are interrupted, killed, completed and given up."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.full_ledger import held_by, held_by_file, stopping
from tests.harness.postgres import Database, Server
from tests.unit.cli.conftest import Run
from tests.unit.cli.migrate.moving import migration, nothing

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on(
        "sqlite", "moves from an embedded ledger, and makes the other store itself"
    ),
]


@pytest.mark.parametrize("at", [1, 3])
def test_a_move_that_was_interrupted_is_completed(
    at: int, run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    before = held_by_file(old / "ledger.db")
    with pytest.raises(InterruptedError):
        migration(old, target, tmp_path / "new.key").run(stopping(at), nothing)

    refused = run("incidents", data_dir=old)
    assert (1, True) == (refused.status, "has not arrived" in refused.err)
    assert f"airledger migrate --from {old} again" in refused.err
    assert not any(held_by(target).values())
    moved = run("migrate", "--from", str(old), "--json")

    assert (0, before) == (moved.status, held_by(target))


def test_a_move_that_was_killed_behind_its_commit_is_only_told(
    run: Run, old: Path, target: Database
) -> None:
    run("migrate", "--from", str(old))
    with closing(sqlite3.connect(old / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE leaving SET done = NULL")
    run("incident", "report", "--title", "T", "--system", "chat")

    given_up = run("migrate", "--from", str(old), "--give-up")
    again = run("migrate", "--from", str(old), "--json")

    assert (1, True) == (given_up.status, "arrived in" in given_up.err)
    assert (0, True) == (again.status, again.json["already"])
    assert "has not arrived" not in run("incidents", data_dir=old).err


def test_a_move_can_be_given_up_before_it_arrived(
    run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedError):
        migration(old, target, tmp_path / "new.key").run(stopping(1), nothing)

    given_up, again = (run("migrate", "--from", str(old), "--give-up", "--json") for _ in range(2))
    reported = run("incident", "report", "--title", "T", "--system", "chat", data_dir=old)
    before = held_by_file(old / "ledger.db")
    moved = run("migrate", "--from", str(old), "--json")

    assert [{"given_up": True}, {"given_up": False}] == [given_up.json, again.json]
    assert (0, 0) == (reported.status, moved.status)
    assert before == held_by(target)


def test_nobody_gives_up_or_goes_elsewhere_while_the_target_cannot_be_asked(
    run: Run,
    old: Path,
    target: Database,
    tmp_path: Path,
    postgres_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InterruptedError):
        migration(old, target, tmp_path / "new.key").run(stopping(1), nothing)

    with postgres_server.database(postgres_server.template()) as other:
        monkeypatch.setenv("AIRLEDGER_STORE__URL", other.url)
        elsewhere = [run("migrate", "--from", str(old), *more) for more in ((), ("--give-up",))]
    away = run("migrate", "--from", str(old), "--give-up")

    assert [1, 1, 1] == [each.status for each in (*elsewhere, away)]
    assert all("is moving to postgresql://" in each.err for each in elsewhere)
    assert "cannot be reached" in away.err
    assert 1 == run("incidents", data_dir=old).status
