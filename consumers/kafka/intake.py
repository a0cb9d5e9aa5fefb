"""Intake from Kafka: signals and commands are taken from their topics, with an effect once.

What is taken and how far it was taken are one transaction; see `partitions`.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from consumers.container.async_worker import Tell
from consumers.kafka.clients import translate_connect_errors
from consumers.kafka.offset_probe import probe
from consumers.kafka.offsets import commit_for_lag
from consumers.kafka.partitions import Partition, Partitions
from consumers.kafka.positions import TopicGeneration, followed
from consumers.kafka.record_handlers import CommandHandler, SignalHandler
from consumers.kafka.subscriber import Subscription, broker_of
from consumers.metrics.counters import Lags
from consumers.services import Services
from consumers.topics.topics import COMMANDS, SIGNALS
from ledger.errors import LedgerError
from ledger.settings import KafkaSettings

log = structlog.get_logger(__name__)

LOOKS_EVERY_SECONDS = 1.0
ANSWERS_WITHIN_SECONDS = 10.0
STALLED_AFTER_SECONDS = 30.0
AGAIN_AFTER_SECONDS = 1.0
ENDS_WITHIN_SECONDS = 20.0


class _Stalled(Exception):
    """Nothing moves, and nothing says why: the client is made anew."""


class KafkaIntake:
    """Records the topics of one cluster in a store."""

    def __init__(
        self,
        services: Services,
        kafka: KafkaSettings,
        *,
        signals: TopicGeneration | None = None,
        commands: TopicGeneration | None = None,
    ) -> None:
        """The topics are those shipped, unless told otherwise."""
        self._store = services.store
        self._kafka = kafka
        self._lags = Lags()
        self._takers = (
            (signals or followed(SIGNALS), SignalHandler(services)),
            (commands or followed(COMMANDS), CommandHandler(services)),
        )

    async def run(self, tell: Tell) -> None:
        """Takes what comes until it is cancelled; waits out what it cannot do now."""
        while True:
            try:
                await self._connected(tell)
            except (KafkaError, OSError, TimeoutError, LedgerError, _Stalled) as error:
                tell("degraded", _told(error))
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _connected(self, tell: Tell) -> None:
        """With one client, as long as that works. Raises what it does not."""
        broker, news = broker_of(self._kafka), asyncio.Event()
        looks = partial(probe, self._kafka)
        every = [
            Subscription(broker, Partitions(topic, taker, self._store, news, looks))
            for topic, taker in self._takers
        ]
        try:
            async with translate_connect_errors(self._kafka):
                await broker.start()
            await _look_after(every, news, self._lags, tell)
        finally:
            for each in every:
                each.partitions.end()
            self._lags.show({})
            await _stopped(broker)


async def _stopped(broker: KafkaBroker) -> None:
    """Lets go of a client, however it is; what it says at its end is no reason for anything."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_SECONDS):
            await broker.stop()
    except Exception as error:  # noqa: BLE001 - a group of whatever its parts met
        log.warning("kafka_client_not_stopped", error=repr(error))


async def _look_after(
    every: Sequence[Subscription], news: asyncio.Event, lags: Lags, tell: Tell
) -> None:
    """Places partitions as they are given, and tells how it goes. Raises KafkaError, _Stalled."""
    progress = [_Progress() for _ in every]
    while True:
        news.clear()
        for own, moving in zip(every, progress, strict=True):
            await _place(own)
            held = own.partitions.held
            moving.require(held)
            await commit_for_lag(own.consumer, {e.at: e.next for e in held if e.next is not None})
        held = [partition for own in every for partition in own.partitions.held]
        lags.show({(each.at.topic, str(each.number)): each.lag for each in held})
        tell(*_state(every))
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKS_EVERY_SECONDS):
                await news.wait()
        tell(*_state(every))


async def _place(own: Subscription) -> None:
    """Raises KafkaError, TimeoutError; where the store does not answer, it is tried again."""
    async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
        try:
            await own.partitions.place(own.consumer)
        except LedgerError as error:
            own.partitions.hinder(str(error))
        await own.partitions.look(own.consumer)


class _Progress:
    """Whether what there is to take is being taken."""

    def __init__(self) -> None:
        self._moved: list[int] = []
        self._since = time.monotonic()

    def require(self, held: Sequence[Partition]) -> None:
        """Raises _Stalled where records wait for long, and nothing moves or says why not."""
        moved = [partition.stored for partition in held]
        waiting = sum(each.lag for each in held if not (each.stopped or each.hindered))
        if moved != self._moved or not waiting:
            self._moved, self._since = moved, time.monotonic()
        elif time.monotonic() - self._since > STALLED_AFTER_SECONDS:
            raise _Stalled(
                f"{waiting} records wait in Kafka, and nothing has come for "
                f"{STALLED_AFTER_SECONDS:.0f} s"
            )


def _state(every: Sequence[Subscription]) -> tuple[str, str]:
    """The worst of all partitions, and why."""
    held = [partition for each in every for partition in each.partitions.held]
    if stopped := [partition.stopped for partition in held if partition.stopped]:
        return "stopped", " ".join(stopped)
    if hindered := [partition.hindered for partition in held if partition.hindered]:
        return "degraded", hindered[0]
    absent = [each.partitions.topic.name for each in every if each.is_absent]
    if absent:
        return "degraded", f"There is no topic {' and no '.join(absent)}: airledger topics apply."
    return "running", ""


def _told(error: Exception) -> str:
    return f"Kafka does not do it now: {str(error) or type(error).__name__}. It is tried again."
