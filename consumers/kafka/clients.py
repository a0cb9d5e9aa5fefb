"""Clients of Kafka: connection options, translation of errors, and a stop that always ends."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from consumers.kafka.header_decoding import decode_headers_leniently
from consumers.kafka.offsets import hold
from ledger.errors import SettingsError, Unavailable
from ledger.settings import KafkaSettings

log = structlog.get_logger(__name__)

STOPS_WITHIN_SECONDS = 3.0
SESSION_MS, HEARTBEAT_MS = 6_000, 1_500
"""A member of a group that died is missed after this time, and its work is given to others."""
METADATA_AGE_MS = 5_000
"""A client that met the cluster while it formed learns of the other brokers within this time."""
Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)


def connection_options(kafka: KafkaSettings, client: str) -> dict[str, Any]:
    """What every client of aiokafka is told: the brokers, how they are met, and its own name.

    Raises SettingsError for certificates that cannot be read.
    """
    decode_headers_leniently()
    options: dict[str, Any] = {
        "bootstrap_servers": list(kafka.bootstrap_servers),
        "client_id": client,
        "metadata_max_age_ms": METADATA_AGE_MS,
        "security_protocol": kafka.security_protocol,
        "ssl_context": ssl_context(kafka),
    }
    if kafka.uses_sasl:
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": kafka.sasl_password,
        }
    return options


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """What checks the brokers' certificates, and shows an own one. Raises SettingsError."""
    if not kafka.uses_ssl:
        return None
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_ca_file)
        if kafka.ssl_cert_file is not None:
            # Without a word for a passphrase it would ask for one on the terminal.
            context.load_cert_chain(kafka.ssl_cert_file, kafka.ssl_key_file, password="")
    except OSError as error:  # ssl.SSLError is one
        names = [f for f in (kafka.ssl_ca_file, kafka.ssl_cert_file, kafka.ssl_key_file) if f]
        raise SettingsError(
            f"Of {', '.join(map(str, names))} one cannot be used: {error}.",
            remedy="Name readable PEM files in kafka.ssl_ca_file, kafka.ssl_cert_file and "
            "kafka.ssl_key_file; the key without a passphrase.",
        ) from error
    return context


@asynccontextmanager
async def translate_connect_errors(kafka: KafkaSettings) -> AsyncIterator[None]:
    """While a client starts: why none of the brokers takes it, which aiokafka only logs.

    Raises KafkaConnectionError.
    """
    try:
        yield
    except KafkaConnectionError as error:
        reasons = [await _refusal(kafka, server) for server in kafka.bootstrap_servers]
        raise KafkaConnectionError(f"no broker can be used: {'; '.join(reasons)}") from error


async def _refusal(kafka: KafkaSettings, server: str) -> str:
    host, _, port = server.rpartition(":")
    options = connection_options(kafka, "airledger")
    del options["bootstrap_servers"], options["metadata_max_age_ms"]
    try:
        async with asyncio.timeout(STOPS_WITHIN_SECONDS):
            (await create_conn(host.strip("[]"), int(port), **options)).close()
    except (OSError, KafkaError, TimeoutError) as error:
        return f"{server}: {str(error) or type(error).__name__}"
    return f"{server} answers now"


@asynccontextmanager
async def running_client(client: Client, kafka: KafkaSettings) -> AsyncIterator[Client]:
    """The client at work. Raises KafkaError where no broker answers."""
    try:
        async with translate_connect_errors(kafka):
            await client.start()
        yield client
    finally:
        await stop_client(client)


@asynccontextmanager
async def assigned_consumer(
    kafka: KafkaSettings,
    client: str,
    *topics: str,
    partitions: Sequence[TopicPartition] = (),
    **more: Any,
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer in no group, of topics or partitions: it reads nothing before it is told where.

    Raises KafkaError.
    """
    consumer = AIOKafkaConsumer(
        *topics,
        **connection_options(kafka, client),
        enable_auto_commit=False,
        auto_offset_reset="none",
        **more,
    )
    async with running_client(consumer, kafka):
        if partitions:
            consumer.assign(partitions)
        hold(consumer, consumer.assignment())
        yield consumer


@contextmanager
def translate_read_errors() -> Iterator[None]:
    """Raises Unavailable for what Kafka refuses to a command that reads."""
    try:
        yield
    except KafkaError as error:
        raise Unavailable(
            f"Kafka cannot be read: {error}.", remedy="Check kafka.bootstrap_servers."
        ) from error


async def stop_client(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
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
