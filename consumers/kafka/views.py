"""Read models from Kafka: partitions of airledger.events, shared by all who fill them.

Where a partition stands is in the database of the read models, with the rows. What the group has in
Kafka is a hint for tools. Whoever is given a partition seeks to where it stands, and to the record
before that, which shows whether it is the same topic still.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import ParamSpec, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from consumers.container.async_worker import ReportStatus
from consumers.container.backends import log_of
from consumers.kafka.checkpoints import Checkpoints, checkpoint_reader
from consumers.kafka.clients import HEARTBEAT_MS, SESSION_MS, connection_options, running_client
from consumers.kafka.event_records import record_of
from consumers.kafka.offsets import hold, offset_ranges, read_from
from consumers.kafka.positions import OffsetRange
from consumers.kafka.stall_detector import StallDetector, client_lost
from consumers.topics.topics import EVENTS
from ledger.errors import Conflict, Fork, LedgerError, Unavailable
from ledger.settings import KafkaSettings
from ledger.store.port import Store
from ledger.transparency.keys import Verifier, parse_verifier
from projections.engine import CheckpointOffsets, PartitionProjector, Projection, Record
from projections.engine.partition_projector import SeekRange

log = structlog.get_logger(__name__)

GROUP = "airledger.views"
RECORDS_PER_READ = 2_000
READ_WITHIN_MS = 50
AGAIN_AFTER_SECONDS = 1.0
STOPPED_SECONDS = 5.0
ANSWER_WITHIN_SECONDS = 15.0

T = TypeVar("T")
P = ParamSpec("P")


def group_of(projections: Iterable[Projection]) -> str:
    """The group that shares out partitions among who fills these versions of the read models.

    A program with other versions fills other tables, and needs every partition for itself.
    """
    later = (f"{each.name}-v{each.version}" for each in projections if each.version > 1)
    return ".".join((GROUP, *sorted(later)))


class ViewsFeed:
    """Feeds one projector of this process."""

    def __init__(self, projector: PartitionProjector, store: Store, kafka: KafkaSettings) -> None:
        """`store` is asked for the log's verifier key."""
        self._projector = projector
        self._store = store
        self._kafka = kafka

    async def run(self, report: ReportStatus) -> None:
        """Feeds it until it is cancelled; waits out what it cannot do now."""
        while True:
            wait = AGAIN_AFTER_SECONDS
            try:
                async with AsyncExitStack() as stack:
                    verifier = await self._verifier()
                    checkpoints = await stack.enter_async_context(
                        checkpoint_reader(self._kafka, verifier, "airledger-views-checkpoints")
                    )
                    consumer = await stack.enter_async_context(
                        running_client(self._consumer(), self._kafka)
                    )
                    await _Session(self._projector, consumer, checkpoints, report).run()
            except Fork as error:
                report("stopped", f"{error}")
                wait = STOPPED_SECONDS
            except (KafkaError, LedgerError, OSError) as error:
                report("degraded", f"{error}")
            await asyncio.sleep(wait)

    async def _verifier(self) -> Verifier:
        return parse_verifier((await asyncio.to_thread(log_of, self._store)).vkey)

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **connection_options(self._kafka, "airledger-views"),
            group_id=group_of(self._projector.projections),
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
        )


