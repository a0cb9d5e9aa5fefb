"""A whole ledger on PostgreSQL: execute and rebuild, at two lengths of its log.

What is flat in the length of the log has a ratio near 1 there: the same, behind a short log.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from consumers.container.backends import begin_log, open_store
from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.trends import trends
from ledger.domain.catalogue import CODEC
from ledger.policy.times import month_in
from ledger.settings import LogSettings, Settings, StoreSettings, ViewsSettings
from projections.catalogue import PROJECTIONS
from projections.engine import Projector, rebuild_all
from tests.bench import history, library
from tests.bench.log_figures import execute
from tests.bench.measuring import Figure, rate
from tests.bench.one_view import ONE_VIEW
from tests.bench.served import latency, times
from tests.harness.postgres import Database, Server

SHORT, LONG = 20_000, 200_000
BATCH = 500
READS = 200
RUNS = ("a", "b")
REBUILDS = 2


class _Pair(NamedTuple):
    """Units a second, at the short log and at the long one."""

    short: float
    long: float


def figures(server: Server, *, copied: float) -> Iterator[Figure]:
    """Measures in databases of their own; `copied` is what a bare COPY reaches."""
    with (
        server.database(server.template()) as one,
        server.database(server.template()) as other,
        server.database() as theirs,
        _ledger(one) as short,
        _ledger(other) as long,
    ):
        for ledger, events in ((short, SHORT), (long, LONG)):
            history.fill(ledger, incidents=events // history.EVENTS_PER_INCIDENT)
        rebuilt = _Pair(_rebuild(short), _rebuild(long))
        same = _same_view(short)
        read = _Pair(_read(short), _read(long))
        executed = _executed(short, long)
        projected = library.projected(theirs, short.store)
        shown = _trends(long)
    yield Figure("execute 500 signals on PostgreSQL (events)", executed.short, "bare COPY", copied)
    every = f"all {len(PROJECTIONS)} read models"
    for name, rebuilt_there in (("one view", same), (every, rebuilt.short)):
        yield Figure(
            f"rebuild {name} in PostgreSQL, times eventsourcing's projection",
            rebuilt_there,
            "ProjectionRunner, that one view",
            projected,
        )
    for name, reached in (
        ("execute 500 signals", executed),
        ("read 500 events", read),
        ("rebuild all read models", rebuilt),
    ):
        title = f"{name} on PostgreSQL at {LONG:,} events"
        yield Figure(title, reached.long, f"at {SHORT:,}", reached.short)
    yield shown


@contextmanager
def _ledger(database: Database) -> Iterator[Ledger]:
    with TemporaryDirectory(dir="build") as name:
        directory = Path(name)
        settings = Settings(
            data_dir=directory / "data",
            store=StoreSettings(url=database.url),
            views=ViewsSettings(url=database.url),
            log=LogSettings(key_file=directory / "log.key"),
        )
        with closing(open_store(settings)) as store:
            begin_log(settings, store)
        with closing(open_ledger(settings)) as ledger:
            yield ledger


def _executed(short: Ledger, long: Ledger) -> _Pair:
    """In turns, so that what else the machine does meets both."""
    reached = [_Pair(execute(short, run), execute(long, run)) for run in RUNS]
    return _Pair(max(each.short for each in reached), max(each.long for each in reached))


def _read(ledger: Ledger) -> float:
    first = ledger.store.size() - BATCH

    def run() -> None:
        ledger.store.read(first, BATCH)

    return rate(BATCH, run, runs=READS)


def _rebuild(ledger: Ledger) -> float:
    size = ledger.store.size()

    def run() -> None:
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)

    return rate(size, run, runs=REBUILDS)


def _trends(ledger: Ledger) -> Figure:
    """One month's trends, without HTTP."""
    month = month_in(ledger.now() - timedelta(days=31), UTC)
    nothing = times(ledger.store.size, READS)
    taken = times(lambda: trends(ledger, month=month), READS)
    incidents = LONG // history.EVENTS_PER_INCIDENT
    title = f"one month's trends at {incidents:,} incidents on PostgreSQL"
    return latency(title, "the log's size", nothing, taken)


def _same_view(ledger: Ledger) -> float:
    """What the library's projection fills, and no more."""
    size = ledger.store.size()
    projector = Projector(ledger.store, ledger.views, CODEC, [ONE_VIEW])

    def run() -> None:
        rebuild_all(projector, ledger.views, [ONE_VIEW], until=size)

    return rate(size, run, runs=REBUILDS)
