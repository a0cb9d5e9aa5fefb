"""Clients of Kafka that are closed whatever happens, also where they could not start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)


@asynccontextmanager
async def started(client: Client) -> AsyncIterator[Client]:
    """The client at work. Raises KafkaError where no broker answers."""
    try:
        await client.start()
        yield client
    finally:
        await client.stop()
