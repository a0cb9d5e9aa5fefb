"""From a record of airledger.signals to its incident in the register, at 500 signals a second."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from aiokafka import AIOKafkaProducer

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from consumers.topics.topics import SIGNALS, topics
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from tests.bench.measuring import Figure
from tests.bench.served import Served, latency, percentile, served
from tests.harness.kafka import make_anew

BARE = "bench.bare"
"""A topic that nobody reads, made by who asks for these figures."""
SIGNALS_A_SECOND = 500
SENDS_A_SECOND = 50
PROBES = 60
WARM_PROBES = 5
WITHIN_SECONDS = 60
FEEDS = ("store", "kafka")
SOURCE = "bench"
HEADERS = [("airledger-source", SOURCE.encode()), ("airledger-kind", b"native")]


def figures(directory: Path, brokers: Sequence[str]) -> Iterator[Figure]:
    """One process with all jobs; read models fed by the store, then by Kafka."""
    for feed in FEEDS:
        asyncio.run(make_anew(brokers, *topics()))  # a cluster's topics are of one ledger
        data_dir = directory / f"visible-{feed}"
        with closing(open_ledger(Settings(data_dir=data_dir))) as ledger:
            context = by_airledger(now(), new_id())
            grant_source(ledger.executor, context, SOURCE, SourceKind.NATIVE, Scope.PUBLISH)
            reader = grant_token(ledger.store, ledger.executor, context, "r", Scope.READ).token
        env = {
            "AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS": ",".join(brokers),
            "AIRLEDGER_VIEWS__FEED": feed,
        }
        with served(data_dir, env) as server:
            trips, taken = asyncio.run(_measured(server, reader, brokers))
        trip = percentile(trips, 0.5)
        yield latency(
            f"publish to visible at {SIGNALS_A_SECOND} signals a second, views.feed={feed}",
            "a record's way to the broker and back",
            trips,
            taken,
            p99_round_trips=percentile(taken, 0.99) / trip,
        )


async def _measured(
    server: Served, reader: str, brokers: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Seconds of each round trip and of each probe, taken in turns under the same load."""
    producer = AIOKafkaProducer(bootstrap_servers=list(brokers), acks="all")
    async with producer:
        loading = asyncio.create_task(_load(producer))
        trips, taken = [], []
        for number in range(WARM_PROBES + PROBES):
            started = time.perf_counter()
            await producer.send_and_wait(BARE, b"", key=b"trip")
            trips.append(time.perf_counter() - started)
            started = time.perf_counter()
            await producer.send_and_wait(
                SIGNALS, _signal(f"probe-{number}", f"probe-{number}"), headers=HEADERS
            )
            await asyncio.to_thread(_until_seen, server, reader, f"probe-{number}")
            taken.append(time.perf_counter() - started)
            await asyncio.sleep(0.05)
        loading.cancel()
    return trips[WARM_PROBES:], taken[WARM_PROBES:]


async def _load(producer: AIOKafkaProducer) -> None:
    """As many signals a second, of alerts in 50 groups, until it is cancelled."""
    number = 0
    began = time.perf_counter()
    while True:
        due = int((time.perf_counter() - began) * SIGNALS_A_SECOND)
        while number < due:
            signal = _signal(f"Latency{number % 50}", f"assistant-{number % 7}", number)
            await producer.send(SIGNALS, signal, key=f"{number}".encode(), headers=HEADERS)
            number += 1
        await asyncio.sleep(1 / SENDS_A_SECOND)


def _signal(name: str, system: str, number: int = 0) -> bytes:
    labels = {"alertname": name, "severity": "critical", "system": system}
    signal = {"dedup_key": f"{name}-{number}", "title": f"{name} is down", "labels": labels}
    return json.dumps(signal).encode()


def _until_seen(server: Served, reader: str, system: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not json.loads(server.must(f"/v1/incidents?limit=1&system={system}", reader))["items"]:
        if time.monotonic() > deadline:
            raise SystemExit(f"{system} was not visible within {WITHIN_SECONDS} s")
        time.sleep(0.02)
