"""airledger.checkpoints as a reader follows it: the newest signed one, and what it covers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from consumers.kafka.clients import assigned_consumer
from consumers.kafka.offsets import offset_ranges, read_from
from consumers.topics.topics import CHECKPOINTS
from ledger.errors import Fork, Invalid, Unavailable
from ledger.settings import KafkaSettings
from ledger.transparency.keys import Verifier
from ledger.transparency.notes import open_checkpoint
from projections.engine import CheckpointOffsets

READ_WITHIN_MS = 10_000
HELD = TopicPartition(CHECKPOINTS, 0)
_offsets = msgspec.json.Decoder(dict[int, int])


@asynccontextmanager
async def checkpoint_consumer(kafka: KafkaSettings, client: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A reader of its own, in no group: every process sees every checkpoint. Raises KafkaError."""
    async with assigned_consumer(kafka, client, partitions=[HELD]) as consumer:
        yield consumer


async def last_record(consumer: AIOKafkaConsumer) -> Any:
    """The newest record; None where there is none. Raises KafkaError, Unavailable."""
    [extent] = (await offset_ranges(consumer, [HELD])).values()
    if extent.end == extent.begin:
        return None
    read_from(consumer, HELD, extent.end - 1)
    found = await consumer.getmany(HELD, timeout_ms=READ_WITHIN_MS)
    if not found.get(HELD):
        raise Unavailable("The last checkpoint in Kafka cannot be read.", remedy="Wait.")
    return found[HELD][-1]


@asynccontextmanager
async def checkpoint_reader(
    kafka: KafkaSettings, verifier: Verifier, client: str
) -> AsyncIterator["Checkpoints"]:
    """The checkpoints as they come, from the newest on. Raises KafkaError."""
    async with checkpoint_consumer(kafka, client) as consumer:
        checkpoints = Checkpoints(consumer, verifier)
        await checkpoints.seek()
        yield checkpoints


class Checkpoints:
    """The newest checkpoint, as it comes."""

    def __init__(self, consumer: AIOKafkaConsumer, verifier: Verifier) -> None:
        self._consumer = consumer
        self._verifier = verifier
        self._newest: CheckpointOffsets | None = None

    async def newest(self) -> CheckpointOffsets | None:
        """The newest that came so far. Raises KafkaError, Fork for one of another log."""
        try:
            found = await self._consumer.getmany(HELD, timeout_ms=0)
        except OffsetOutOfRangeError:  # the topic was made anew
            await self.seek()
            return self._newest
        if records := found.get(HELD):
            self._newest = parse_checkpoint_record(records[-1], self._verifier)
        return self._newest

    async def read_newest(self) -> CheckpointOffsets | None:
        """The newest there is; None where there is none. Waits for it."""
        record = await last_record(self._consumer)
        self._newest = None if record is None else parse_checkpoint_record(record, self._verifier)
        return self._newest

    async def seek(self) -> None:
        """To the last one, if there is one."""
        self._newest = None
        [extent] = (await offset_ranges(self._consumer, [HELD])).values()
        read_from(self._consumer, HELD, max(extent.begin, extent.end - 1))


def parse_checkpoint_record(record: Any, verifier: Verifier) -> CheckpointOffsets:
    """What a checkpoint in Kafka covers. Raises Fork for one of another log."""
    try:
        size = open_checkpoint(record.value or b"", verifier).size
        return CheckpointOffsets(size, _offsets.decode(dict(record.headers)["offsets"]))
    except (Invalid, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise Fork(
            f"The checkpoint at offset {record.offset} of {CHECKPOINTS} is none of this log's: "
            f"{error}",
            remedy="Another ledger uses these topics: give this one a cluster of its own.",
        ) from error
