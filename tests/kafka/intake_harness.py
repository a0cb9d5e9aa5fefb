"""A ledger, topics of its own on the run's broker, and intakes in this process that take them."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from consumers.access.tokens import grant_source
from consumers.container.async_worker import Task
from consumers.container.ledger import Ledger, new_id, now
from consumers.kafka.intake import KafkaIntake
from consumers.kafka.positions import TopicGeneration
from ledger.domain.catalogue import CODEC
from ledger.execute import Context
from ledger.store.side_records import Quarantined
from ledger.vocabulary import Scope, SourceKind
from tests.harness.kafka import admin_of, kafka_at

WITHIN_SECONDS = 60
Header = tuple[str, bytes]
_numbers = itertools.count()


def native(key: str, **given: Any) -> bytes:
    """A native signal that opens an incident."""
    signal = {"dedup_key": key, "title": f"{key} is down", "labels": {"severity": "critical"}}
    return json.dumps(signal | given).encode()


def of(source: str, kind: str | None = "native") -> list[Header]:
    """The headers of a record from a source."""
    named = [("airledger-source", source.encode())]
    return named if kind is None else [*named, ("airledger-kind", kind.encode())]


def binary(kind: str, number: object, **attributes: str) -> list[Header]:
    """The headers of a CloudEvent whose attributes are headers."""
    given = {"specversion": "1.0", "id": f"{number}", "source": "ci", "type": kind} | attributes
    headers = [(f"ce_{name}", value.encode()) for name, value in given.items()]
    return [*headers, ("content-type", b"application/json")]


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Returns as soon as it holds; an AssertionError after a while."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {WITHIN_SECONDS} s: {what}")
        await asyncio.sleep(0.05)


class Topics:
    """A topic of signals and one of commands, under names that no other test has."""

    def __init__(self, servers: Sequence[str]) -> None:
        self.servers = servers
        prefix = f"t{uuid4().hex[:8]}{next(_numbers)}"
        self.signals = TopicGeneration(name=f"{prefix}.signals", generation=1)
        self.commands = TopicGeneration(name=f"{prefix}.commands", generation=1)

    async def make(
        self,
        *shipped_generation: TopicGeneration,
        partitions: int = 3,
        timestamps: str = "CreateTime",
    ) -> None:
        """Makes these, or both."""
        config = {"max.message.bytes": "4000000", "message.timestamp.type": timestamps}
        names = [each.name for each in shipped_generation or (self.signals, self.commands)]
        new = [NewTopic(name, partitions, 1, topic_configs=config) for name in names]
        async with admin_of(self.servers) as admin:
            answer = await admin.create_topics(new)
        assert [0] * len(new) == [code for _, code, *_ in answer.topic_errors]

    async def remove(self, shipped_generation: TopicGeneration) -> None:
        """Deletes one, and waits until the broker knows it no more."""
        async with admin_of(self.servers) as admin:
            await admin.delete_topics([shipped_generation.name])
            while shipped_generation.name in await admin.list_topics():  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def producer(self, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
        """A producer of the test's own."""
        producer = AIOKafkaProducer(
            bootstrap_servers=list(self.servers), acks="all", **{"linger_ms": 5, **options}
        )
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def publish(
        self,
        records: Iterable[tuple[bytes | None, Sequence[Header]]],
        *,
        topic: TopicGeneration | None = None,
        partition: int | None = None,
    ) -> None:
        """Sends records, in order, and waits until all are acknowledged."""
        name = (topic or self.signals).name
        async with self.producer(max_request_size=4_000_000) as producer:
            sent = [
                await producer.send(
                    name, value, key=b"k", headers=list(headers), partition=partition
                )
                for value, headers in records
            ]
            await asyncio.gather(*sent)


class IntakeHarness:
    """Who looks at a ledger, and runs intakes for it."""

    def __init__(self, ledger: Ledger, topics: Topics) -> None:
        self.ledger = ledger
        self.topics = topics

    def register(
        self,
        name: str,
        kind: SourceKind = SourceKind.NATIVE,
        scope: Scope = Scope.PUBLISH,
    ) -> None:
        """Registers a source."""
        grant_source(self.ledger.executor, self.context(), name, kind, scope)

    def context(self) -> Context:
        """The circumstances of what a person does."""
        return Context(at=now(), actor="person/1", source="airledger", correlation=new_id())

    async def raw(self, topic: TopicGeneration, number: int) -> AsyncIterator[Any]:
        """The first records of partition 0, as a consumer of Kafka has them."""
        consumer = AIOKafkaConsumer(bootstrap_servers=list(self.topics.servers))
        await consumer.start()
        try:
            at = TopicPartition(topic.name, 0)
            consumer.assign([at])
            consumer.seek(at, 0)
            for _ in range(number):
                yield await consumer.getone()
        finally:
            await consumer.stop()

    def intake(self, clock: Callable[[], datetime] | None = None) -> Task:
        """One more intake, not started; by a clock of its own, or the ledger's."""
        ledger = self.ledger
        intake = KafkaIntake(
            replace(ledger.services, clock=clock or ledger.now),
            kafka_at(self.topics.servers),
            signals=self.topics.signals,
            commands=self.topics.commands,
        )
        return Task("kafka intake", intake.run)

    @asynccontextmanager
    async def taking(self, clock: Callable[[], datetime] | None = None) -> AsyncIterator[Task]:
        """While an intake runs."""
        task = self.intake(clock)
        task.start()
        try:
            yield task
        finally:
            await task.stop()

    def taken(self, topic: TopicGeneration | None = None, partitions: int = 3) -> int:
        """How many records were taken, by the positions."""
        shipped_generation = topic or self.topics.signals
        store = self.ledger.store
        return sum(
            store.followers.position(shipped_generation.follower(number))
            for number in range(partitions)
        )

    async def take_all(
        self,
        number: int,
        topic: TopicGeneration | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Runs an intake until so many records of a topic were taken."""
        async with self.taking(clock) as task:
            try:
                await eventually(lambda: self.taken(topic) == number, f"{number} records")
            except AssertionError as error:
                error.add_note(f"{self.taken(topic)} are taken; {task.state}: {task.reason}")
                raise

    def events(self, name: str) -> list[Any]:
        """Every event of a type, in log order."""
        entries = self.ledger.store.read(0, 1_000_000, sealed=False)
        recorded = (CODEC.decode(entry.stored, entry.leaf) for entry in entries)
        return [each.event for each in recorded if each.event.name == name]

    def quarantine(self) -> list[Quarantined]:
        """What is in quarantine, oldest first."""
        return list(reversed(self.ledger.store.quarantine.entries(state="open")))

    def reasons(self) -> list[str]:
        """Why it is there."""
        return [entry.parts[0].reason for entry in self.quarantine()]
