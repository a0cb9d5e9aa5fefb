"""The relay: sealed events go to Kafka, in leaf order, and then the checkpoint that covers them.

Its cursor is the last record of airledger.checkpoints: all leaves below that checkpoint's size were
acknowledged when it was sent. Whoever dies in between sends some events again; they are the same,
and have their leaf index with them. Of several relays the one works that is given the only
partition of that topic.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from consumers.container.async_worker import ReportStatus
from consumers.container.backends import log_of
from consumers.container.waiting import event_within
from consumers.kafka.checkpoints import HELD, last_record, parse_checkpoint_record
from consumers.kafka.clients import HEARTBEAT_MS, SESSION_MS, connection_options, running_client
from consumers.topics.topics import CHECKPOINTS, EVENTS
from ledger.errors import Fork, LedgerError
from ledger.settings import KafkaSettings
from ledger.store.port import Entry, LogState, Store
from ledger.transparency.keys import parse_verifier
from ledger.transparency.merkle import leaf_hash
from projections.engine import CheckpointOffsets

GROUP = "airledger.relay"
EVENTS_PER_READ = 1_000
POLL_SECONDS = 0.2
AGAIN_AFTER_SECONDS = 1.0
CONTENT_TYPE = b"application/cloudevents+json"


class Relay:
    """Relays one store's log. `wake_up` may be set from the event loop's thread alone."""

    def __init__(self, store: Store, kafka: KafkaSettings) -> None:
        self._store = store
        self._kafka = kafka
        self.wake_up = asyncio.Event()
        self.sent = CheckpointOffsets(0, {})
        self.leads = False

    async def run(self, report: ReportStatus) -> None:
        """Relays until it is cancelled; waits out what it cannot do now."""
        while True:
            try:
                async with AsyncExitStack() as stack:
                    await self._relay(stack, report)
            except (KafkaError, LedgerError, OSError) as error:
                report("degraded" if not isinstance(error, Fork) else "stopped", f"{error}")
            self.leads = False
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _relay(self, stack: AsyncExitStack, report: ReportStatus) -> None:
        consumer = await stack.enter_async_context(running_client(self._consumer(), self._kafka))
        report("running", "another relay works")
        while HELD not in consumer.assignment():
            await consumer.getmany(timeout_ms=500)
        producer = await stack.enter_async_context(running_client(self._producer(), self._kafka))
        self.sent = await self._sent_before(consumer)
        self.leads = True
        report("running", "")
        while HELD in consumer.assignment():
            await consumer.getmany(timeout_ms=0)  # so that the group knows that it lives
            self.wake_up.clear()
            state = await asyncio.to_thread(self._store.log_state)
            if state is not None and state.size > self.sent.size:
                await self._send(producer, state)
            else:
                await event_within(self.wake_up, POLL_SECONDS)

    async def _send(self, producer: AIOKafkaProducer, state: LogState) -> None:
        """All that a checkpoint covers and is not sent yet, and then the checkpoint."""
        offsets = dict(self.sent.offsets)
        first = self.sent.size
        while first < state.size:
            limit = min(EVENTS_PER_READ, state.size - first)
            entries = await asyncio.to_thread(self._store.read, first, limit)
            _require_dense(entries, first)
            for answer in [await self._send_event(producer, entry) for entry in entries]:
                sent = await answer
                offsets[sent.partition] = max(offsets.get(sent.partition, 0), sent.offset + 1)
            first += len(entries)
        await producer.send_and_wait(
            CHECKPOINTS,
            state.checkpoint,
            key=state.origin.encode(),
            headers=[("offsets", msgspec.json.encode(offsets))],
        )
        self.sent = CheckpointOffsets(state.size, offsets)

    async def _send_event(self, producer: AIOKafkaProducer, entry: Entry) -> "asyncio.Future[Any]":
        return await producer.send(  # type: ignore[no-any-return]
            EVENTS,
            entry.stored,
            key=entry.stream.encode(),
            headers=[
                ("ce-id", _id(entry.stored)),
                ("leaf-index", str(entry.leaf).encode()),
                ("leaf-hash", leaf_hash(entry.stored).hex().encode()),
                ("content-type", CONTENT_TYPE),
            ],
        )

    async def _sent_before(self, consumer: AIOKafkaConsumer) -> CheckpointOffsets:
        """What the last checkpoint in Kafka says. Raises Fork where that is none of this log's."""
        record = await last_record(consumer)
        if record is None:
            return CheckpointOffsets(0, {})
        state = await asyncio.to_thread(log_of, self._store)
        sent = parse_checkpoint_record(record, parse_verifier(state.vkey))
        if sent.size > state.size:
            raise Fork(
                f"The checkpoint in Kafka is of {sent.size} events, and the store's log of "
                f"{state.size}: the store was restored from an older copy.",
                remedy="Give it the missing events back: airledger store repair.",
            )
        return sent

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            CHECKPOINTS,
            **connection_options(self._kafka, "airledger-relay"),
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
        )

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **connection_options(self._kafka, "airledger-relay"),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
        )


def _require_dense(entries: Sequence[Entry], first: int) -> None:
    if [entry.leaf for entry in entries] != list(range(first, first + len(entries))) or not entries:
        raise Fork(
            f"A sealed event at or after leaf {first} is missing from the store.",
            remedy="Restore it byte for byte from a copy; airledger verify tells what is lost.",
        )


class _Named(msgspec.Struct):
    id: str


_named = msgspec.json.Decoder(_Named)


def _id(stored: bytes) -> bytes:
    return _named.decode(stored).id.encode()
