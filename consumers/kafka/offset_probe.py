"""Whether a partition has something from an offset on: asked by a client that fetched nothing yet.

Offsets leave some out: the marks of transactions and what those took back, and what a topic's
compaction removed. A client that lost what it had fetched leaves some out as well. What is passed
over for good is asked for again first.
"""

from typing import NamedTuple

from aiokafka import TopicPartition

from consumers.kafka.clients import assigned_consumer
from consumers.kafka.offsets import read_from
from ledger.settings import KafkaSettings

READ_WITHIN_MS = 1_000


class Probed(NamedTuple):
    """The offset of the first record there is, None where there is none below `end`."""

    first: int | None
    end: int


async def probe(kafka: KafkaSettings, at: TopicPartition, since: int) -> Probed:
    """Looks from an offset on. Raises KafkaError."""
    async with assigned_consumer(
        kafka, "airledger-probe", partitions=[at], isolation_level="read_committed"
    ) as consumer:
        [end] = (await consumer.end_offsets([at])).values()
        read_from(consumer, at, since)
        while await consumer.position(at) < end:
            found = await consumer.getmany(at, timeout_ms=READ_WITHIN_MS, max_records=1)
            if records := found.get(at):
                return Probed(records[0].offset, end)
        return Probed(None, end)
