"""Queries at 100,000 incidents, and how soon what is published can be seen."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from ledger.execute import Context
from ledger.policy.times import month_in
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from tests.bench.history import fill
from tests.bench.measuring import Figure
from tests.bench.served import Served, latency, served, times

INCIDENTS = 100_000
RUNS = 300
_MONTH = timedelta(days=31)
"""A month before now is whole, and full."""
NOTHING = "a route that does nothing"


def figures(directory: Path) -> Iterator[Figure]:
    """Makes the history in `directory`, and serves it."""
    settings = Settings(data_dir=directory / "queried")
    reader, publisher = _prepare(settings)
    with served(settings.data_dir) as server:
        yield from _queries(server, reader)
        yield _publish_to_visible(server, reader, publisher)


def _prepare(settings: Settings) -> tuple[str, str]:
    """The history in the read models; a token to read with, and one to publish with."""
    ledger = open_ledger(settings)
    try:
        tokens = grant_tokens(ledger)
        size = fill(ledger, incidents=INCIDENTS)
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)
        ledger.seal_and_project()  # what came due long ago is recorded before anything is measured
    finally:
        ledger.close()
    return tokens


def grant_tokens(ledger: Ledger) -> tuple[str, str]:
    """A token to read with, and one to publish with."""
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    reader = grant_token(ledger.store, ledger.executor, context, "reader", Scope.READ)
    publisher = grant_source(
        ledger.executor, context, "bench", SourceKind.ALERTMANAGER, Scope.PUBLISH
    )
    return reader.token, publisher.token


def _queries(server: Served, reader: str) -> Iterator[Figure]:
    nothing = times(lambda: server.must("/health/live", reader), RUNS)
    rca = "/v1/rca?limit=100"
    if server.get(rca, reader)[0] != 200:
        rca = "/v1/incidents?sort=rca_due&limit=100"
    for name, path in (
        ("register list", "/v1/incidents?limit=100"),
        ("register page", "/"),
        ("register sorted by severity", "/v1/incidents?sort=-severity&limit=100"),
        ("search for common words", "/v1/incidents?q=latency+instance&limit=100"),
        ("search for a common and a rare word", "/v1/incidents?q=latency+99999&limit=100"),
        ("search for one in twenty", "/v1/incidents?q=assistant+7&limit=100"),
        ("search page", "/?q=latency+instance"),
        ("RCA list", rca),
        ("one month's trends", f"/v1/trends?month={month_in(now() - _MONTH, UTC)}"),
    ):
        if server.get(path, reader)[0] != 200:
            continue
        taken = times(lambda path=path: server.must(path, reader), RUNS)  # type: ignore[misc]
        yield latency(f"{name} at {INCIDENTS:,} incidents", NOTHING, nothing, taken, path=path)
    yield _export(server, reader)


def _export(server: Served, reader: str) -> Figure:
    """The whole register as CSV; what the server's memory grows by meanwhile."""
    before = server.resident_mib
    started = time.perf_counter()
    server.connection.request(
        "GET", "/v1/incidents?format=csv", headers={"Authorization": f"Bearer {reader}"}
    )
    answer = server.connection.getresponse()
    most, size = before, 0
    while part := answer.read(1 << 20):
        size += len(part)
        most = max(most, server.resident_mib)
    taken = time.perf_counter() - started
    listed = times(lambda: server.must("/v1/incidents?limit=1000", reader), 5)
    return Figure(
        f"export of {INCIDENTS:,} incidents as CSV (rows)",
        INCIDENTS / taken,
        "pages of 1,000",
        1_000 * len(listed) / sum(listed),
        extra={"mib": size / 2**20, "mib_more": most - before},
    )


def _publish_to_visible(server: Served, reader: str, publisher: str) -> Figure:
    """From a webhook's first byte to a register that shows its incident."""
    nothing = times(lambda: server.must("/health/live", reader), RUNS)
    numbers = iter(range(1_000_000))

    def publish() -> None:
        body = _webhook(next(numbers))
        status, answer = server.send("POST", "/v1/signals/alertmanager", publisher, body)
        if status != 202:
            raise SystemExit(f"the webhook was answered {status} {answer[:300]!r}")
        (incident,) = json.loads(answer)["incidents"]
        deadline = time.monotonic() + 10
        while server.get(f"/v1/incidents/{incident}", reader)[0] != 200:
            if time.monotonic() > deadline:
                raise SystemExit(f"incident {incident} did not become visible")

    return latency("publish to visible", NOTHING, nothing, times(publish, RUNS))


def _webhook(number: int) -> bytes:
    labels = {"alertname": f"Visible{number}", "severity": "critical", "system": "assistant"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "p95 latency above 2 s"},
        "startsAt": "2026-11-22T09:21:11.655398Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": f"{number:016x}",
    }
    return json.dumps(
        {
            "version": "4",
            "groupKey": f"{{}}:{{alertname={number}}}",
            "receiver": "airledger",
            "status": "firing",
            "externalURL": "http://alertmanager.example",
            "truncatedAlerts": 0,
            "alerts": [alert],
        }
    ).encode()
