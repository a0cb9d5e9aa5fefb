"""A ledger that an earlier program wrote: migrated, read, rebuilt and gone on with by today's."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from consumers.commands.service import Caller, Commands
from consumers.container.backends import open_store
from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.incidents import register
from ledger.domain.access.deciding import HOST
from ledger.domain.alert import AlertStale
from ledger.domain.catalogue import CODEC
from ledger.domain.incident.commands import Report
from ledger.domain.incident.events import LinkedAlertResolved, Merged
from ledger.domain.incident.kind import INCIDENT
from ledger.sealing import StoreLogReader
from ledger.store.migrations import Migration, program
from ledger.store.postgres import schema as postgres
from ledger.store.sqlite import schema as sqlite
from ledger.transparency.audit import audit
from ledger.transparency.keys import to_base64
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from projections.queries.incidents import IncidentFilters
from tests.harness import old_ledgers
from tests.harness.postgres import Database
from tests.unit.upgrade.conftest import Old, columns_of, postgres_columns

SHOWN = (
    "id",
    "reference",
    "title",
    "system",
    "status",
    "category",
    "severity",
    "owner",
    "merged_into",
    "detected_at",
    "month",
)


def opened(old: Old) -> Ledger:
    return open_ledger(old.settings, clock=lambda: old_ledgers.MADE_AT)


def test_its_events_are_the_same_bytes_and_decode(old: Old) -> None:
    old.migrate()

    with closing(open_store(old.settings)) as store:
        entries = store.read(0, 1_000)
    assert old_ledgers.stored() == [entry.stored for entry in entries]
    events = [CODEC.decode(entry.stored, entry.leaf).event for entry in entries]
    assert {"stale", "resolved"} == {
        str(event.basis) for event in events if isinstance(event, LinkedAlertResolved)
    }
    assert any(isinstance(event, AlertStale) for event in events)
    assert any(isinstance(event, Merged) for event in events)


def test_its_log_verifies_with_the_root_that_was_signed(old: Old) -> None:
    old.migrate()

    signed = old_ledgers.expected()["verify"]
    with closing(open_store(old.settings)) as store:
        state = store.log_state()
        assert state is not None
        found = audit(StoreLogReader(store), state.vkey)
    assert (True, signed["size"], signed["root"], signed["vkey"]) == (
        found.ok,
        found.size,
        to_base64(found.root),
        state.vkey,
    )


def test_what_is_beside_its_log_is_there(old: Old) -> None:
    old.migrate()

    with closing(open_store(old.settings)) as store:
        [kept] = store.quarantine.entries()
        body = store.quarantine.body(kept.digest)
        assert old_ledgers.expected()["quarantine"]["items"][0]["id"] == kept.id
        assert body is not None
        assert b'{"not": "a notification"}' == body.content
        assert [("am", False)] == [
            (t.holder_name, t.revoked) for t in store.access.tokens("source")
        ]
        assert [("reader", True)] == [
            (t.holder_name, t.revoked) for t in store.access.tokens("token")
        ]
        assert {"Zoë"} < {person.name for person in store.access.people()}


def test_its_read_models_go_on_and_are_the_same_when_they_are_filled_anew(old: Old) -> None:
    old.migrate()
    with closing(opened(old)) as ledger:
        ledger.projector.catch_up()
        gone_on = shown(ledger)

        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=ledger.store.size())

        assert [None] * len(PROJECTIONS) == [each.stopped for each in ledger.projector.progress]
        assert gone_on == shown(ledger)
    before = old_ledgers.expected()["incidents"]
    assert [{name: each[name] for name in SHOWN} for each in before] == gone_on


def shown(ledger: Ledger) -> list[dict[str, Any]]:
    """What of the register the events alone decide."""
    page = register(ledger, IncidentFilters())
    return [{name: getattr(each, name) for name in SHOWN} for each in page.items]


def test_it_goes_on_as_one_log(old: Old) -> None:
    old.migrate()
    with closing(opened(old)) as ledger:
        caller = Caller(asker=HOST, actor="person/1", token="t")
        commands = Commands(ledger.services)
        commands.open(caller, INCIDENT, Report(title="One more", system="search"))
        ledger.seal_and_project()
        found = audit(StoreLogReader(ledger.store), str(ledger.sealer.start().vkey))

        assert (True, []) == (found.ok, list(found.problems))
        assert len(old_ledgers.stored()) < found.size == ledger.store.size()
        assert "One more" in {each["title"] for each in shown(ledger)}


def test_it_is_migrated_under_a_reader_and_a_writer_that_go_on(old: Old) -> None:
    with closing(old.program()) as before, closing(old.program()) as reader:
        first = before.append("incident/x", 1, b"{}")
        with reader.reading():
            held = reader.read()
            old.migrate()
            assert held == reader.read()

        assert held == before.read() == reader.read()
        assert first + 1 == before.append("incident/x", 2, b"{}")
        assert before.admits()
    assert len(old_ledgers.stored()) == first


def test_who_applied_the_migration_and_when_is_recorded(old: Old) -> None:
    old.migrate()
    old.migrate()

    if old.settings.embedded:
        with closing(sqlite3.connect(old.settings.ledger_path)) as file:
            rows = file.execute("SELECT * FROM schema_history ORDER BY version").fetchall()
        applied: tuple[Migration, ...] = sqlite.MIGRATIONS[2:]
    else:
        with psycopg.connect(old.settings.store.url) as connection:
            rows = connection.execute(
                "SELECT * FROM airledger.schema_history ORDER BY version"
            ).fetchall()
        applied = postgres.MIGRATIONS[1:]
    assert [(each.number, each.name, program()) for each in applied] == [
        (version, name, by) for version, name, _, by in rows
    ]
    for _, _, at, _ in rows:
        assert datetime.fromisoformat(at).tzinfo == UTC


@pytest.mark.parametrize("migrations", [sqlite.MIGRATIONS, postgres.MIGRATIONS])
def test_migrations_are_numbered_from_one_without_a_gap_and_never_ask_for_an_older_program(
    migrations: tuple[Migration, ...],
) -> None:
    assert list(range(1, len(migrations) + 1)) == [each.number for each in migrations]
    oldest = [each.oldest for each in migrations]
    assert sorted(oldest) == oldest
    assert all(each.oldest <= each.number for each in migrations)


def steps_of(migrations: tuple[Migration, ...]) -> list[tuple[Migration, Migration]]:
    """Each migration that admits the programs of the one before, with that."""
    return [pair for pair in pairwise(migrations) if pair[0].oldest == pair[1].oldest]


def test_a_migration_of_sqlite_that_admits_the_program_of_before_leaves_its_tables_alone() -> None:
    for before, after in steps_of(sqlite.MIGRATIONS):
        with closing(sqlite3.connect(":memory:")) as file:
            apply(file.execute, sqlite.MIGRATIONS[: before.number])
            had = sqlite_columns(file)
            apply(file.execute, [after])
            has = sqlite_columns(file)
        assert had == {table: has[table] for table in had}


@pytest.mark.component("postgres")
def test_a_migration_of_postgresql_that_admits_the_program_of_before_leaves_its_tables_alone(
    empty: Database,
) -> None:
    with empty.connected() as connection:
        connection.execute("CREATE SCHEMA airledger")
        done = 0
        for before, after in steps_of(postgres.MIGRATIONS):
            apply(connection.execute, postgres.MIGRATIONS[done : before.number])
            had = postgres_columns(connection)
            apply(connection.execute, [after])
            done = after.number
            has = postgres_columns(connection)
            assert had == {table: has[table] for table in had}


def apply(execute: Callable[[str], object], migrations: Iterable[Migration]) -> None:
    for each in migrations:
        for statement in each.statements:
            execute(statement)


def sqlite_columns(file: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The columns of every table, in their order."""
    return columns_of(
        file.execute(
            'SELECT t.name, c.name, c.type, c."notnull" FROM sqlite_master t,'
            " pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid"
        )
    )
