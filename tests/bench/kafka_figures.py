"""The relay, beside its producer alone; Kafka to committed rows, beside `getmany` alone;
a rebuild from Kafka, beside one from the store."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from consumers.kafka.rebuilding import rebuild
from consumers.kafka.relay import EVENTS_PER_READ, Relay
from consumers.kafka.topics import EVENTS, apply, topics
from consumers.kafka.views import ViewsFeed
from consumers.runtime import Ledger, open_ledger
from infra.kafka.cluster import Cluster
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from ledger.transparency.keys import parse_verifier
from projections.catalogue import PROJECTIONS
from projections.engine import (
    PartitionProjector,
    PartitionRebuild,
    SQLiteViews,
    position,
    rebuild_all,
)
from tests.bench import kafka_visible
from tests.bench.history import fill
from tests.bench.kafka_visible import BARE
from tests.bench.measuring import Figure, rate
from tests.components import COMPONENTS
from tests.rig.kafka import kafka_at

INCIDENTS = 20_000


def figures() -> Iterator[Figure]:
    """Measures on a broker of its own; nothing, where there is none."""
    if not COMPONENTS["kafka"].find():
        return
    with TemporaryDirectory() as name:
        cluster = Cluster(Path(name) / "kafka")
        cluster.start()
        try:
            yield from asyncio.run(_figures(Path(name), cluster.bootstrap_servers))
            yield from kafka_visible.figures(Path(name), cluster.bootstrap_servers)
        finally:
            cluster.remove()


async def _figures(directory: Path, brokers: Sequence[str]) -> list[Figure]:
    await apply(kafka_at(brokers), 1)
    with (
        closing(open_ledger(Settings(data_dir=directory / "data"))) as ledger,
        closing(SQLiteViews(directory / "fed.db")) as views,
    ):
        size = fill(ledger, incidents=INCIDENTS)
        relayed = await _relayed(ledger, brokers, size)
        sent = await _sent(ledger, brokers, size)
        bare = await _bare(brokers, size)
        fed = await _fed(ledger, views, brokers, size)
        rebuilt = await _rebuilt(ledger, views, brokers, size)
        stored = await asyncio.to_thread(
            rate,
            size,
            lambda: rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size),
            runs=1,
        )
    return [
        Figure("relay", relayed, "its producer alone", sent),
        Figure("Kafka to committed rows of all read models", fed, "bare getmany", bare),
        Figure("rebuild all read models from Kafka", rebuilt, "from the store", stored),
    ]


async def _relayed(ledger: Ledger, brokers: Sequence[str], size: int) -> float:
    """From where it leads on: waiting for the group is no part of it."""
    relay = Relay(ledger.store, kafka_at(brokers))
    task = asyncio.create_task(relay.run(lambda *_: None))
    while not relay.leads:  # noqa: ASYNC110 - looks at a plain attribute
        await asyncio.sleep(0.001)
    started = time.perf_counter()
    while relay.sent.size < size:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    taken = time.perf_counter() - started
    await _ended(task)
    return size / taken


async def _sent(ledger: Ledger, brokers: Sequence[str], size: int) -> float:
    """The same keys and bytes by a producer with the relay's settings, into as many partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(brokers))
    async with AsyncExitStack() as stack:
        await admin.start()
        stack.push_async_callback(admin.close)
        await admin.create_topics([NewTopic(BARE, topics()[EVENTS].partitions, 1)])
        producer = AIOKafkaProducer(
            bootstrap_servers=list(brokers), acks="all", enable_idempotence=True, linger_ms=5
        )
        await stack.enter_async_context(producer)
        entries = await asyncio.to_thread(ledger.store.read, 0, size)
        started = time.perf_counter()
        for first in range(0, size, EVENTS_PER_READ):
            answers = [
                await producer.send(BARE, entry.stored, key=entry.stream.encode())
                for entry in entries[first : first + EVENTS_PER_READ]
            ]
            for answer in answers:
                await answer
        return size / (time.perf_counter() - started)


async def _bare(brokers: Sequence[str], size: int) -> float:
    consumer = AIOKafkaConsumer(
        EVENTS,
        bootstrap_servers=list(brokers),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        started, seen = time.perf_counter(), 0
        while seen < size:
            found = await consumer.getmany(timeout_ms=1_000, max_records=2_000)
            seen += sum(map(len, found.values()))
        return size / (time.perf_counter() - started)


async def _fed(ledger: Ledger, views: SQLiteViews, brokers: Sequence[str], size: int) -> float:
    """From the first commit on: joining the group is no part of it."""
    projector = PartitionProjector(views, CODEC, PROJECTIONS, topic=topics()[EVENTS].generation)
    first: list[float] = []
    fold = projector.fold

    def timed(*given: object) -> frozenset[int]:
        first.append(time.perf_counter())
        return fold(*given)  # type: ignore[arg-type]

    projector.fold = timed  # type: ignore[method-assign, assignment]
    feed = asyncio.create_task(
        ViewsFeed(projector, ledger.store, kafka_at(brokers)).run(lambda *_: None)
    )
    while await asyncio.to_thread(position, views, PROJECTIONS) < size:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    taken = time.perf_counter() - first[0]
    await _ended(feed)
    return size / taken


async def _rebuilt(ledger: Ledger, views: SQLiteViews, brokers: Sequence[str], size: int) -> float:
    state = ledger.store.log_state()
    building = PartitionRebuild(views, CODEC, PROJECTIONS, topic=topics()[EVENTS].generation)
    started = time.perf_counter()
    verifier = parse_verifier(state.vkey if state else "")
    await rebuild(building, kafka_at(brokers), verifier, lambda *_: None)
    return size / (time.perf_counter() - started)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
