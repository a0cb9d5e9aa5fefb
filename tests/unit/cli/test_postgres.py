"""The command line on a ledger that is on PostgreSQL."""

from pathlib import Path

import pytest

from ledger.store.postgres.schema import MIGRATIONS, SCHEMA_VERSION
from tests.harness.postgres import Database, Server
from tests.unit.cli.conftest import Run

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on("sqlite", "makes a store on PostgreSQL itself, step by step"),
]


@pytest.fixture
def empty(empty: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database without a ledger, which the environment names."""
    monkeypatch.setenv("AIRLEDGER_STORE__URL", empty.url)
    return empty


@pytest.fixture
def key(empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for the signing key, which the environment names, and the ledger's tables."""
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "log.key"))
    return tmp_path / "log.key"


@pytest.mark.usefixtures("empty")
def test_each_step_that_is_missing_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_tables = run("incidents")
    run("store", "init")
    without_key_file = run("run", "sealer")
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "log.key"))
    without_log, unverified = run("incidents"), run("verify")
    run("log", "init")
    (tmp_path / "log.key").unlink()
    without_key = run("run", "sealer")
    reads = run("incidents")

    ended = [without_tables, without_key_file, without_log, without_key, reads]
    assert [2, 2, 2, 2, 0] == [each.status for each in ended]
    assert "Run airledger store init" in without_tables.err
    assert "log.key_file is not set" in without_key_file.err
    assert "Run airledger log init" in without_log.err
    assert (2, without_log.err) == (unverified.status, unverified.err)
    assert "Put the key's backup there" in without_key.err


@pytest.mark.usefixtures("key")
def test_store_init_says_whether_there_was_anything_to_do(run: Run) -> None:
    first, again = run("store", "init", "--json"), run("store", "init", "--json")

    steps = [{"version": each.number, "name": each.name} for each in MIGRATIONS]
    assert {"created": True, "version": SCHEMA_VERSION, "applied": steps} == first.json
    assert {"created": False, "version": SCHEMA_VERSION, "applied": []} == again.json
    told = run("store", "init").out
    assert "The ledger's tables exist" in told
    assert f"The schema version is {SCHEMA_VERSION}; there was nothing to apply." in told


@pytest.mark.usefixtures("key")
def test_a_program_and_a_store_of_different_versions_say_so_and_what_to_do(
    run: Run, empty: Database
) -> None:
    run("store", "init")
    run("log", "init")
    with empty.connected() as connection:
        connection.execute("DROP TABLE airledger.schema_history")
    too_new = [run("incidents"), run("serve"), run("run", "intake")]
    migrated = run("store", "init")
    with empty.connected() as connection:
        connection.execute("UPDATE airledger.schema_version SET version = 99")
    too_old = run("incidents")

    assert [2, 2, 2, 0, 2] == [each.status for each in (*too_new, migrated, too_old)]
    assert all("airledger store init --owner-url" in each.err for each in too_new)
    assert f"Applied schema version {SCHEMA_VERSION}: {MIGRATIONS[-1].name}." in migrated.out
    assert f"{empty.name} on" in too_old.err
    assert "Install airledger" in too_old.err


def test_store_init_takes_the_owners_address_and_shows_no_password(
    run: Run, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRLEDGER_STORE__URL")
    url = empty.url.replace("postgres@", "postgres:hunter2@")

    embedded = run("store", "init")
    ended = run("store", "init", "--owner-url", url)

    assert (2, True) == (embedded.status, "an embedded ledger needs no init" in embedded.err)
    assert (0, True) == (ended.status, "***" in ended.out)
    assert "hunter2" not in ended.out + ended.err


def systems(run: Run) -> list[str]:
    """The systems in the register."""
    return [each["system"] for each in run("incidents", "--json").json["items"]]


def test_read_models_may_be_beside_the_ledger_or_in_a_database_of_their_own(
    run: Run,
    key: Path,
    empty: Database,
    postgres_server: Server,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("store", "init")
    run("log", "init")
    monkeypatch.setenv("AIRLEDGER_VIEWS__URL", empty.url)
    run("incident", "report", "--title", "It \1 broke", "--system", "chat")
    assert ["chat"] == systems(run)

    with postgres_server.database() as apart:
        monkeypatch.setenv("AIRLEDGER_VIEWS__URL", apart.url)
        absent = run("incidents")
        made = [run("store", "init", "--views", "--json") for _ in range(2)]
        rebuilt = run("rebuild")

        assert absent.status
        assert "store init; with --views" in absent.err
        assert [{"created": True}, {"created": False}] == [each.json for each in made]
        assert (0, ["chat"]) == (rebuilt.status, systems(run))
    assert not list(data_dir.glob("views.db*"))
    assert key.exists()


def test_store_init_for_read_models_wants_an_address(run: Run) -> None:
    refused = run("store", "init", "--views")

    assert 2 == refused.status
    assert "views.url is 'views.db', a file" in refused.err


def test_an_embedded_ledger_may_have_its_read_models_on_a_server(
    run: Run, database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLEDGER_VIEWS__URL", database.url)
    run("incident", "report", "--title", "It broke", "--system", "chat")

    assert ["chat"] == systems(run)
    assert [data_dir / "ledger.db"] == sorted(data_dir.glob("*.db"))


def test_log_init_makes_the_key_prints_the_verifier_key_and_does_it_once(
    run: Run, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLEDGER_LOG__ORIGIN", "example.com/incidents")
    run("store", "init")

    begun, again = run("log", "init", "--json"), run("log", "init")

    assert "example.com/incidents" == begun.json["origin"]
    assert begun.json["vkey"].startswith("example.com/incidents+")
    assert key.stat().st_mode & 0o777 == 0o600
    assert 1 == again.status
    assert "begun already; it is example.com/incidents" in again.err


def test_an_embedded_log_may_be_begun_by_hand_as_well(run: Run, data_dir: Path) -> None:
    begun = run("log", "init")

    assert 0 == begun.status
    assert (data_dir / "log.key").exists()
    assert 1 == run("log", "init").status
    assert begun.out.strip() == run("verify", "--json").json["vkey"]


@pytest.mark.usefixtures("key")
def test_an_incident_is_worked_on_and_proved(run: Run, data_dir: Path) -> None:
    run("store", "init")
    run("log", "init")

    reported = run("incident", "report", "--title", "T", "--system", "chat", "--json")
    contained = run("incident", "contain", reported.json["reference"], "--action", "Cut off.")
    listed = run("incidents", "--json").json["items"]
    verified = run("verify", "--json")

    assert [0, 0] == [reported.status, contained.status]
    assert [reported.json["reference"]] == [each["reference"] for each in listed]
    assert (True, 3) == (verified.json["ok"], verified.json["size"])
    assert not (data_dir / "ledger.db").exists()
    assert (data_dir / "views.db").exists()


def test_an_auditor_verifies_with_the_readers_role_and_without_the_key(
    run: Run, key: Path, empty: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run("store", "init")
    vkey = tmp_path / "vkey"
    vkey.write_text(run("log", "init").out)
    run("incident", "report", "--title", "T", "--system", "chat")
    auditor = empty.user("airledger_reader")
    monkeypatch.delenv("AIRLEDGER_LOG__KEY_FILE")
    monkeypatch.setenv("AIRLEDGER_STORE__URL", empty.as_user(auditor))

    verified = run("verify", "--vkey", str(vkey), "--json")

    assert (0, True, 2) == (verified.status, verified.json["ok"], verified.json["size"])
