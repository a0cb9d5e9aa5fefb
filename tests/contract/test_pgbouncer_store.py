"""The PostgreSQL store holds its contract through PgBouncer in transaction mode as well."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from ledger.store.postgres import PostgresStore
from tests.contract.samples import Opener
from tests.contract.test_postgres_store import TestPostgresStore as OnPostgres
from tests.rig.pgbouncer import SERVER_CONNECTIONS, PgBouncer
from tests.rig.postgres import Database, Server

pytestmark = [pytest.mark.component("pgbouncer"), pytest.mark.component("postgres")]


@pytest.fixture(scope="session")
def pgbouncer(postgres_server: Server) -> Iterator[PgBouncer]:
    pgbouncer = PgBouncer(postgres_server)
    yield pgbouncer
    pgbouncer.stop()


class TestStoreThroughPgBouncer(OnPostgres):
    """Many clients' transactions on few connections to the server."""

    @pytest.fixture
    def opener(self, database: Database, pgbouncer: PgBouncer) -> Opener:
        return partial(PostgresStore, pgbouncer.url(database))

    def test_the_stores_share_the_connections_of_the_pooler(
        self, opener: Opener, database: Database
    ) -> None:
        stores = [opener() for _ in range(2 * SERVER_CONNECTIONS)]
        for store in stores:
            with closing(store):
                store.probe()
        with database.connected() as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()

        assert 1 <= count <= SERVER_CONNECTIONS
