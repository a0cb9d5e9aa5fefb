"""A whole ledger on PostgreSQL: execute and rebuild, at two lengths of its log.

What is flat in the length of the log has a ratio near 1 there: the same, behind a short log.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from eventsourcing.persistence import StoredEvent

from consumers.runtime import Ledger, open_ledger
from consumers.stores import begin_log, open_store
from ledger.settings import LogSettings, Settings, StoreSettings
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from tests.bench import history, library
from tests.bench.log_figures import execute
from tests.bench.measuring import Figure, rate
from tests.rig.postgres import Database, Server

SHORT, LONG = 20_000, 200_000
PROJECTED = 2_000
BATCH = 500
READS = 200


class _Reached(NamedTuple):
    """Units a second, behind a log of one length."""

    executed: float
    read: float
    rebuilt: float


def figures(server: Server, *, copied: float) -> Iterator[Figure]:
    """Measures in databases of their own; `copied` is what a bare COPY reaches."""
    with server.database(server.template()) as database, _ledger(database) as ledger:
        history.fill(ledger, incidents=SHORT // history.EVENTS_PER_INCIDENT)
        short = _reached(ledger, "short", runs=2)
        with server.database() as other:
            library.saved(other, _batches(ledger))
            projected = library.projected(other, PROJECTED)
        more = (LONG - ledger.store.size()) // history.EVENTS_PER_INCIDENT
        history.fill(ledger, incidents=more, first=SHORT)
        long = _reached(ledger, "long", runs=1)
    yield Figure("execute 500 signals on PostgreSQL (events)", short.executed, "bare COPY", copied)
    yield Figure(
        "rebuild all read models from PostgreSQL, times eventsourcing's projection",
        short.rebuilt,
        "eventsourcing's ProjectionRunner, one view",
        projected,
    )
    for name, at_length, before in zip(
        ("execute 500 signals", "read 500 events", "rebuild all read models"),
        long,
        short,
        strict=True,
    ):
        yield Figure(f"{name} on PostgreSQL at {LONG:,} events", at_length, f"at {SHORT:,}", before)


@contextmanager
def _ledger(database: Database) -> Iterator[Ledger]:
    with TemporaryDirectory(dir="build") as name:
        directory = Path(name)
        settings = Settings(
            data_dir=directory / "data",
            store=StoreSettings(url=database.url),
            log=LogSettings(key_file=directory / "log.key"),
        )
        with closing(open_store(settings)) as store:
            begin_log(settings, store)
        with closing(open_ledger(settings)) as ledger:
            yield ledger


def _reached(ledger: Ledger, run: str, *, runs: int) -> _Reached:
    executed = execute(ledger, run)
    size = ledger.sealer.seal().size

    def read() -> None:
        ledger.store.read(size - BATCH, BATCH)

    def rebuild() -> None:
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)

    return _Reached(executed, rate(BATCH, read, runs=READS), rate(size, rebuild, runs=runs))


def _batches(ledger: Ledger) -> Iterator[list[StoredEvent]]:
    """The first events of the log, as the library saves them."""
    for first in range(0, PROJECTED, BATCH):
        yield [
            StoredEvent(entry.stream, entry.version, entry.type, entry.stored)
            for entry in ledger.store.read(first, BATCH)
        ]
