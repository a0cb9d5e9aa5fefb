"""Memory of a server that runs all loops, and how fast it projects a log it has not seen."""

import time
from collections.abc import Iterator
from pathlib import Path

from consumers.container.ledger import open_ledger
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from tests.bench.history import EVENTS_PER_INCIDENT, fill
from tests.bench.measuring import Figure, rate
from tests.bench.query_figures import grant_tokens
from tests.bench.served import served

SMALL, LARGE = 100_000, 1_000_000
QUERIES = ("/v1/incidents?limit=100", "/", "/v1/incidents?sort=rca_due&limit=1000")


def figures(directory: Path, *, large: bool) -> Iterator[Figure]:
    """At 100,000 events, and at 1,000,000 if that long a run is wanted."""
    for events in (SMALL, LARGE) if large else (SMALL,):
        yield _figure(directory / f"held-{events}", events)


def _figure(data_dir: Path, events: int) -> Figure:
    ledger = open_ledger(Settings(data_dir=data_dir))
    try:
        reader, _ = grant_tokens(ledger)
        size = fill(ledger, incidents=events // EVENTS_PER_INCIDENT)

        def decode() -> None:
            at = 0
            while entries := ledger.store.read(at, 500):
                for entry in entries:
                    CODEC.decode(entry.stored, entry.leaf)
                at = entries[-1].leaf + 1

        limit = rate(size, decode, runs=1)
    finally:
        ledger.close()
    with served(data_dir) as server:
        started = time.perf_counter()
        server.wait_until_visible(size - 1, reader)
        projected = size / (time.perf_counter() - started)
        after_projecting = server.resident_mib
        for path in QUERIES * 10:
            server.must(path, reader)
        return Figure(
            f"a server's first look at {events:,} events",
            projected,
            "read and decode",
            limit,
            extra={"mib_projected": after_projecting, "mib_queried": server.resident_mib},
        )
