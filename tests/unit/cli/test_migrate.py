"""`airledger migrate`: an embedded ledger moves to PostgreSQL, all of it, once."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import now, open_ledger
from consumers.maintenance.migration import Migration
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from ledger.domain.release.words import Decision
from ledger.errors import Unavailable
from ledger.settings import Settings
from ledger.settings.model import LogSettings, StoreSettings
from ledger.store.postgres import PostgresStore, schema
from ledger.store.side_records import ConsumedId
from ledger.store.sqlite import SQLiteStore
from ledger.store.sqlite.schema import MIGRATIONS
from ledger.store.table_catalogue import ALL_TABLES
from ledger.transparency.dsse import new_envelope_key
from tests.contract.samples import event, token
from tests.harness.full_ledger import SECRET, furnish, held_by, held_by_file, stopping
from tests.harness.gated_release import REF, GatedRelease
from tests.harness.postgres import Database, Server
from tests.unit.cli.conftest import Run

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on(
        "sqlite", "moves from an embedded ledger, and makes the other store itself"
    ),
]

TEXTS = next(table for table in ALL_TABLES if table.name == "texts")
MAY_MOVE = (schema.INTAKE, schema.SEALER)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory with something of everything in it."""
    furnish(tmp_path / "old")
    return tmp_path / "old"


@pytest.fixture
def target(
    database: Database, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    """An empty ledger's database, which the environment names for a user who may move."""
    monkeypatch.setenv("AIRLEDGER_STORE__URL", database.as_user(database.user(*MAY_MOVE)))
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "new.key"))
    return database


def test_every_table_of_a_ledger_moves() -> None:
    statements = [text for each in MIGRATIONS for text in each.statements]
    made = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")
    ours = {name for text in statements for name in made.findall(text)}
    moved = {table.name for table in ALL_TABLES}
    own = {"log", "probe", "schema_version", "schema_history", "sessions", "writers"}
    own |= {"session_grants", "single_uses"}

    assert moved == ours - own
    assert moved == {right.table for right in schema.RIGHTS} - own


def test_everything_moves_byte_for_byte_and_goes_on_there(
    run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    before, log = held_by_file(old / "ledger.db"), run("verify", "--json", data_dir=old).json

    moved = run("migrate", "--from", str(old), "--json")

    assert (0, False) == (moved.status, moved.json["already"])
    assert (log["origin"], log["size"], log["root"]) == (
        moved.json["origin"],
        moved.json["size"],
        moved.json["root"],
    )
    assert before == held_by(target)
    assert {name: len(rows) for name, rows in before.items()} == moved.json["rows"]
    assert all(before.values())
    key = tmp_path / "new.key"
    assert (old / "log.key").read_bytes() == key.read_bytes()
    assert 0o600 == key.stat().st_mode & 0o777
    assert (old / "log.checkpoint").read_bytes() == key.with_suffix(".checkpoint").read_bytes()
    with (
        closing(PostgresStore(target.url)) as there,
        closing(SQLiteStore(old / "ledger.db")) as here,
    ):
        assert here.log_state() == there.log_state()
        assert [] == here.quarantine.entries()
        assert 2 == len(there.quarantine.entries())
        assert here.access.tokens("token") == there.access.tokens("token")
    verified = run("verify", "--json").json
    reported = run("incident", "report", "--title", "T", "--system", "chat", "--json").json
    assert (True, log["root"]) == (verified["ok"], verified["root"])
    assert f"INC-{log['size']}" == reported["reference"]
    assert run("verify", "--json").json["ok"]


def test_the_risk_report_of_a_leaf_has_the_same_bytes_there(
    run: Run, old: Path, target: Database, tmp_path: Path
) -> None:
    month = f"{now():%Y-%m}"
    with closing(SQLiteStore(old / "ledger.db")) as here:
        given = canonical_bytes(risk_report(here, month))
    assert 0 == run("migrate", "--from", str(old)).status
    with closing(PostgresStore(target.url)) as there:
        assert given == canonical_bytes(risk_report(there, month))
    file = tmp_path / "report.json"
    file.write_bytes(given)
    assert 0 == run("report", "check", str(file)).status


def test_a_decision_has_the_same_statement_and_the_same_key_there(
    run: Run, old: Path, target: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(Settings(data_dir=old))
    try:
        GatedRelease(ledger, 12).decide(Decision.NO_GO, "Not yet.")
    finally:
        ledger.close()
    key = tmp_path / "release.pem"
    export = ("release", "export", REF)
    before = run(*export, data_dir=old)
    monkeypatch.setenv("AIRLEDGER_RELEASES__KEY_FILE", str(key))
    key.write_bytes(new_envelope_key().export())
    refused = run("migrate", "--from", str(old))
    key.unlink()

    moved = run("migrate", "--from", str(old))

    assert (2, 0) == (refused.status, moved.status)
    assert f"{key} holds another key" in refused.err
    assert (old / "release-key.pem").read_bytes() == key.read_bytes()
    assert 0o600 == key.stat().st_mode & 0o777
    assert (0, before.out) == (before.status, run(*export).out)


def test_an_id_and_a_key_that_an_older_program_kept_at_any_length_move_and_are_known_there(
    run: Run, old: Path, target: Database
) -> None:
    rng = random.Random(7)
    long = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(2_001))
    with closing(sqlite3.connect(old / "ledger.db")) as file, file:
        file.execute("INSERT INTO ids_taken VALUES ('signal/am', ?)", (long,))
        file.execute(
            "INSERT INTO idempotency SELECT token, ?, at, answer FROM idempotency LIMIT 1", (long,)
        )
    newer = [("signal/am", f"{long}{n}") for n in range(2)]
    every = [("signal/am", long), *newer]
    with closing(SQLiteStore(old / "ledger.db")) as here:
        here.append([], [ConsumedId(scope=scope, id=name) for scope, name in newer])
        assert set(every) == here.idempotency.consumed_ids([("signal/am", long), *newer])
        answered = here.idempotency.answer("alice", long)

    assert 0 == run("migrate", "--from", str(old)).status

    with closing(PostgresStore(target.url)) as there:
        assert set(every) == there.idempotency.consumed_ids([("signal/am", long), *newer])
        assert answered is not None
        assert answered == there.idempotency.answer("alice", long)


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


@pytest.mark.usefixtures("target")
def test_a_second_time_it_says_that_it_moved_already(run: Run, old: Path) -> None:
    first, again = (run("migrate", "--from", str(old), "--json") for _ in range(2))

    assert (0, True, {}) == (again.status, again.json["already"], again.json["rows"])
    assert first.json["root"] == again.json["root"]
    assert "already" in run("migrate", "--from", str(old)).out


def test_an_origin_that_is_not_the_ledgers_is_refused_before_anything_is_marked(
    run: Run, old: Path, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLEDGER_LOG__ORIGIN", "another.example/log")

    refused = run("migrate", "--from", str(old))

    assert (2, True) == (refused.status, "Leave log.origin out" in refused.err)
    assert not any(held_by(target).values())


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


def migration(old: Path, target: Database, key: Path) -> Migration:
    settings = Settings(store=StoreSettings(url=target.url), log=LogSettings(key_file=key))
    return Migration(old, settings, now)


def nothing(*_: object) -> None:
    """A step or check that has nothing to say."""


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
