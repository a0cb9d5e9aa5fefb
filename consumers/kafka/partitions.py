"""The partitions in hand: each is taken on from its position in the store, in order, once.

FastStream hands over batches and knows no partition by itself. What is fetched is believed only
where it follows upon what was taken: else the partition is read again from its place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from consumers.intake.kafka_records import Raw
from consumers.kafka.offset_probe import Probed
from consumers.kafka.offsets import extents
from consumers.kafka.positions import OffsetRange, TopicGeneration, offset_error, stored_of
from consumers.kafka.record_handlers import RecordHandler
from ledger.errors import NOT_ITS_OWN, LedgerError, StaleVersion
from ledger.store.port import Store
from ledger.store.side_records import PositionMove

log = structlog.get_logger(__name__)

TRIES_ALONE = 4
LOOKS_UNTIL_PROBED = 5
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0

TRANSACTION_BYTES = 512 * 1024
"""So many bytes of values are at most one transaction, but for one record that is larger: what a
batch holds is in memory, and others wait while it is decided."""

Probe = Callable[[TopicPartition, int], Awaitable[Probed]]
"""Looks from an offset of a partition on; see `probing`."""


class PartitionLost(Exception):
    """The partition is another's now, or is to be read again from its place."""


def in_transactions(records: Sequence[Raw], most: int) -> Iterator[Sequence[Raw]]:
    """Records in order, so many at a time as are one transaction."""
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
    """A partition in hand. `next` is the offset that comes next; None until it has its place."""

    def __init__(self, topic: TopicGeneration, number: int) -> None:
        self.topic = topic
        self.number = number
        self.at = TopicPartition(topic.name, number)
        self.next: int | None = None
        self.stored = 0
        self.lag = 0
        self.stopped = ""
        self.hindered = ""
        self.is_taken = False
        self._still = 0, 0

    def placed(self, stored: int, extent: OffsetRange) -> int:
        """It has its place: the position, or the begin where there is none. Returns it."""
        self.stored, self.stopped, self.hindered = stored, "", ""
        self.next = stored or extent.begin
        return self.next

    def moved(self, to: int) -> None:
        """It was taken up to `to`, and that is committed."""
        self.stored, self.hindered = to, ""
        if self.next is not None:  # else it is to be read again from its place
            self.next = to

    def move(self, to: int) -> PositionMove:
        """The note that moves the position to an offset."""
        return PositionMove(follower=self.topic.follower(self.number), old=self.stored, new=to)

    def stood_still(self) -> bool:
        """Notes a look; whether at some of them in a row records were to wait, and none came."""
        at, looks = self._still
        waits = self.lag > 0 and not self.is_taken and self.next is not None
        self._still = (self.stored, looks + 1) if waits and at == self.stored else (self.stored, 0)
        return self._still[1] > 0 and self._still[1] % LOOKS_UNTIL_PROBED == 0


