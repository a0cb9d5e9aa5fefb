"""What `airledger migrate` moves to PostgreSQL: all of a ledger, once."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import now, open_ledger
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from ledger.domain.release.words import Decision
from ledger.settings import Settings
from ledger.store.postgres import PostgresStore, schema
from ledger.store.side_records import ConsumedId
from ledger.store.sqlite import SQLiteStore
from ledger.store.sqlite.schema import MIGRATIONS
from ledger.store.table_catalogue import ALL_TABLES
from ledger.transparency.dsse import new_envelope_key
from tests.harness.full_ledger import held_by, held_by_file
from tests.harness.gated_release import REF, GatedRelease
from tests.harness.postgres import Database
from tests.unit.cli.conftest import Run

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on(
        "sqlite", "moves from an embedded ledger, and makes the other store itself"
    ),
]


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


@pytest.mark.usefixtures("target")
def test_a_second_time_it_says_that_it_moved_already(run: Run, old: Path) -> None:
    first, again = (run("migrate", "--from", str(old), "--json") for _ in range(2))

    assert (0, True, {}) == (again.status, again.json["already"], again.json["rows"])
    assert first.json["root"] == again.json["root"]
    assert "already" in run("migrate", "--from", str(old)).out
