"""The relay, beside its producer alone; Kafka to committed rows, beside `getmany` alone and beside
the library's projection; a rebuild from Kafka, beside one from the store. Rows on PostgreSQL."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from consumers.container.ledger import Ledger, open_ledger
from consumers.kafka.outbox_relay import EVENTS_PER_READ, Relay
from consumers.kafka.rebuild import rebuild
from consumers.kafka.topic_admin import apply
from consumers.kafka.views import ViewsFeed
from consumers.topics.topics import EVENTS, topics
from infra.kafka.cluster import Cluster
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from ledger.transparency.keys import parse_verifier
from projections.catalogue import PROJECTIONS
from projections.engine import (
    CheckpointOffsets,
    PartitionProjector,
    PartitionRebuild,
    Projector,
    Record,
    ViewsDatabase,
    position,
    rebuild_all,
)
from projections.engine.postgres.database import PostgresViews
from projections.engine.projection import Projection
from tests.bench import kafka_visible, library
from tests.bench.history import fill
from tests.bench.kafka_visible import BARE
from tests.bench.measuring import Figure, rate
from tests.bench.one_view import ONE_VIEW
from tests.components import COMPONENTS
from tests.harness.kafka import kafka_at
from tests.harness.postgres import Server, run_directory

INCIDENTS = 20_000


def figures() -> Iterator[Figure]:
    """Measures on a broker of its own; nothing, where there is none."""
    if not COMPONENTS["kafka"].find() or not COMPONENTS["postgres"].find():
        return
    postgres = Server(run_directory())
    with TemporaryDirectory() as name:
        cluster = Cluster(Path(name) / "kafka")
        cluster.start()
        try:
            yield from asyncio.run(_figures(Path(name), cluster.bootstrap_servers, postgres))
            yield from kafka_visible.figures(Path(name), cluster.bootstrap_servers)
        finally:
            cluster.remove()
            postgres.stop()


async def _figures(directory: Path, brokers: Sequence[str], postgres: Server) -> list[Figure]:
    await apply(kafka_at(brokers), 1)
    with (
        closing(open_ledger(Settings(data_dir=directory / "data"))) as ledger,
        postgres.database(postgres.template()) as database,
        postgres.database() as theirs,
        closing(PostgresViews(database.url)) as views,
    ):
        size = fill(ledger, incidents=INCIDENTS)
        relayed = await _relayed(ledger, brokers, size)
        sent = await _sent(ledger, brokers, size)
        bare = await _bare(brokers, size)
        one = await _fed(ledger, views, brokers, size, [ONE_VIEW])
        every = await _fed(ledger, views, brokers, size, PROJECTIONS)
        rebuilt = await _rebuilt(ledger, views, brokers, size)
        stored = await asyncio.to_thread(
            rate,
            size,
            lambda: rebuild_all(
                Projector(ledger.store, views, CODEC, PROJECTIONS), views, PROJECTIONS, until=size
            ),
            runs=1,
        )
        runner = await asyncio.to_thread(library.projected, theirs, ledger.store)
    rows = "Kafka to committed rows"
    all_of_them = f"all {len(PROJECTIONS)} read models"
    return [
        Figure("relay", relayed, "its producer alone", sent),
        Figure(f"{rows} of one view", one.whole, "bare getmany", bare),
        Figure(f"{rows} of {all_of_them}", every.whole, "bare getmany", bare),
        Figure(
            f"{rows} of one view, times eventsourcing's projection",
            one.whole,
            "ProjectionRunner, that one view",
            runner,
        ),
        Figure(
            f"{rows} of {all_of_them}, second half of {size:,} events",
            every.second,
            "first half",
            every.first,
        ),
        Figure(f"rebuild {all_of_them} from Kafka", rebuilt, "from the store", stored),
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


class _Fed(NamedTuple):
    """Events a second: of all events, and of each half of them."""

    whole: float
    first: float
    second: float


async def _fed(
    ledger: Ledger,
    views: ViewsDatabase,
    brokers: Sequence[str],
    size: int,
    projections: Sequence[Projection],
) -> _Fed:
    """From the first commit on: joining the group is no part of it."""
    projector = PartitionProjector(
        views,
        CODEC,
        projections,
        topic=topics()[EVENTS].generation,
        texts=ledger.store.texts.readable,
    )
    at = {0: 0.0}
    folded = 0
    fold = projector.fold

    def timed(
        records: Sequence[Record], covered: CheckpointOffsets | None = None
    ) -> frozenset[int]:
        nonlocal folded
        at[0] = at[0] or time.perf_counter()
        done = fold(records, covered)
        folded += len(records)
        at[folded] = time.perf_counter()
        return done

    projector.fold = timed  # type: ignore[method-assign]
    feeding = ViewsFeed(projector, ledger.store, kafka_at(brokers))
    feed = asyncio.create_task(feeding.run(lambda *_: None))
    while await asyncio.to_thread(position, views, projections) < size:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await _ended(feed)
    half = min(events for events in at if events >= size / 2)
    first, second = at[half] - at[0], at[max(at)] - at[half]
    return _Fed(size / (first + second), half / first, (max(at) - half) / second)


async def _rebuilt(
    ledger: Ledger, views: ViewsDatabase, brokers: Sequence[str], size: int
) -> float:
    state = ledger.store.log_state()
    building = PartitionRebuild(
        views,
        CODEC,
        PROJECTIONS,
        topic=topics()[EVENTS].generation,
        texts=ledger.store.texts.readable,
    )
    started = time.perf_counter()
    verifier = parse_verifier(state.vkey if state else "")
    await rebuild(building, kafka_at(brokers), verifier, lambda *_: None)
    return size / (time.perf_counter() - started)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
