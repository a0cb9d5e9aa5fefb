"""The PostgreSQL store holds its contract through PgBouncer in transaction mode as well."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

import psycopg
import pytest
from structlog.testing import CapturingLogger

from ledger.store.postgres import PostgresStore, notify_listener
from tests.contract.samples import Opener, event, seal_all
from tests.contract.test_postgres_store import TestPostgresStore as OnPostgres
from tests.harness.pgbouncer import SERVER_CONNECTIONS, PgBouncer
from tests.harness.postgres import Database, Server
from tests.harness.process import until

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

    def test_listening_leaves_nothing_on_connections_that_others_use(
        self,
        opener: Opener,
        database: Database,
        pgbouncer: PgBouncer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        said = CapturingLogger()
        monkeypatch.setattr(notify_listener, "log", said)
        told: list[str] = []
        with closing(opener()) as store:
            store.listen(lambda: told.append("appended"), lambda: told.append("sealed"))
            until(lambda: bool(said.calls), "it gave listening up")
            store.append([event("a", 1)])
            seal_all(store)
            assert [0] == [entry.leaf for entry in store.read(0, 10)]

            found = _server_connections(pgbouncer.url(database))

        assert {pid: [] for pid in found} == found
        assert SERVER_CONNECTIONS == len(found)
        assert [] == told
        assert [("info", "news_not_through_pooler")] == [
            (call.method_name, call.args[0]) for call in said.calls
        ]


def _server_connections(url: str) -> dict[int, list[tuple[str]]]:
    """The channels registered on each of the pooler's connections: a transaction has one."""
    with ExitStack() as opened:
        clients = [opened.enter_context(psycopg.connect(url)) for _ in range(SERVER_CONNECTIONS)]
        found = {}
        for client in clients:
            [(pid,)] = client.execute("SELECT pg_backend_pid()").fetchall()
            found[pid] = client.execute("SELECT pg_listening_channels()").fetchall()
    return found
