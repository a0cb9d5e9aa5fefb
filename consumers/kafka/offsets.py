"""Where partitions begin and end, and where a group's tools see it."""

import asyncio
from collections.abc import Collection, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from consumers.kafka.positions import OffsetRange

log = structlog.get_logger(__name__)

ANSWER_WITHIN_SECONDS = 15.0


async def offset_ranges(
    consumer: AIOKafkaConsumer, of: Collection[TopicPartition]
) -> dict[TopicPartition, OffsetRange]:
    """Where partitions begin and end. Raises KafkaError."""
    if not of:
        return {}
    begins = await consumer.beginning_offsets(list(of))
    ends = await consumer.end_offsets(list(of))
    return {at: OffsetRange(begin=begins[at], end=ends[at]) for at in of}


async def commit_for_lag(consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int]) -> None:
    """Tells the group how far it is, for tools that show lag; nothing here reads it."""
    if not places:
        return
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            await consumer.commit(dict(places))
    except (KafkaError, TimeoutError) as error:
        log.debug("offsets_not_committed", error=repr(error))
