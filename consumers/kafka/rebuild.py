"""`airledger rebuild --from kafka`: read models anew from the beginning of airledger.events."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers.kafka.checkpoints import Checkpoints, checkpoint_reader
from consumers.kafka.clients import assigned_consumer, translate_read_errors
from consumers.kafka.event_records import record_of
from consumers.kafka.offsets import offset_ranges, read_from
from consumers.topics.topics import CHECKPOINTS, EVENTS
from ledger.errors import Fork, Unavailable
from ledger.settings import KafkaSettings
from ledger.transparency.keys import Verifier
from projections.engine import CheckpointOffsets, PartitionRebuild, Record

RECORDS_PER_READ = 4_000
READ_WITHIN_MS = 10_000
ROUNDS = 50
"""So often a newer checkpoint is read up to, where a live read model was farther by then."""

Step = Callable[[int, int], None]


async def rebuild(
    rebuilding: PartitionRebuild, kafka: KafkaSettings, verifier: Verifier, step: Step
) -> int:
    """Reads up to the newest checkpoint and switches; returns the number of events.

    `step` is told how many of how many were read. Raises Fork for a topic that lacks events,
    Unavailable.
    """
    client = "airledger-rebuild"
    with translate_read_errors():
        async with (
            assigned_consumer(kafka, client, EVENTS) as consumer,
            checkpoint_reader(kafka, verifier, client) as checkpoints,
        ):
            return await _rebuild(rebuilding, consumer, checkpoints, step)


async def _rebuild(
    rebuilding: PartitionRebuild,
    consumer: AIOKafkaConsumer,
    checkpoints: Checkpoints,
    step: Step,
) -> int:
    at = dict.fromkeys(consumer.assignment(), 0)
    for each in at:
        read_from(consumer, each, 0)
    indexed = False
    for _ in range(ROUNDS):
        covered = await checkpoints.read_newest()
        if covered is None:
            raise Unavailable(
                f"There is no checkpoint in {CHECKPOINTS}.", remedy="Let a relay run."
            )
        await _read(rebuilding, consumer, at, covered, step)
        if not indexed:
            await asyncio.to_thread(rebuilding.index)
            indexed = True
        if await asyncio.to_thread(rebuilding.finish, covered):
            return covered.size
        await asyncio.sleep(0.1)
    raise Unavailable(
        f"The live read models were farther than {CHECKPOINTS} each time.",
        remedy="Let a relay run; airledger rebuild reads from the store.",
    )


async def _read(
    rebuilding: PartitionRebuild,
    consumer: AIOKafkaConsumer,
    at: dict[TopicPartition, int],
    covered: CheckpointOffsets,
    step: Step,
) -> None:
    """Up to the offsets that a checkpoint names, and no further."""
    ends = {each: covered.offsets.get(each.partition, 0) for each in at}
    await _require_there(consumer, ends)
    while left := [each for each in at if at[each] < ends[each]]:
        found = await consumer.getmany(
            *left, timeout_ms=READ_WITHIN_MS, max_records=RECORDS_PER_READ
        )
        if not found:
            raise Unavailable("Kafka gave nothing to read.", remedy="Try again in a moment.")
        records: list[Record] = []
        for each, batch in found.items():
            within = [record for record in batch if record.offset < ends[each]]
            records += map(record_of, within)
            at[each] = min(batch[-1].offset + 1, ends[each])
            if len(within) < len(batch):
                consumer.seek(each, at[each])
        await asyncio.to_thread(rebuilding.fold, records)
        step(rebuilding.events, covered.size)


async def _require_there(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
    for each, extent in (await offset_ranges(consumer, ends)).items():
        named = ends[each]
        if named > extent.end or extent.begin > 0:
            raise Fork(
                f"Partition {each.partition} of {EVENTS} has the offsets {extent.begin} to "
                f"{extent.end}, and its newest checkpoint names all up to {named}.",
                remedy="The topic lacks events: airledger rebuild reads from the store.",
            )
