"""Where partitions begin and end, and where a group's tools see it."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

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


def hold(consumer: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
    """Nothing of them is fetched before `read_from`.

    To be called before anything is awaited after their assignment. Without a place the consumer
    asks for the group's offset; where there is none, that is an error in auto_offset_reset "none",
    and two such errors at once, as while a leader moves, end its fetching.
    """
    for at in assigned:
        consumer.seek(at, 0)
        consumer.pause(at)


def read_from(consumer: AIOKafkaConsumer, at: TopicPartition, offset: int) -> None:
    """The next record read of an assigned partition is the one at the offset, or behind it."""
    consumer.seek(at, offset)
    consumer.resume(at)


async def commit_for_lag(consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int]) -> None:
    """Tells the group how far it is, for tools that show lag; nothing here reads it."""
    if not places:
        return
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            await consumer.commit(dict(places))
    except (KafkaError, TimeoutError) as error:
        log.debug("offsets_not_committed", error=repr(error))
