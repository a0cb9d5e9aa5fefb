"""The same done with the `eventsourcing` library alone: its application, and its projection.

It is spared what would cost it most: events come to its application as bytes, and are read back by
our decoder, in place of its own transcoder.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from eventsourcing.application import Application
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from psycopg.sql import SQL

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.store.port import NewEvent, Store
from tests.bench.measuring import rate
from tests.harness.postgres import Database

LONGEST_SECONDS = 120
PROJECTED = 2_000
BATCH = 500


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as the library wants one, with its bytes made."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes


class _BytesMapper(Mapper[str]):
    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            domain_event.topic,
            domain_event.state,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return CODEC.decode(stored_event.state, 0)


class Kept(Application[str]):
    """The library's application, over `stored_events` in the schema public."""

    def construct_mapper(self) -> Mapper[str]:
        return _BytesMapper()


class IncidentsView(PostgresTrackingRecorder):
    """A row for each stream: how many events it has, and the type and time of the newest."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        table = SQL(
            "CREATE TABLE IF NOT EXISTS incidents_view (stream text PRIMARY KEY,"
            " events bigint NOT NULL, newest text NOT NULL, at timestamptz NOT NULL)"
        )
        self.sql_create_statements.append(table.format())

    def put(self, event: Recorded, tracking: Tracking) -> None:
        """The row and the position, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO incidents_view AS kept VALUES (%s, 1, %s, %s) ON CONFLICT (stream)"
                " DO UPDATE SET events = kept.events + 1, newest = excluded.newest,"
                " at = excluded.at",
                (event.stream, event.event.name, event.recorded_at),
                prepare=True,
            )


class Incidents(LibraryProjection[IncidentsView]):
    """Folds events one by one, as its runner gives them."""

    def __init__(self, view: IncidentsView) -> None:
        super().__init__(view)
        self.began = self.ended = 0.0

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.began = self.began or time.perf_counter()
        self.view.put(domain_event, tracking)
        self.ended = time.perf_counter()


def environment(database: Database) -> dict[str, str]:
    """The library's settings for a database of the bench's server."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": database.name,
        "POSTGRES_HOST": database.server.socket,
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": "",
        "ORIGINATOR_ID_TYPE": "text",
    }


def saved(database: Database, batches: Iterable[Sequence[NewEvent]]) -> float:
    """Events a second that its application saves, in the best batch."""
    best = 0.0
    with closing(Kept(environment(database))) as kept:
        for batch in batches:
            facts = [Fact(*event) for event in batch]
            best = max(best, rate(len(facts), partial(kept.save, *facts), runs=1))
    return best


def projected(database: Database, store: Store) -> float:
    """Events a second that its runner folds, of the first ones of a ledger's log."""
    saved(database, _batches(store))
    with ProjectionRunner(
        application_class=Kept,
        projection_class=Incidents,
        view_class=IncidentsView,
        env=environment(database),
    ) as runner:
        runner.wait(PROJECTED, timeout=LONGEST_SECONDS)
        projection = cast("Incidents", runner.projection)
    return PROJECTED / (projection.ended - projection.began)


def _batches(store: Store) -> Iterator[list[NewEvent]]:
    """Those events, as the library saves them."""
    for first in range(0, PROJECTED, BATCH):
        yield [
            NewEvent(entry.stream, entry.version, entry.type, entry.stored)
            for entry in store.read(first, BATCH)
        ]
