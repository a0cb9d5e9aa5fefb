"""The lock of all who fill read models on PostgreSQL: who may take it, and whom that stops."""

import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from structlog.testing import CapturingLogger

from ledger.errors import Unavailable
from ledger.store.postgres.pool import WAIT_SECONDS
from ledger.store.postgres.schema import INTAKE, PROJECTOR, READER, SEALER
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, rebuild
from projections.engine.postgres import database as database_module
from projections.engine.postgres import locking, schema
from projections.engine.postgres.database import PostgresViews
from tests.harness.postgres import Database
from tests.unit.projections.toy import OLD, TOTALS, Log, totals

pytestmark = pytest.mark.component("postgres")

FORMER_LOCK = 0x61697276696577
"""The number of the advisory lock, as programs of before have it."""


@pytest.fixture
def views(database: Database) -> Iterator[PostgresViews]:
    with closing(PostgresViews(database.as_user(database.user(PROJECTOR)))) as views:
        yield views


@pytest.fixture
def projector(store: SQLiteStore, views: PostgresViews, log: Log) -> Projector:
    log.add("toy/1", 1, 2)
    return Projector(store, views, OLD, (TOTALS,))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    said = CapturingLogger()
    monkeypatch.setattr(locking, "log", said)
    return said


@pytest.mark.parametrize("role", [None, READER, INTAKE, SEALER])
def test_read_models_go_on_while_a_stranger_holds_the_former_lock(
    projector: Projector,
    views: PostgresViews,
    database: Database,
    said: CapturingLogger,
    role: str | None,
) -> None:
    stranger = database.user(*([role] if role else []))
    with database.connected(stranger) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (FORMER_LOCK,))
        began = time.monotonic()

        projector.catch_up()
        rebuild(projector, views, TOTALS, until=2)

        assert time.monotonic() - began < WAIT_SECONDS
        assert {"toy/1": 3} == totals(views)
        pid = connection.info.backend_pid
    assert [("warning", "former_lock_is_held", pid, stranger)] == [
        (call.method_name, call.args[0], call.kwargs["pid"], call.kwargs["user"])
        for call in said.calls
    ]


def test_a_program_of_before_that_fills_read_models_is_waited_for(
    projector: Projector,
    database: Database,
    said: CapturingLogger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        database_module, "_WRITING", database_module._WRITING.replace("'10s'", "'100ms'")
    )
    stranger, former = database.user(), database.user(PROJECTOR)
    with database.connected(stranger) as other, database.connected(former) as program:
        for connection in (other, program):
            connection.execute("SELECT pg_advisory_lock_shared(%s)", (FORMER_LOCK,))
        with pytest.raises(Unavailable, match="lock timeout"):
            projector.catch_up()

    assert projector.catch_up()
    assert [] == said.calls


@pytest.mark.parametrize("role", [None, READER, INTAKE, SEALER])
def test_only_who_fills_read_models_may_lock_their_table(
    database: Database, role: str | None
) -> None:
    stranger = database.user(*([role] if role else []))
    with (
        database.connected(stranger) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        connection.transaction(),
    ):
        connection.execute("LOCK TABLE airledger_views.writers IN ACCESS SHARE MODE")


def test_a_place_that_store_init_of_before_made_is_filled_under_the_former_lock(
    projector: Projector, views: PostgresViews, database: Database
) -> None:
    with database.connected() as connection:
        connection.execute("DROP TABLE airledger_views.writers")
        projector.catch_up()
        assert {"toy/1": 3} == totals(views)
        with views.begin(write=True):
            [held] = connection.execute(
                "SELECT objid::bigint + (classid::bigint << 32) FROM pg_locks"
                " WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchall()
    assert (schema.FORMER_LOCK,) == held