class _Session(ConsumerRebalanceListener):  # type: ignore[misc]
    """One client's life. `_next` are the partitions that were sought, and where each is."""

    def __init__(
        self,
        projector: PartitionProjector,
        consumer: AIOKafkaConsumer,
        checkpoints: Checkpoints,
        report: ReportStatus,
    ) -> None:
        self._projector = projector
        self._consumer = consumer
        self._checkpoints = checkpoints
        self._report = report
        self._next: dict[TopicPartition, int] = {}
        self._stalls = StallDetector(consumer)
        self._checked: CheckpointOffsets | None = None
        self._sought_again: dict[int, int] = {}
        self._folding: asyncio.Task[None] | None = None

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """All of them, before others are given."""
        self._next.clear()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """They are sought before the next read. It must not await: see `hold`."""
        self._next.clear()
        hold(self._consumer, assigned)

    async def run(self) -> None:
        """Reads and folds. Raises KafkaError, Fork, and Unavailable where it needs a new client."""
        self._consumer.subscribe([EVENTS], listener=self)
        try:
            while True:
                await self._step()
        finally:
            if self._folding is not None:
                self._folding.cancel()
                # Why it failed is no news beside what ends this.
                await asyncio.gather(self._folding, return_exceptions=True)

    async def _step(self) -> None:
        """Reads some records while those before are folded, and begins to fold them."""
        new = [each for each in self._consumer.assignment() if each not in self._next]
        if new:
            await self._await_fold()
            await self._seek(new)
        records = await self._read()
        covered = await self._checkpoints.newest()
        await self._await_fold()
        if records or await self._is_behind(covered):
            self._folding = asyncio.create_task(self._fold(records, covered))
        if self._stalls.is_due:
            self._checked = None
            await self._stalls.check(self._next)
        self._report("running", "")

    async def _await_fold(self) -> None:
        """Returns once nothing is being folded: the projector serves one after the other."""
        if self._folding is not None:
            folding, self._folding = self._folding, None
            await folding

    async def _seek(self, new: Sequence[TopicPartition]) -> None:
        """Partitions that are new here are read from where they stand. Raises Fork."""
        covered = await self._checkpoints.newest()
        wanted = await self._when_available(
            self._projector.seek_ranges, [each.partition for each in new]
        )
        found = await offset_ranges(self._consumer, new)
        for each in new:
            first = self._first(wanted[each.partition], found[each], each, covered)
            if each in self._consumer.assignment():
                read_from(self._consumer, each, first)
                self._next[each] = first

    def _first(
        self,
        wanted: SeekRange,
        extent: OffsetRange,
        at: TopicPartition,
        covered: CheckpointOffsets | None,
    ) -> int:
        named = 0 if covered is None else covered.offsets.get(at.partition, 0)
        if wanted.last > extent.end or named > extent.end:
            what = "was read" if wanted.last > extent.end else "has events by its newest checkpoint"
            raise Fork(
                f"Partition {at.partition} of {EVENTS} ends at offset {extent.end}, and {what} "
                f"up to {max(wanted.last, named)}: it was emptied, or made anew.",
                remedy="Make airledger.checkpoints anew, too, so that the relay sends all events; "
                "then run airledger rebuild.",
            )
        if wanted.first < extent.begin:
            raise Fork(
                f"Partition {at.partition} of {EVENTS} begins at offset {extent.begin}, and is to "
                f"be read from {wanted.first} on: what was before is deleted.",
                remedy="Keep that topic for ever (airledger topics check). Have the relay send all "
                "events to topics made anew, then run airledger rebuild; or set views.feed=store.",
            )
        return max(extent.begin, wanted.first - 1)

    async def _read(self) -> list[Record]:
        """What came in the partitions that were sought."""
        try:
            # Not wait_for: until Python 3.12 it may swallow a cancellation.
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                found = await self._consumer.getmany(
                    *self._next, timeout_ms=READ_WITHIN_MS, max_records=RECORDS_PER_READ
                )
        except OffsetOutOfRangeError:
            self._next.clear()
            return []
        except TimeoutError as error:
            raise client_lost("gave no answer") from error
        records: list[Record] = []
        for at, batch in found.items():
            if self._next.get(at) == batch[0].offset:
                records += map(record_of, batch)
                self._next[at] = batch[-1].offset + 1
            elif at in self._next:
                self._require_sought_once(at, batch[0].offset)
        return records

    def _require_sought_once(self, at: TopicPartition, offset: int) -> None:
        """It was read from elsewhere: it is sought once more. Raises Fork where that is all."""
        wanted = self._next.pop(at)
        if self._sought_again.get(at.partition) == wanted:
            raise Fork(
                f"Partition {at.partition} of {EVENTS} has nothing between the offsets {wanted} "
                f"and {offset}: records were deleted.",
                remedy="Have the relay send all events to topics made anew, then run airledger "
                "rebuild; or set views.feed=store.",
            )
        self._sought_again[at.partition] = wanted

    async def _is_behind(self, covered: CheckpointOffsets | None) -> bool:
        """Whether positions are to be moved by a checkpoint: asked once, and at every look.

        Who folds the last that it covers moves them, or sees it afterwards. A partition of which a
        new generation needs more is sought anew, though nothing comes in it.
        """
        if covered is None or covered == self._checked:
            return False
        self._checked = covered
        wanted = await self._when_available(
            self._projector.seek_ranges, [each.partition for each in self._next]
        )
        for number, at in wanted.items():
            partition = TopicPartition(EVENTS, number)
            if at.first < self._next.get(partition, 0):
                del self._next[partition]
        return await self._when_available(self._projector.is_behind, covered)

    async def _fold(self, records: list[Record], covered: CheckpointOffsets | None) -> None:
        """Folds them; seeks those anew of which more is needed, or whose place another moved."""
        try:
            behind = await self._when_available(self._projector.fold, records, covered)
        except Conflict:
            self._next.clear()
            return
        for each in behind:
            self._next.pop(TopicPartition(EVENTS, each), None)

    async def _when_available(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What that returns, in a thread, once the read models' database can do it.

        A cancellation waits for the thread: what it began is whole before anything is closed.
        """
        while True:
            try:
                return await _finished(asyncio.to_thread(work, *given, **named))
            except Unavailable as error:
                self._report("degraded", f"{error}")
                await asyncio.sleep(AGAIN_AFTER_SECONDS)


async def _finished(work: Awaitable[T]) -> T:
    under_way = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait([under_way])
        raise
