"""The topics of the intake as FastStream's batch subscribers.

What FastStream would do by itself is taken from it: it decodes headers as UTF-8 and drops the whole
batch where one is not, goes on behind a batch that failed, and commits all that was fetched.

`auto_offset_reset` is "earliest", though nothing is taken from there for that. With "none", one
partition's offset out of range is an error that FastStream logs, and for which it lets all of them
wait five seconds. `Partitions` sees what was not fetched from its place.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaConnectionError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from consumers.kafka.clients import HEARTBEAT_MS, METADATA_AGE_MS, SESSION_MS, ssl_context
from consumers.kafka.header_decoding import decode_headers_leniently
from consumers.kafka.partitions import Partitions
from ledger.settings import KafkaSettings

log = structlog.get_logger(__name__)

CLIENT = "airledger-intake"
RECORDS_PER_BATCH = 500
WAIT_MS = 50
"""FastStream waits so long for records, and as long again where there were none."""
STOPS_WITHIN_SECONDS = 10.0
_LOGINS = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def broker_of(kafka: KafkaSettings) -> KafkaBroker:
    """A client of a cluster that reads, and makes no topics. Not connected yet."""
    decode_headers_leniently()
    return KafkaBroker(
        list(kafka.bootstrap_servers),
        security=_security(kafka),
        client_id=CLIENT,
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        metadata_max_age_ms=METADATA_AGE_MS,
        graceful_timeout=STOPS_WITHIN_SECONDS,
        logger=_Log(),
    )


def _security(kafka: KafkaSettings) -> BaseSecurity:
    """How brokers are met, in FastStream's words."""
    context = ssl_context(kafka)
    if not kafka.uses_sasl:
        return BaseSecurity(ssl_context=context, use_ssl=kafka.uses_ssl)
    login = _LOGINS[kafka.sasl_mechanism]
    return login(
        username=kafka.sasl_username or "",
        password=kafka.sasl_password or "",
        ssl_context=context,
        use_ssl=kafka.uses_ssl,
    )


class Subscription:
    """One topic's subscriber. `consumer` raises while it is not connected."""

    def __init__(self, broker: KafkaBroker, partitions: Partitions) -> None:
        self.partitions = partitions
        self._subscriber = broker.subscriber(
            partitions.topic.name,
            batch=True,
            max_records=RECORDS_PER_BATCH,
            batch_timeout_ms=WAIT_MS,
            group_id=partitions.topic.group,
            auto_offset_reset="earliest",
            isolation_level="read_committed",  # what its sender took back was never said
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            ack_policy=AckPolicy.MANUAL,
            listener=_Listener(partitions, lambda: self.consumer),
            parser=_unparsed,
            decoder=_raw,
            no_reply=True,
        )
        self._subscriber(self._process)

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The consumer underneath. Raises KafkaConnectionError."""
        if self._subscriber.consumer is None:
            raise KafkaConnectionError("not connected")
        return self._subscriber.consumer

    @property
    def is_absent(self) -> bool:
        """Whether the cluster has no such topic, as far as it is known."""
        return not self.consumer.partitions_for_topic(self.partitions.topic.name)

    async def _process(self, records: Any) -> None:  # FastStream makes a model of its types
        await self.partitions.process(self.consumer, records)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # it has no types
    def __init__(self, partitions: Partitions, consumer: Callable[[], AIOKafkaConsumer]) -> None:
        self._partitions = partitions
        self._consumer = consumer

    # FastStream runs what is no coroutine in another thread, where aiokafka has no event loop.

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._partitions.revoke()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._partitions.assign(self._consumer(), assigned)


async def _unparsed(records: tuple[Any, ...]) -> KafkaMessage:
    """FastStream's message around records that nothing was read of yet."""
    return KafkaMessage(raw_message=records, body=b"", consumer=_NoAcknowledgement())


async def _raw(message: KafkaMessage) -> Any:
    return message.raw_message


class _NoAcknowledgement:
    async def commit(self) -> None:
        """The store knows how far it is."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """The place is `Partitions`' business."""


class _Log:
    """What FastStream says, in this program's log: what it cannot do as a warning."""

    def log(
        self,
        level: int,
        msg: Any,
        /,
        *,
        exc_info: Any = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        if exc_info is not None:
            log.warning("kafka_client", said=str(msg), error=repr(exc_info))
        else:
            log.log(min(level, logging.DEBUG), "kafka_client", said=str(msg))
