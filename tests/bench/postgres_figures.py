"""Appending on PostgreSQL, beside a binary COPY of the same values into a table without index,
and beside the library's own way to save them."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from consumers.container.backends import begin_log
from consumers.container.ledger import open_ledger
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from ledger.settings.model import LogSettings, StoreSettings, ViewsSettings
from ledger.store.port import NewEvent
from ledger.store.postgres import PostgresStore
from projections.catalogue import PROJECTIONS
from projections.engine import Projector, SQLiteViews, ViewsDatabase, rebuild_all
from tests.bench import library, postgres_ledger
from tests.bench.history import fill
from tests.bench.measuring import Figure, rate
from tests.components import COMPONENTS
from tests.harness.postgres import Database, Server, run_directory

BATCH = 500
BATCHES = 30
BYTES = 600
BEHIND = 200_000
SAVED = "append 500 events on PostgreSQL, times eventsourcing's save"
INCIDENTS = 50_000
_FILL = """INSERT INTO airledger.stored_events
    SELECT 'fill/' || n, 1, 'alert.fired.v1', convert_to(repeat('x', %(bytes)s), 'UTF8'), there + n
    FROM (SELECT max(notification_id) AS there FROM airledger.stored_events) AS log,
        generate_series(1, %(events)s) AS n"""


def figures() -> Iterator[Figure]:
    """Measures on a server of its own; nothing, where there is none."""
    if not COMPONENTS["postgres"].find():
        return
    server = Server(run_directory())
    try:
        with server.database(server.template()) as database:
            appended, behind = _append(database)
        yield from (appended, behind)
        with server.database() as database:
            saved = library.saved(database, map(_events, range(BATCHES)))
        yield Figure(SAVED, appended.per_second, "eventsourcing's save", saved)
        yield from postgres_ledger.figures(server, copied=appended.limit_per_second)
        with server.database(server.template()) as database:
            yield _rebuild(database)
    finally:
        server.stop()


def _append(database: Database) -> tuple[Figure, Figure]:
    numbers = count()
    with closing(PostgresStore(database.url)) as store, database.connected() as connection:

        def append() -> None:
            store.append(_events(next(numbers)))

        short = rate(BATCH, append, runs=BATCHES)
        bare = _copied(database)
        connection.execute(_FILL, {"bytes": BYTES, "events": BEHIND})
        long = rate(BATCH, append, runs=BATCHES)
    name = "append 500 events on PostgreSQL"
    return (
        Figure(name, short, "bare COPY", bare),
        Figure(f"{name} at {BEHIND:,} events", long, "at none", short),
    )


def _rebuild(database: Database) -> Figure:
    """Log and read models in one database, beside the same into a file."""
    with TemporaryDirectory() as name:
        url, directory = database.url, Path(name)
        settings = Settings(
            data_dir=directory,
            store=StoreSettings(url=url),
            views=ViewsSettings(url=url),
            log=LogSettings(key_file=directory / "log.key"),
        )
        with closing(PostgresStore(url)) as store, closing(SQLiteViews(directory / "v.db")) as file:
            begin_log(settings, store)
            with closing(open_ledger(settings)) as ledger:
                size = fill(ledger, incidents=INCIDENTS)

                def into(views: ViewsDatabase) -> float:
                    projector = Projector(store, views, CODEC, PROJECTIONS)
                    return rate(
                        size, lambda: rebuild_all(projector, views, PROJECTIONS, until=size), runs=3
                    )

                found, limit = into(ledger.views), into(file)
    return Figure("rebuild all read models on PostgreSQL", found, "the same into a file", limit)


def _copied(database: Database) -> float:
    numbers = count()
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE bare (a text, b bigint, c text, d bytea, e bigint)")
        connection.commit()

        def copy() -> None:
            batch = next(numbers)
            with (
                connection.cursor() as cursor,
                cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as rows,
            ):
                rows.set_types(["text", "int8", "text", "bytea", "int8"])
                for at, each in enumerate(_events(batch)):
                    values = (each.stream, 1, each.type, each.stored, batch * BATCH + at)
                    rows.write_row(values)
            connection.commit()

        return rate(BATCH, copy, runs=BATCHES)


def _events(batch: int) -> list[NewEvent]:
    noise = os.urandom(BYTES)  # what compresses well would say nothing
    return [NewEvent(f"bench/{batch}-{at}", 1, "alert.fired.v1", noise) for at in range(BATCH)]
