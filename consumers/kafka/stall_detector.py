"""Detects a consumer of airledger.events that reads nothing while its partitions grow.

A client whose known brokers are all dead never recovers and raises no error: it is replaced.
"""

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers.kafka.offsets import commit_for_lag
from consumers.topics.topics import EVENTS
from ledger.errors import Unavailable

CHECK_SECONDS = 5.0
ANSWER_WITHIN_SECONDS = 15.0


def client_lost(what: str) -> Unavailable:
    """The error for a client that has to be replaced."""
    return Unavailable(f"Kafka {what}.", remedy="Another client is made; are the brokers up?")


class StallDetector:
    """Checks one client, every CHECK_SECONDS."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._checked_at = time.monotonic()
        self._late: dict[TopicPartition, int] = {}

    @property
    def is_due(self) -> bool:
        """Whether the next check is due."""
        return time.monotonic() - self._checked_at > CHECK_SECONDS

    async def check(self, places: Mapping[TopicPartition, int]) -> None:
        """Compares the read offsets with those of the last check, and commits them for lag tools.

        Raises Unavailable for a client that stalls, does not answer or does not know the topic.
        """
        self._checked_at = time.monotonic()
        known = self._consumer.partitions_for_topic(EVENTS)
        if not known:
            raise Unavailable(f"There is no topic {EVENTS}.", remedy="Run airledger topics apply.")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                ends = await self._consumer.end_offsets(
                    [TopicPartition(EVENTS, each) for each in known]
                )
        except TimeoutError as error:
            raise client_lost("did not tell where partitions end") from error
        late = {at: place for at, place in places.items() if place < ends[at]}
        stuck = [at.partition for at, place in late.items() if self._late.get(at) == place]
        if stuck:
            raise client_lost(f"gave nothing of partitions {stuck}, which grow")
        self._late = late
        await commit_for_lag(self._consumer, {at: place for at, place in places.items() if place})
