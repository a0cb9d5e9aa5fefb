"""Backups as people make them, with the databases' own programs, and what a restore comes to."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import open_ledger
from ledger.settings import Settings, load
from ledger.store.postgres import schema
from projections.catalogue import PROJECTIONS
from projections.engine import digest
from tests.bench.history import fill
from tests.harness import postgres
from tests.harness.postgres import Database, Server
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.only_on("sqlite", "makes each kind of store itself")

INCIDENTS = 300


def settings() -> Settings:
    return load(None, {})


def digests() -> dict[str, str]:
    """Every read model's, filled anew from the ledger that the environment names."""
    settings().views_path.unlink(missing_ok=True)
    with closing(open_ledger(settings())) as ledger:
        ledger.seal_and_project()
        return {each.name: digest(ledger.views, each) for each in PROJECTIONS}


def filled() -> None:
    """Makes incidents, and lets reviews and clock have their say of them."""
    with closing(open_ledger(settings())) as ledger:
        fill(ledger, incidents=INCIDENTS)
        ledger.seal_and_project()


def goes_on(run: Run, size: int) -> bool:
    """Whether the ledger takes an incident behind its last event, and its log is whole then."""
    made = run("incident", "report", "--title", "Later", "--system", "chat", "--json")
    return bool(f"INC-{size}" == made.json["reference"] and run("verify", "--json").json["ok"])


class Shared:
    """A ledger on PostgreSQL that the environment names, as users with the roles see it."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self.database = database
        self._patch = patch
        self.user = database.user(*schema.ROLES)

    def point_to(self, database: Database) -> None:
        """The same programs on another database, as the same user, who is the server's."""
        self._patch.setenv("AIRLEDGER_STORE__URL", database.as_user(self.user))

    def dump(self, target: Path) -> Path:
        program("pg_dump", "--format=custom", f"--file={target}", self.database.url)
        return target


def program(name: str, *arguments: str) -> str:
    """Runs one of PostgreSQL's own programs; what it complained of."""
    done = subprocess.run(
        [postgres.program(name), *arguments], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stderr


@pytest.fixture
def shared(
    run: Run, database: Database, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shared:
    shared = Shared(database, monkeypatch)
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "log.key"))
    shared.point_to(database)
    assert 0 == run("log", "init").status
    filled()
    return shared


@pytest.mark.component("postgres")
def test_a_dump_is_restored_into_another_database_and_goes_on(
    run: Run, shared: Shared, empty: Database, tmp_path: Path
) -> None:
    before, log = digests(), run("verify", "--json").json
    dump = shared.dump(tmp_path / "dump")

    program("pg_restore", "--exit-on-error", f"--dbname={empty.url}", str(dump))

    shared.point_to(empty)
    verified = run("verify", "--json").json
    assert (log["size"], log["root"], True) == (verified["size"], verified["root"], verified["ok"])
    assert before == digests()
    assert guarded(shared.database) == guarded(empty)
    assert goes_on(run, log["size"])


@pytest.mark.component("postgres")
def test_a_dump_without_owner_and_rights_gets_its_rights_from_store_init(
    run: Run, shared: Shared, empty: Database, tmp_path: Path
) -> None:
    size = run("verify", "--json").json["size"]
    dump = shared.dump(tmp_path / "dump")
    program("pg_restore", "--no-owner", "--no-privileges", f"--dbname={empty.url}", str(dump))
    shared.point_to(empty)

    without = run("incidents")
    initialised = run("store", "init", "--owner-url", empty.url, "--json")

    assert (2, True) == (without.status, "may not use the ledger" in without.err)
    assert (False, []) == (initialised.json["created"], initialised.json["applied"])
    assert guarded(shared.database) == guarded(empty)
    assert goes_on(run, size)


@pytest.mark.component("postgres")
def test_an_owner_without_the_roles_dumps_what_has_read_models_beside_it(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, restored = database.beside("template1"), database.beside("template1")
    owner, user = database.user(), database.user(*schema.ROLES)
    for each in (ours, restored):
        with each.connected() as connection:
            connection.execute(f"GRANT CREATE ON DATABASE {each.name} TO {owner}")
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "log.key"))
    dump = str(tmp_path / "dump")

    def point_to(url: str) -> None:
        monkeypatch.setenv("AIRLEDGER_STORE__URL", url)
        monkeypatch.setenv("AIRLEDGER_VIEWS__URL", url)

    assert 0 == run("store", "init", "--owner-url", ours.as_user(owner)).status
    point_to(ours.as_user(user))
    assert 0 == run("log", "init").status
    assert 0 == run("incident", "report", "--title", "Slow", "--system", "chat").status
    shown, log = run("incidents", "--json").json, run("verify", "--json").json

    program(
        "pg_dump",
        "--exclude-schema=airledger_views",
        "--format=custom",
        f"--file={dump}",
        ours.as_user(owner),
    )
    program("pg_restore", "--exit-on-error", f"--dbname={restored.as_user(owner)}", dump)
    run("store", "init", "--owner-url", restored.as_user(owner))

    point_to(restored.as_user(user))
    assert log["root"] == run("verify", "--json").json["root"]
    assert shown == run("incidents", "--json").json