class Partitions:
    """The partitions of a topic that this process was given. One event loop's own."""

    def __init__(
        self,
        topic: TopicGeneration,
        taker: RecordHandler,
        store: Store,
        news: asyncio.Event,
        probe: Probe,
    ) -> None:
        """`news` is set where there is something to place or to tell."""
        self.topic = topic
        self._probe = probe
        self._taker = taker
        self._store = store
        self._held: dict[TopicPartition, Partition] = {}
        self._ending = asyncio.Event()
        self._news = news

    @property
    def held(self) -> list[Partition]:
        """Those in hand."""
        return list(self._held.values())

    def give(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition]) -> None:
        """The group gave these. Nothing is fetched before each has its place.

        It must wait for nothing: from the first pause on, the consumer would begin where the group
        was, or nowhere.
        """
        for at in assigned:
            consumer.seek(at, 0)
            consumer.pause(at)
        self._held = {at: Partition(self.topic, at.partition) for at in assigned}
        self._news.set()

    def take_away(self) -> None:
        """The group takes all of them back; what is under way is fenced by the position."""
        self._held = {}

    def end(self) -> None:
        """Takes no more; what waits for the store is let go of, and read again by the next."""
        self._ending.set()
        self._held = {}

    async def take(self, consumer: AIOKafkaConsumer, records: Sequence[Raw]) -> None:
        """Takes a batch of records of any of the partitions. Raises nothing."""
        by_partition: dict[TopicPartition, list[Raw]] = {}
        for record in records:
            at = TopicPartition(record.topic, record.partition)
            by_partition.setdefault(at, []).append(record)
        await asyncio.gather(*(self._take(consumer, *each) for each in by_partition.items()))

    async def _take(
        self, consumer: AIOKafkaConsumer, at: TopicPartition, records: Sequence[Raw]
    ) -> None:
        partition = self._held.get(at)
        if partition is None:
            return
        partition.is_taken = True
        try:
            await self._require_next(partition, records[0].offset)
            for together in in_transactions(records, self._taker.most):
                await self._settle(partition, together)
        except PartitionLost:
            self._read_again(consumer, partition)
        except Exception as error:
            log.exception("records_not_taken", topic=at.topic, partition=at.partition)
            partition.hindered = f"{type(error).__name__}: {error}"
            self._read_again(consumer, partition)
        finally:
            partition.is_taken = False

    async def _require_next(self, partition: Partition, offset: int) -> None:
        """Raises Lost for a batch that does not follow upon what was taken; KafkaError."""
        if partition.next is None or offset < partition.next:
            raise PartitionLost
        if offset > partition.next:
            found = await self._probe(partition.at, partition.next)
            if found.first != offset:
                log.warning("records_fetched_and_lost", topic=self.topic.name, at=partition.next)
                raise PartitionLost

    def _read_again(self, consumer: AIOKafkaConsumer, partition: Partition) -> None:
        if self._held.get(partition.at) is partition:
            partition.next = None
            consumer.pause(partition.at)
            self._news.set()

    async def _settle(self, partition: Partition, records: Sequence[Raw]) -> None:
        """Takes records. Of several that fail, each half by itself; one alone is set aside at last.

        Raises Lost.
        """
        move = partition.move(records[-1].offset + 1)
        for tried in range(1, TRIES_ALONE + 1):
            try:
                await self._persist(partition, lambda: self._taker.take(records, move))
                return partition.moved(move.new)
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
                if tried < TRIES_ALONE:
                    await self._rest(FIRST_WAIT_SECONDS * 2**tried)
        if len(records) > 1:
            half = len(records) // 2
            await self._settle(partition, records[:half])
            return await self._settle(partition, records[half:])
        await self._set_aside(partition, records[0], move, failure)
        return partition.moved(move.new)

    async def _set_aside(
        self, partition: Partition, record: Raw, move: PositionMove, failure: Exception
    ) -> None:
        told = failure if isinstance(failure, LedgerError) else repr(failure)
        why = f"The record cannot be taken, while others are: {told}"
        log.error("record_set_aside", topic=record.topic, offset=record.offset, reason=why)
        await self._persist(partition, lambda: self._taker.set_aside(record, move, why))

    async def _persist(self, partition: Partition, step: Callable[[], Awaitable[None]]) -> None:
        """Does it as soon as the store can. Raises Lost, or what says that it is not the store."""
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
                partition.hindered = str(error)
                self._news.set()
            await self._rest(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _rest(self, seconds: float) -> None:
        """Waits. Raises Lost where the process ends meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return
        raise PartitionLost

    def hinder(self, why: str) -> None:
        """Those that have no place yet cannot be given one now."""
        for partition in self.held:
            if partition.next is None:
                partition.hindered = why

    async def place(self, consumer: AIOKafkaConsumer) -> None:
        """Gives those their place that have none. Raises Unavailable, KafkaError."""
        waiting = [partition for partition in self.held if partition.next is None]
        if not waiting:
            return
        numbers = [partition.number for partition in waiting]
        stored = await asyncio.to_thread(stored_of, self._store, self.topic, numbers)
        found = await extents(consumer, [partition.at for partition in waiting])
        for partition in waiting:
            if self._held.get(partition.at) is not partition:
                continue
            position, newer = stored[partition.number]
            extent = found[partition.at]
            told = offset_error(self.topic, partition.number, position, newer, extent)
            if told:
                partition.stopped = told
                continue
            consumer.seek(partition.at, partition.placed(position, extent))
            consumer.resume(partition.at)

    async def look(self, consumer: AIOKafkaConsumer) -> None:
        """Sees how much there is to take, and whether a topic was made anew. Raises KafkaError."""
        held = self.held
        before = [partition.next for partition in held]
        found = await extents(consumer, [partition.at for partition in held])
        for partition, then in zip(held, before, strict=True):
            extent = found[partition.at]
            if then is None or partition.next is None:
                partition.lag = max(0, extent.end - max(partition.stored, extent.begin))
                continue
            partition.lag = max(0, extent.end - partition.next)
            if partition.next < extent.begin or then > extent.end:
                self._read_again(consumer, partition)
            elif partition.stood_still():
                await self._look_after(consumer, partition, partition.next)

    async def _look_after(
        self, consumer: AIOKafkaConsumer, partition: Partition, since: int
    ) -> None:
        """Finds out why nothing comes of a partition, where something is to come.

        It is fetched again; or what cannot be read is told; or the position moves on behind marks
        of transactions: it would be lost with them, once the topic forgets them.
        """
        try:
            found = await self._probe(partition.at, since)
        except (KafkaError, ValueError) as error:
            where = f"{self.topic.name}, partition {partition.number}"
            partition.hindered = f"{where}: offset {since} cannot be read: {error}"
            return None
        if partition.next != since or found.end <= since:
            return None
        if found.first is not None:
            log.warning("records_fetched_and_lost", topic=self.topic.name, at=since)
            return self._read_again(consumer, partition)
        move = partition.move(found.end)
        try:
            await self._taker.pass_over(move)
        except StaleVersion:
            self._read_again(consumer, partition)
        except NOT_ITS_OWN as error:
            partition.hindered = str(error)  # it is tried again
        else:
            partition.moved(move.new)
