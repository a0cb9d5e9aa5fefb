"""Assigned partitions: each is processed from its position in the store, in order, once.

FastStream delivers batches and has no notion of partitions. A batch is accepted only where its
first offset follows the last committed one; otherwise the partition is sought again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from consumers.container.waiting import event_within
from consumers.intake.kafka_records import Raw
from consumers.kafka.offset_probe import Probed
from consumers.kafka.offsets import hold, offset_ranges, read_from
from consumers.kafka.positions import OffsetRange, TopicGeneration, offset_error, stored_positions
from consumers.kafka.record_handlers import RecordHandler
from ledger.errors import NOT_ITS_OWN, LedgerError, StaleVersion
from ledger.store.port import Store
from ledger.store.side_records import PositionMove

log = structlog.get_logger(__name__)

ATTEMPTS = 4
"""How often a single failing record is tried before it is quarantined."""
CHECKS_UNTIL_PROBED = 5
"""After so many checks in a row without progress, a client of its own looks for the records."""
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
"""While the store is unavailable, a transaction is retried after waits that double from the first
to the longest."""

TRANSACTION_BYTES = 512 * 1024
"""The values of one transaction have at most so many bytes, unless one record is larger: a batch is
held in memory, and other requests wait while it is decided."""

Probe = Callable[[TopicPartition, int], Awaitable[Probed]]
"""Looks for records from an offset on; see `offset_probe`."""


class PartitionLost(Exception):
    """The partition was reassigned, or has to be sought again."""


def in_transactions(records: Sequence[Raw], most: int) -> Iterator[Sequence[Raw]]:
    """Records in order, split into the batches of one transaction: at most `most` records each."""
    first, size = 0, 0
    for number, record in enumerate(records):
        own = len(record.value or b"")
        if number > first and (number - first == most or size + own > TRANSACTION_BYTES):
            yield records[first:number]
            first, size = number, 0
        size += own
    if records:
        yield records[first:]


class Partition:
    """An assigned partition.

    `next` is the offset to fetch next, None until the partition was sought. `stored` is its
    position in the store, `lag` the number of records behind `next`. `stopped` and `blocked` are
    reasons, empty where there is none: `stopped` needs an operator, `blocked` is retried.
    `in_progress` tells whether a batch of it is being processed.
    """

    def __init__(self, topic: TopicGeneration, number: int) -> None:
        self.topic = topic
        self.number = number
        self.at = TopicPartition(topic.name, number)
        self.next: int | None = None
        self.stored = 0
        self.lag = 0
        self.stopped = ""
        self.blocked = ""
        self.in_progress = False
        self._still = 0, 0

    def seek_to(self, stored: int, extent: OffsetRange) -> int:
        """Sets and returns the offset to seek: the stored position, else the begin of the topic."""
        self.stored, self.stopped, self.blocked = stored, "", ""
        self.next = stored or extent.begin
        return self.next

    def committed(self, to: int) -> None:
        """All records before offset `to` are processed and committed."""
        self.stored, self.blocked = to, ""
        if self.next is not None:  # else it has to be sought again
            self.next = to

    def position_move(self, to: int) -> PositionMove:
        """The side write that moves the stored position to an offset."""
        return PositionMove(follower=self.topic.follower(self.number), old=self.stored, new=to)

    def is_stalled(self) -> bool:
        """Counts a check; true at each CHECKS_UNTIL_PROBED-th in a row without progress."""
        at, looks = self._still
        waits = self.lag > 0 and not self.in_progress and self.next is not None
        self._still = (self.stored, looks + 1) if waits and at == self.stored else (self.stored, 0)
        return self._still[1] > 0 and self._still[1] % CHECKS_UNTIL_PROBED == 0


class Partitions:
    """The partitions of a topic that are assigned to this process. For one event loop."""

    def __init__(
        self,
        topic: TopicGeneration,
        handler: RecordHandler,
        store: Store,
        changed: asyncio.Event,
        probe: Probe,
    ) -> None:
        """`changed` is set when a partition has to be sought or its status changed."""
        self.topic = topic
        self._probe = probe
        self._handler = handler
        self._store = store
        self._held: dict[TopicPartition, Partition] = {}
        self._ending = asyncio.Event()
        self._changed = changed

    @property
    def held(self) -> list[Partition]:
        """The assigned partitions."""
        return list(self._held.values())

    def assign(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition]) -> None:
        """Replaces the assigned partitions. Nothing is fetched before each was sought.

        It must not await: see `hold`.
        """
        hold(consumer, assigned)
        self._held = {at: Partition(self.topic, at.partition) for at in assigned}
        self._changed.set()

    def revoke(self) -> None:
        """Removes all partitions; a batch in progress is fenced by its expected position."""
        self._held = {}

    def end(self) -> None:
        """Stops processing; batches that wait for the store are dropped, and read again later."""
        self._ending.set()
        self._held = {}

    async def process(self, consumer: AIOKafkaConsumer, records: Sequence[Raw]) -> None:
        """Processes a batch of records of any of the partitions. Raises nothing."""
        by_partition: dict[TopicPartition, list[Raw]] = {}
        for record in records:
            at = TopicPartition(record.topic, record.partition)
            by_partition.setdefault(at, []).append(record)
        await asyncio.gather(*(self._process(consumer, *each) for each in by_partition.items()))

    async def _process(
        self, consumer: AIOKafkaConsumer, at: TopicPartition, records: Sequence[Raw]
    ) -> None:
        partition = self._held.get(at)
        if partition is None:
            return
        partition.in_progress = True
        try:
            await self._require_next(partition, records[0].offset)
            for together in in_transactions(records, self._handler.max_records):
                await self._process_batch(partition, together)
        except PartitionLost:
            self._seek_again(consumer, partition)
        except Exception as error:
            log.exception("records_not_processed", topic=at.topic, partition=at.partition)
            partition.blocked = f"{type(error).__name__}: {error}"
            self._seek_again(consumer, partition)
        finally:
            partition.in_progress = False

    async def _require_next(self, partition: Partition, offset: int) -> None:
        """Raises PartitionLost for a batch that does not follow the last one; KafkaError."""
        if partition.next is None or offset < partition.next:
            raise PartitionLost
        if offset > partition.next:
            found = await self._probe(partition.at, partition.next)
            if found.first != offset:
                log.warning("records_fetched_and_lost", topic=self.topic.name, at=partition.next)
                raise PartitionLost

    def _seek_again(self, consumer: AIOKafkaConsumer, partition: Partition) -> None:
        if self._held.get(partition.at) is partition:
            partition.next = None
            consumer.pause(partition.at)
            self._changed.set()

    async def _process_batch(self, partition: Partition, records: Sequence[Raw]) -> None:
        """Processes records in one transaction; halves a failing batch, quarantines one record.

        Raises PartitionLost.
        """
        move = partition.position_move(records[-1].offset + 1)
        for tried in range(1, ATTEMPTS + 1):
            try:
                await self._persist(partition, lambda: self._handler.process(records, move))
                return partition.committed(move.new)
            except LedgerError as error:
                failure: Exception = error
                break  # it would be refused again
            except PartitionLost:
                raise
            except Exception as error:
                log.exception("records_failed", records=len(records), tried=tried)
                failure = error
                if len(records) > 1:
                    break
                if tried < ATTEMPTS:
                    await self._rest(FIRST_WAIT_SECONDS * 2**tried)
        if len(records) > 1:
            half = len(records) // 2
            await self._process_batch(partition, records[:half])
            return await self._process_batch(partition, records[half:])
        await self._quarantine(partition, records[0], move, failure)
        return partition.committed(move.new)

    async def _quarantine(
        self, partition: Partition, record: Raw, move: PositionMove, failure: Exception
    ) -> None:
        reason = failure if isinstance(failure, LedgerError) else repr(failure)
        why = f"The record cannot be processed, while others can: {reason}"
        log.error("record_quarantined", topic=record.topic, offset=record.offset, reason=why)
        await self._persist(partition, lambda: self._handler.quarantine(record, move, why))

    async def _persist(self, partition: Partition, step: Callable[[], Awaitable[None]]) -> None:
        """Runs a step, retried while the store is unavailable. Raises PartitionLost, its error."""
        wait = FIRST_WAIT_SECONDS
        while True:
            if self._held.get(partition.at) is not partition:
                raise PartitionLost
            try:
                return await step()
            except StaleVersion as error:
                log.info("position_moved_by_another", follower=partition.topic.name)
                raise PartitionLost from error
            except NOT_ITS_OWN as error:
                partition.blocked = str(error)
                self._changed.set()
            await self._rest(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _rest(self, seconds: float) -> None:
        """Waits so many seconds. Raises PartitionLost where the process ends before."""
        if await event_within(self._ending, seconds):
            raise PartitionLost

    def mark_blocked(self, why: str) -> None:
        """Gives every partition that was not sought yet a reason."""
        for partition in self.held:
            if partition.next is None:
                partition.blocked = why

    async def place(self, consumer: AIOKafkaConsumer) -> None:
        """Seeks the partitions that were not sought yet. Raises Unavailable, KafkaError."""
        waiting = [partition for partition in self.held if partition.next is None]
        if not waiting:
            return
        numbers = [partition.number for partition in waiting]
        stored = await asyncio.to_thread(stored_positions, self._store, self.topic, numbers)
        found = await offset_ranges(consumer, [partition.at for partition in waiting])
        for partition in waiting:
            if self._held.get(partition.at) is not partition:
                continue
            position, newer = stored[partition.number]
            extent = found[partition.at]
            reason = offset_error(self.topic, partition.number, position, newer, extent)
            if reason:
                partition.stopped = reason
                continue
            read_from(consumer, partition.at, partition.seek_to(position, extent))

    async def check_lag(self, consumer: AIOKafkaConsumer) -> None:
        """Updates the lag of each partition; seeks again where the topic was recreated.

        Raises KafkaError.
        """
        held = self.held
        before = [partition.next for partition in held]
        found = await offset_ranges(consumer, [partition.at for partition in held])
        for partition, then in zip(held, before, strict=True):
            extent = found[partition.at]
            if then is None or partition.next is None:
                partition.lag = max(0, extent.end - max(partition.stored, extent.begin))
                continue
            partition.lag = max(0, extent.end - partition.next)
            if partition.next < extent.begin or then > extent.end:
                self._seek_again(consumer, partition)
            elif partition.is_stalled():
                await self._investigate(consumer, partition, partition.next)

    async def _investigate(
        self, consumer: AIOKafkaConsumer, partition: Partition, since: int
    ) -> None:
        """Finds out why a partition with lag delivers nothing.

        Records that are there are fetched again; unreadable ones block the partition. Where only
        transaction markers follow, the position moves behind them: once retention deletes them, it
        would lie before the begin of the topic.
        """
        try:
            found = await self._probe(partition.at, since)
        except (KafkaError, ValueError) as error:
            where = f"{self.topic.name}, partition {partition.number}"
            partition.blocked = f"{where}: offset {since} cannot be read: {error}"
            return None
        if partition.next != since or found.end <= since:
            return None
        if found.first is not None:
            log.warning("records_fetched_and_lost", topic=self.topic.name, at=since)
            return self._seek_again(consumer, partition)
        move = partition.position_move(found.end)
        try:
            await self._handler.skip(move)
        except StaleVersion:
            self._seek_again(consumer, partition)
        except NOT_ITS_OWN as error:
            partition.blocked = str(error)  # it is tried again
        else:
            partition.committed(move.new)
