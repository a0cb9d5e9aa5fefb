"""Read models on PostgreSQL: who may do what, what is missing, and connections that are lost."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import select, text

from ledger.errors import SettingsError, Unavailable
from ledger.store.postgres import initialise
from ledger.store.postgres.schema import INTAKE, PROJECTOR, READER, SEALER
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, digest, position, rebuild
from projections.engine.generations import find, live_table
from projections.engine.postgres import database as database_module
from projections.engine.postgres import schema
from projections.engine.postgres.database import PostgresViews
from projections.engine.postgres.init import initialise_views
from tests.harness.pgbouncer import SERVER_CONNECTIONS, PgBouncer
from tests.harness.postgres import Database, Server
from tests.harness.process import until
from tests.unit.projections.toy import OLD, TOTALS, Log, totals

pytestmark = pytest.mark.component("postgres")

DEADLINE = 20


@pytest.fixture
def views(database: Database) -> Iterator[PostgresViews]:
    with closing(PostgresViews(database.url)) as views:
        yield views


@pytest.fixture
def projector(store: SQLiteStore, views: PostgresViews, log: Log) -> Projector:
    """Caught up with two events."""
    log.add("toy/1", 1, 2)
    projector = Projector(store, views, OLD, (TOTALS,))
    projector.catch_up()
    return projector


def test_a_projector_may_fill_and_rebuild_and_owns_what_it_made(
    database: Database, store: SQLiteStore, log: Log
) -> None:
    log.add("toy/1", 1, 2)
    for user in (database.user(PROJECTOR), database.user(PROJECTOR)):
        with closing(PostgresViews(database.as_user(user))) as views:
            projector = Projector(store, views, OLD, (TOTALS,))
            projector.catch_up()
            rebuild(projector, views, TOTALS, until=2)
            assert {"toy/1": 3} == totals(views)

    with database.connected() as connection:
        owners = connection.execute(
            "SELECT DISTINCT tableowner FROM pg_tables"
            " WHERE schemaname = 'airledger_views'"
            " AND tablename NOT IN ('positions', 'partitions', 'writers')"
        ).fetchall()
    assert [(PROJECTOR,)] == owners


@pytest.mark.parametrize("role", [READER, INTAKE])
def test_who_shows_read_models_reads_them_and_cannot_fill_them(
    role: str, projector: Projector, store: SQLiteStore, database: Database, log: Log
) -> None:
    rebuild(projector, projector._views, TOTALS, until=2)
    log.add("toy/1", 3)
    user = database.user(role)

    with closing(PostgresViews(database.as_user(user))) as reading:
        assert ({"toy/1": 3}, 2) == (totals(reading), position(reading, (TOTALS,)))
        with pytest.raises(Unavailable, match="permission denied to set role") as refused:
            Projector(store, reading, OLD, (TOTALS,)).catch_up()

    assert "airledger_projector fills read models" in refused.value.remedy


def test_a_view_in_the_place_of_a_table_is_not_read_for_its_owner(
    projector: Projector, database: Database
) -> None:
    web, owner = database.user(READER, INTAKE), database.user(PROJECTOR)
    with closing(PostgresViews(database.as_user(web))) as views:
        with views.begin() as connection:
            table = live_table(connection, TOTALS)
            assert table is not None
        with database.connected(owner) as connection:
            connection.execute(f"SET ROLE {PROJECTOR}")
            connection.execute("SET search_path = airledger_views")
            connection.execute(f"ALTER TABLE {table.name} RENAME TO real")
            connection.execute(f"CREATE VIEW {table.name} AS SELECT * FROM real")
            connection.execute(f"GRANT SELECT ON {table.name} TO {READER}")

        with pytest.raises(Unavailable, match="non-system view"):
            totals(views)


def test_who_has_no_role_for_them_does_not_see_read_models(
    projector: Projector, database: Database
) -> None:
    for user in (database.user(), database.user(SEALER)):
        with closing(PostgresViews(database.as_user(user))) as views:
            with pytest.raises(Unavailable, match="permission denied") as refused:
                totals(views)
            assert "airledger_reader reads them" in refused.value.remedy


def test_a_reading_transaction_writes_nothing(projector: Projector, views: PostgresViews) -> None:
    with (
        pytest.raises(Unavailable, match="read-only transaction"),
        views.begin() as connection,
    ):
        connection.execute(text("DELETE FROM positions"))

    assert {"toy/1": 3} == totals(views)


def test_rights_are_those_that_the_page_tells(projector: Projector, database: Database) -> None:
    with database.connected() as connection:
        granted = connection.execute(
            "SELECT regexp_replace(table_name, '_v.*', '*'), grantee, string_agg(privilege_type,"
            " ', ' ORDER BY privilege_type) FROM information_schema.role_table_grants"
            " WHERE table_schema = 'airledger_views' AND grantee <> 'postgres'"
            " AND grantee <> grantor GROUP BY table_name, grantee"
        ).fetchall()
    told = {
        ("totals*" if "*" in right.table else right.table, role, rights)
        for right in schema.RIGHTS
        for role, rights in right.grants.items()
        if rights != "owner"
    }

    assert {(t, r, ", ".join(sorted(w.split(", ")))) for t, r, w in told} == set(granted)


def test_without_their_place_nothing_is_made_and_the_remedy_is_said(
    empty: Database, store: SQLiteStore, log: Log
) -> None:
    log.add("toy/1", 1)
    with closing(PostgresViews(empty.url)) as views:
        projector = Projector(store, views, OLD, (TOTALS,))
        for call in (projector.catch_up, lambda: totals(views)):
            with pytest.raises(Unavailable, match="no schema for read models") as refused:
                call()
            assert "airledger store init" in refused.value.remedy

        assert initialise_views(empty.url)
        assert not initialise_views(empty.url)
        projector.catch_up()

        assert {"toy/1": 1} == totals(views)
    with empty.connected() as connection:
        assert (None,) == connection.execute("SELECT to_regnamespace('airledger')").fetchone()


def test_a_place_that_was_dropped_and_made_again_is_filled_anew(
    projector: Projector, views: PostgresViews, database: Database
) -> None:
    with database.connected() as connection:
        connection.execute("DROP SCHEMA airledger_views CASCADE")
    with pytest.raises(Unavailable, match="no schema"):
        projector.catch_up()
    assert not initialise(database.url, schema.statements())

    projector.catch_up()

    assert {"toy/1": 3} == totals(views)


def test_positions_that_were_emptied_by_hand_are_no_obstacle(
    projector: Projector, views: PostgresViews, database: Database
) -> None:
    with database.connected() as connection:
        connection.execute("TRUNCATE airledger_views.positions")

    projector.catch_up()

    assert {"toy/1": 3} == totals(views)


def test_many_may_make_their_place_at_once_and_who_may_not_is_told(empty: Database) -> None:
    with pytest.raises(SettingsError, match="permission denied for database"):
        initialise_views(empty.as_user(empty.user()))
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(initialise_views, [empty.url] * 6))

    assert [False] * 5 + [True] == sorted(made)


def test_a_reader_whose_generation_was_dropped_meanwhile_is_told_to_ask_again(
    projector: Projector, views: PostgresViews
) -> None:
    def read() -> None:
        with views.begin() as connection:
            table = live_table(connection, TOTALS)
            assert table is not None
            for _ in range(2):
                rebuild(projector, views, TOTALS, until=2)
            connection.execute(select(table))

    with pytest.raises(Unavailable, match="does not exist") as refused:
        read()

    assert "Try again" in refused.value.remedy
    assert {"toy/1": 3} == totals(views)


def test_a_reader_sees_one_state_however_many_statements_it_asks(
    projector: Projector, views: PostgresViews, log: Log
) -> None:
    with views.begin() as connection:
        at = find(connection, TOTALS, "live")
        log.add("toy/1", 3)
        projector.catch_up()
        rebuild(projector, views, TOTALS, until=3)
        assert at == find(connection, TOTALS, "live")
        table = live_table(connection, TOTALS)
        assert table is not None
        assert [3] == list(connection.execute(select(table.c.total)).scalars())

    assert {"toy/1": 6} == totals(views)


def test_connections_that_were_lost_while_idle_are_replaced_unseen(
    projector: Projector, views: PostgresViews, database: Database, log: Log
) -> None:
    together = threading.Barrier(4)

    def read(_: int) -> dict[str, int]:
        with views.begin():
            together.wait(DEADLINE)
        return totals(views)

    with ThreadPoolExecutor(4) as threads:
        assert [{"toy/1": 3}] * 4 == list(threads.map(read, range(4)))
    assert 5 <= database.kill_all()
    assert {"toy/1": 3} == totals(views)

    log.add("toy/1", 3)
    assert 1 <= database.kill_all()
    projector.catch_up()
    assert {"toy/1": 6} == totals(views)


def test_the_first_query_after_a_restart_of_the_server_works(
    store: SQLiteStore, log: Log, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = Server(tmp_path_factory.mktemp("restarted") / "pg")
    try:
        with server.database(server.template()) as database:
            log.add("toy/1", 1, 2)
            with closing(PostgresViews(database.url)) as views:
                projector = Projector(store, views, OLD, (TOTALS,))
                projector.catch_up()
                server.halt()
                with pytest.raises(Unavailable, match="no connection to its server") as refused:
                    totals(views)
                assert str(server.socket) not in str(refused.value)
                server.go_on()

                assert {"toy/1": 3} == totals(views)
                assert not projector.catch_up()
    finally:
        server.stop()


def test_a_writer_killed_in_its_transaction_leaves_rows_and_position_as_they_were(
    projector: Projector, views: PostgresViews, database: Database, log: Log
) -> None:
    before = digest(views, TOTALS)

    def write() -> None:
        with views.begin(write=True) as connection:
            connection.execute(TOTALS.table(1).update().values(total=99))
            database.kill_all()
            connection.execute(TOTALS.table(1).update().values(total=100))

    with pytest.raises(Unavailable, match="terminat"):
        write()

    assert before == digest(views, TOTALS)
    log.add("toy/1", 3)
    projector.catch_up()
    assert {"toy/1": 6} == totals(views)


def test_who_waits_too_long_for_another_projector_is_told(
    projector: Projector, database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = database_module._WRITING.replace("'10s'", "'100ms'")
    monkeypatch.setattr(database_module, "_WRITING", impatient)
    log.add("toy/1", 3)

    with database.connected() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE airledger_views.writers IN EXCLUSIVE MODE")
        with pytest.raises(Unavailable, match="lock timeout") as refused:
            projector.catch_up()

    assert "Another projector" in refused.value.remedy
    assert projector.catch_up()


def test_a_server_that_has_no_roles_is_told_of_store_init(
    tmp_path_factory: pytest.TempPathFactory, store: SQLiteStore, log: Log
) -> None:
    server = Server(tmp_path_factory.mktemp("bare") / "pg")
    try:
        with server.database() as database, database.connected() as connection:
            connection.execute("CREATE SCHEMA airledger_views")
            for table in schema.TABLES:
                connection.execute(table)
            log.add("toy/1", 1)
            with (
                closing(PostgresViews(database.url)) as views,
                pytest.raises(Unavailable, match="airledger_projector") as refused,
            ):
                Projector(store, views, OLD, (TOTALS,)).catch_up()
            assert "airledger store init" in refused.value.remedy
    finally:
        server.stop()


def test_what_is_no_address_is_said_without_its_password() -> None:
    with pytest.raises(SettingsError, match=r"views\.url is no address") as refused:
        PostgresViews("postgresql://me:hunter2@host:port:more/d?what=%zz")

    assert "hunter2" not in str(refused.value)


@pytest.mark.component("pgbouncer")
def test_read_models_are_filled_and_read_through_pgbouncer_in_transaction_mode(
    database: Database, store: SQLiteStore, log: Log
) -> None:
    pgbouncer = PgBouncer(database.server)
    try:
        log.add("toy/1", *range(20))
        opened = [PostgresViews(pgbouncer.url(database)) for _ in range(2 * SERVER_CONNECTIONS)]

        def use(views: PostgresViews) -> dict[str, int]:
            projector = Projector(store, views, OLD, (TOTALS,))
            projector.catch_up()
            for _ in range(5):
                digest(views, TOTALS)
            return totals(views)

        with ThreadPoolExecutor(len(opened)) as threads:
            assert [{"toy/1": 190}] * len(opened) == list(threads.map(use, opened))
        for views in opened:
            views.close()
        with database.connected() as connection:
            left = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            until(lambda: (0,) == connection.execute(left).fetchone(), "no lock", within=DEADLINE)
    finally:
        pgbouncer.stop()
