"""The ledger's own figures: append, execute, seal, project, verify."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from consumers.container.ledger import Ledger, new_id, now, open_ledger
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.execute import Context, RecordSignals
from ledger.sealing import StoreLogReader
from ledger.settings import Settings
from ledger.store.port import NewEvent
from ledger.transparency.audit import audit
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from tests.bench.measuring import Figure, rate

BATCH = 500
BATCHES = 20


def figures(directory: Path) -> Iterator[Figure]:
    """Measures in `directory`, on the disk it is on."""
    ledger = open_ledger(Settings(data_dir=directory / "ledger"))
    try:
        executed = execute(ledger)
        stored = [entry.stored for entry in ledger.store.read(1, BATCH, sealed=False)]
        bare = bare_append(directory, stored)
        yield Figure("append 500 events", _append(ledger, stored), "bare executemany", bare)
        yield Figure("execute 500 signals (events)", executed, "bare executemany", bare)
        yield _seal(ledger)
        yield from _read_models(ledger)
        yield _verify(ledger)
    finally:
        ledger.close()


def bare_append(directory: Path, stored: list[bytes]) -> float:
    """Events a second that SQLite takes by itself, each batch of them a durable transaction."""
    connection = sqlite3.connect(directory / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, state BLOB NOT NULL)"
    )

    def run() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO events (state) VALUES (?)", [(state,) for state in stored]
        )
        connection.execute("COMMIT")

    reached = rate(len(stored), run, runs=BATCHES)
    connection.close()
    return reached


def _append(ledger: Ledger, stored: list[bytes]) -> float:
    batches = iter(range(BATCHES + 1))

    def run() -> None:
        batch = next(batches)
        ledger.store.append(
            [
                NewEvent(f"bench/{batch}-{at}", 1, "alert.fired.v1", state)
                for at, state in enumerate(stored)
            ]
        )

    return rate(len(stored), run, runs=BATCHES)


def execute(ledger: Ledger, run: str = "") -> float:
    """Events a second of mixed signals: new alerts in 50 groups, repeats and ends.

    Each `run` on a ledger has alerts and groups of its own.
    """
    best = 0.0
    for batch in range(BATCHES):
        signals = tuple(_signal(run, batch, at) for at in range(BATCH))
        request = RecordSignals(source="b", signals=signals)
        context = Context(at=now(), actor="source/b", source="source/b", correlation=new_id())
        started = time.perf_counter()
        events = ledger.executor.execute(request, context).events
        best = max(best, events / (time.perf_counter() - started))
    return best


def _signal(run: str, batch: int, at: int) -> Signal:
    ends = at % 3 == 0 and batch > 0
    return Signal(
        source="b",
        dedup_key=f"{run}{batch - ends}-{at}",
        status=SignalStatus.RESOLVED if ends else SignalStatus.FIRING,
        title=f"p95 latency above 2 s on instance {at}",
        labels={
            "alertname": f"LatencyHigh{run}{at % 50}",
            "severity": "critical",
            "system": f"assistant-{at % 7}",
            "instance": f"host-{at}",
        },
        annotations={"summary": "p95 is 3.4 s over 10m", "runbook_url": "https://example.org/r"},
        starts_at=datetime.now(UTC),
        generator_url="https://prometheus.example.org/graph?g0.expr=x",
    )


def _seal(ledger: Ledger) -> Figure:
    waiting = ledger.store.size() - _sealed(ledger)
    stored = [e.stored for e in ledger.store.read(_sealed(ledger), waiting, sealed=False)]
    hashing = rate(waiting, lambda: [hashlib.sha256(b"\0" + each).digest() for each in stored])
    sealed = rate(waiting, ledger.sealer.seal, runs=1)
    return Figure("seal", sealed, "hashing alone", hashing)


def _sealed(ledger: Ledger) -> int:
    state = ledger.store.log_state()
    return state.size if state else 0


def _read_models(ledger: Ledger) -> Iterator[Figure]:
    size = _sealed(ledger)

    def decode() -> None:
        at = 0
        while entries := ledger.store.read(at, BATCH):
            for entry in entries:
                if not entry.stream.startswith("bench/"):
                    CODEC.decode(entry.stored, entry.leaf)
            at = entries[-1].leaf + 1

    def read() -> None:
        at = 0
        while entries := ledger.store.read(at, BATCH):
            at = entries[-1].leaf + 1

    limit = rate(size, decode, runs=3)
    yield Figure("read and decode", limit, "reading bytes only", rate(size, read, runs=3))
    ledger.projector.catch_up()

    def run() -> None:
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)

    yield Figure("rebuild all read models", rate(size, run, runs=3), "read and decode", limit)


def _verify(ledger: Ledger) -> Figure:
    size = _sealed(ledger)
    state = ledger.store.log_state()
    vkey = state.vkey if state else ""
    stored = [entry.stored for entry in ledger.store.read(0, size)]
    hashing = rate(size, lambda: [hashlib.sha256(b"\0" + each).digest() for each in stored])
    reader = StoreLogReader(ledger.store)
    found = audit(reader, vkey)
    if not found.ok:
        raise SystemExit(f"the log does not verify: {found.problems}")
    verified = rate(size, lambda: audit(reader, vkey), runs=3)
    return Figure("verify", verified, "hashing alone", hashing)
