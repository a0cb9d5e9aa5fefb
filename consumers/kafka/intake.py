"""Intake from Kafka: signals and commands are recorded exactly once.

Events and the position are committed in one transaction; see `partitions`.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from consumers.container.async_worker import ReportStatus
from consumers.container.waiting import event_within
from consumers.kafka.clients import translate_connect_errors
from consumers.kafka.offset_probe import probe
from consumers.kafka.offsets import commit_for_lag
from consumers.kafka.partitions import Partition, Partitions
from consumers.kafka.positions import TopicGeneration, shipped_generation
from consumers.kafka.record_handlers import CommandHandler, SignalHandler
from consumers.kafka.subscriber import Subscription, broker_of
from consumers.metrics.counters import Lags
from consumers.services import Services
from consumers.topics.topics import COMMANDS, SIGNALS
from ledger.errors import LedgerError
from ledger.settings import KafkaSettings

log = structlog.get_logger(__name__)

CHECK_SECONDS = 1.0
"""How often lag and assignment are checked without a change."""
ANSWERS_WITHIN_SECONDS = 10.0
"""A broker or store that takes longer to place partitions counts as unavailable."""
STALLED_AFTER_SECONDS = 30.0
"""Lag without progress for so long replaces the client: longer than a rebalance of the group."""
AGAIN_AFTER_SECONDS = 1.0
"""Wait before a new client after a failed one: brokers are not asked more often."""
ENDS_WITHIN_SECONDS = 20.0
"""A client that does not stop within this time is abandoned; its own limit is shorter."""


class _Stalled(Exception):
    """Lag without progress and without a reason: the client is replaced."""


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
        """`signals` and `commands` are the topics; those shipped by default."""
        self._store = services.store
        self._kafka = kafka
        self._lags = Lags()
        self._handlers = (
            (signals or shipped_generation(SIGNALS), SignalHandler(services)),
            (commands or shipped_generation(COMMANDS), CommandHandler(services)),
        )

    async def run(self, report: ReportStatus) -> None:
        """Runs until cancelled; reconnects after an error, and reports it as degraded."""
        while True:
            try:
                await self._connected(report)
            except (KafkaError, OSError, TimeoutError, LedgerError, _Stalled) as error:
                report("degraded", _reason(error))
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _connected(self, report: ReportStatus) -> None:
        """Runs one client until it fails. Raises its error."""
        broker, changed = broker_of(self._kafka), asyncio.Event()
        probe_at = partial(probe, self._kafka)
        every = [
            Subscription(broker, Partitions(topic, handler, self._store, changed, probe_at))
            for topic, handler in self._handlers
        ]
        try:
            async with translate_connect_errors(self._kafka):
                await broker.start()
            await _supervise(every, changed, self._lags, report)
        finally:
            for each in every:
                each.partitions.end()
            self._lags.show({})
            await _stop(broker)


async def _stop(broker: KafkaBroker) -> None:
    """Stops a client in any state; an error at its end is logged only."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_SECONDS):
            await broker.stop()
    except Exception as error:  # noqa: BLE001 - a group of any errors of its parts
        log.warning("kafka_client_not_stopped", error=repr(error))


async def _supervise(
    every: Sequence[Subscription], changed: asyncio.Event, lags: Lags, report: ReportStatus
) -> None:
    """Seeks assigned partitions and reports the status. Raises KafkaError, _Stalled."""
    progress = [_Progress() for _ in every]
    while True:
        changed.clear()
        for own, moving in zip(every, progress, strict=True):
            await _place(own)
            held = own.partitions.held
            moving.require(held)
            await commit_for_lag(own.consumer, {e.at: e.next for e in held if e.next is not None})
        held = [partition for own in every for partition in own.partitions.held]
        lags.show({(each.at.topic, str(each.number)): each.lag for each in held})
        report(*_state(every))
        await event_within(changed, CHECK_SECONDS)
        report(*_state(every))


async def _place(own: Subscription) -> None:
    """Raises KafkaError, TimeoutError. While the store does not answer, it is retried."""
    async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
        try:
            await own.partitions.place(own.consumer)
        except LedgerError as error:
            own.partitions.mark_blocked(str(error))
        await own.partitions.check_lag(own.consumer)


class _Progress:
    """Whether records that wait are being processed."""

    def __init__(self) -> None:
        self._moved: list[int] = []
        self._since = time.monotonic()

    def require(self, held: Sequence[Partition]) -> None:
        """Raises _Stalled after STALLED_AFTER_SECONDS with lag, no progress and no reason."""
        moved = [partition.stored for partition in held]
        waiting = sum(each.lag for each in held if not (each.stopped or each.blocked))
        if moved != self._moved or not waiting:
            self._moved, self._since = moved, time.monotonic()
        elif time.monotonic() - self._since > STALLED_AFTER_SECONDS:
            raise _Stalled(
                f"{waiting} records wait in Kafka, and nothing has come for "
                f"{STALLED_AFTER_SECONDS:.0f} s"
            )


def _state(every: Sequence[Subscription]) -> tuple[str, str]:
    """The worst status of all partitions, and its reason."""
    held = [partition for each in every for partition in each.partitions.held]
    if stopped := [partition.stopped for partition in held if partition.stopped]:
        return "stopped", " ".join(stopped)
    if blocked := [partition.blocked for partition in held if partition.blocked]:
        return "degraded", blocked[0]
    absent = [each.partitions.topic.name for each in every if each.is_absent]
    if absent:
        return "degraded", f"There is no topic {' and no '.join(absent)}: airledger topics apply."
    return "running", ""


def _reason(error: Exception) -> str:
    return f"Kafka is unavailable: {str(error) or type(error).__name__}. Retrying."