def guarded(database: Database) -> list[tuple[str, ...]]:
    """The triggers of a ledger with how they are enabled, and its rights."""
    with database.connected() as connection:
        return [
            *connection.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger"
                " WHERE NOT tgisinternal ORDER BY 1, 2"
            ),
            *connection.execute(
                "SELECT table_name, grantee, privilege_type"
                " FROM information_schema.role_table_grants"
                " WHERE table_schema = 'airledger' ORDER BY 1, 2, 3"
            ),
        ]


@pytest.mark.slow
@pytest.mark.component("postgres")
def test_a_base_backup_is_another_server_with_the_same_ledger(
    run: Run, shared: Shared, postgres_server: Server
) -> None:
    before, log = digests(), run("verify", "--json").json
    directory = postgres_server.directory.with_name("restored")
    server = f"--dbname={postgres_server.url()}"
    program("pg_basebackup", server, f"--pgdata={directory}", "--checkpoint=fast")
    (directory / ".s.PGSQL.5432.lock").unlink()  # the socket of the other one was in it
    (directory / ".handle_pids.json").unlink()  # and so were those who keep the other one up
    give_to_owner_of(postgres_server.directory, directory)

    restored = Server(directory)
    try:
        shared.point_to(there := Database(restored, shared.database.name))
        verified = run("verify", "--json").json
        after = digests()
        going_on = goes_on(run, log["size"])
        there_guarded = guarded(there)
    finally:
        restored.stop()

    assert (log["root"], True) == (verified["root"], verified["ok"])
    assert before == after
    assert guarded(shared.database) == there_guarded
    assert going_on


@pytest.mark.component("postgres")
def test_an_older_dump_is_refused_and_repaired_from_an_auditors_archive(
    run: Run, shared: Shared, empty: Database, tmp_path: Path
) -> None:
    held = run("verify", "--json").json["size"]
    dump = shared.dump(tmp_path / "dump")
    for number in range(3):
        run("incident", "report", "--title", f"T{number}", "--system", "chat")
    before, log = digests(), run("verify", "--json").json
    archive = tmp_path / "archive.jsonl"
    archive.write_text(run("replay", "--from", "100").out)

    program("pg_restore", f"--dbname={empty.url}", str(dump))
    shared.point_to(empty)
    refused = run("run", "sealer")
    repaired = run("store", "repair", str(archive), "--json")

    assert (1, True) == (refused.status, "airledger store repair FILE" in refused.err)
    assert f"{log['size']} events were signed, and the store holds {held}" in refused.err
    assert (0, log["root"], held) == (
        repaired.status,
        repaired.json["root"],
        repaired.json["first"],
    )
    assert before == digests()
    assert goes_on(run, log["size"])


def give_to_owner_of(one: Path, other: Path) -> None:
    """A server runs as the owner of its directory, and never as root."""
    owner = one.stat()
    for path in (other, *other.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def by_backup(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def by_vacuum(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


@pytest.mark.parametrize("copy", [by_backup, by_vacuum])
def test_an_embedded_ledger_is_copied_while_it_is_in_use(
    copy: Callable[[Path, Path], None], run: Run, data_dir: Path, tmp_path: Path
) -> None:
    with closing(open_ledger(settings())) as ledger:
        fill(ledger, incidents=INCIDENTS)
        ledger.seal_and_project()
        copy(data_dir / "ledger.db", tmp_path / "backup.db")
    before, log = digests(), run("verify", "--json").json

    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (data_dir / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", data_dir / "ledger.db")

    verified = run("verify", "--json").json
    assert (log["root"], True) == (verified["root"], verified["ok"])
    assert before == digests()
    assert goes_on(run, log["size"])


def test_an_embedded_ledger_is_copied_as_a_directory_once_nothing_runs(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    filled()
    log = run("verify", "--json").json
    shutil.copytree(data_dir, tmp_path / "copy")
    shutil.rmtree(data_dir)

    shutil.copytree(tmp_path / "copy", data_dir)

    assert log["root"] == run("verify", "--json").json["root"]
    assert goes_on(run, log["size"])


def test_the_file_alone_of_a_ledger_in_use_is_no_backup_and_is_refused(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    with closing(open_ledger(settings())) as ledger:
        fill(ledger, incidents=2)  # too few for SQLite to move them from its -wal to the file
        shutil.copy(data_dir / "ledger.db", tmp_path / "broken.db")
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (data_dir / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "broken.db", data_dir / "ledger.db")

    refused = run("incidents")

    assert (1, True) == (refused.status, "events were signed, and the store holds" in refused.err)
