"""Clients of Kafka that are closed whatever happens, also where they could not start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

log = structlog.get_logger(__name__)

STOPS_WITHIN_SECONDS = 3.0
SESSION_MS, HEARTBEAT_MS = 6_000, 1_500
"""A member of a group that died is missed after this time, and its work is given to others."""
Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)


@asynccontextmanager
async def started(client: Client) -> AsyncIterator[Client]:
    """The client at work. Raises KafkaError where no broker answers."""
    try:
        await client.start()
        yield client
    finally:
        await stopped(client)


async def stopped(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Lets go of it, also while no broker answers.

    An idempotent producer sends again for ever, and its stop waits for that or for its sender's
    end: what is not sent in time is given up.
    """
    stopping = asyncio.create_task(client.stop())
    await asyncio.wait([stopping], timeout=STOPS_WITHIN_SECONDS)
    if not stopping.done():
        log.warning("kafka_client_given_up", client=type(client).__name__)
        if isinstance(client, AIOKafkaProducer) and client._sender.sender_task is not None:
            client._sender.sender_task.cancel()
        await asyncio.wait([stopping], timeout=STOPS_WITHIN_SECONDS)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait([stopping], timeout=STOPS_WITHIN_SECONDS)
    if stopping.done() and not stopping.cancelled() and (error := stopping.exception()):
        # What it says at its end is no reason for anything.
        log.warning("kafka_client_not_stopped", error=repr(error))
