"""What must hold of the topics and of those who follow them, whatever happened to any of them."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers.container.ledger import Ledger
from consumers.kafka.positions import shipped_generation
from consumers.kafka.topic_audit import audit_topic
from consumers.kafka.views import group_of
from consumers.topics.topics import CHECKPOINTS, COMMANDS, EVENTS, SIGNALS, topics
from ledger.store.port import Store
from ledger.transparency.keys import parse_verifier
from ledger.transparency.notes import open_checkpoint
from projections.catalogue import PROJECTIONS
from projections.engine import position
from tests.harness.kafka import admin_of, kafka_at

WAIT_MS = 5_000


async def records_of(servers: Sequence[str], topic: str) -> list[Any]:
    """Every record of a topic that is there now, in the order of each partition."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=list(servers), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        at = consumer.assignment()
        ends = await consumer.end_offsets(at)
        found: list[Any] = []
        while any([await consumer.position(each) < ends[each] for each in at]):
            batches = await consumer.getmany(timeout_ms=WAIT_MS)
            found += [record for batch in batches.values() for record in batch]
        return found
    finally:
        await consumer.stop()


async def behind(ledger: Ledger, servers: Sequence[str]) -> list[str]:
    """Who has not done yet what there is to do, and how much that is."""
    state, told = ledger.store.log_state(), []
    size = state.size if state is not None else 0
    if size != ledger.store.size():
        told.append(f"sealed are {size} of {ledger.store.size()}")
    if size != (folded := position(ledger.views, PROJECTIONS)):
        told.append(f"folded are {folded} of {size}")
    ends = await _ends(servers)
    for topic in (SIGNALS, COMMANDS):
        for number, end in ends[topic].items():
            if end != (
                at := ledger.store.followers.position(shipped_generation(topic).follower(number))
            ):
                told.append(f"{topic}/{number} is taken up to {at} of {end}")
    groups = {shipped_generation(name).group: name for name in (SIGNALS, COMMANDS)}
    groups |= {group_of(PROJECTIONS): EVENTS}
    async with admin_of(servers) as admin:
        for group, topic in groups.items():
            hints = await admin.list_consumer_group_offsets(group)
            for number, end in ends[topic].items():
                hint = hints.get(TopicPartition(topic, number))
                if end and (hint is None or end != hint.offset):
                    told.append(f"{group} shows {hint} for {topic}/{number}, which ends at {end}")
    if not told and size != (sent := await _relayed(servers, _vkey(ledger.store))):
        told.append(f"relayed are {sent} of {size}")
    return told


async def check_topic(store: Store, servers: Sequence[str]) -> None:
    """Every sealed event is in Kafka, as stored, under its stream, in the order of the log."""
    stored = {entry.leaf: entry for entry in store.read(0, store.size())}
    first: dict[int, list[int]] = {}
    for record in await records_of(servers, EVENTS):
        leaf = int(dict(record.headers)["leaf-index"])
        entry = stored[leaf]
        assert (entry.stored, entry.stream.encode()) == (record.value, record.key)
        before = first.setdefault(record.partition, [])
        if leaf > max(before[-1:], default=-1):
            before.append(leaf)
    assert sorted(stored) == sorted(leaf for leaves in first.values() for leaf in leaves)
    proof = await audit_topic(kafka_at(servers), parse_verifier(_vkey(store)), lambda *_: None)
    assert (True, store.size()) == (proof.ok, proof.size), proof.problems


async def _relayed(servers: Sequence[str], vkey: str) -> int:
    notes = await records_of(servers, CHECKPOINTS)
    return open_checkpoint(notes[-1].value, parse_verifier(vkey)).size if notes else 0


async def _ends(servers: Sequence[str]) -> dict[str, dict[int, int]]:
    every = [TopicPartition(name, n) for name in topics() for n in range(topics()[name].partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=list(servers))
    await consumer.start()
    try:
        found = await consumer.end_offsets(every)
    finally:
        await consumer.stop()
    return {
        name: {at.partition: end for at, end in found.items() if at.topic == name}
        for name in topics()
    }


def _vkey(store: Store) -> str:
    state = store.log_state()
    assert state is not None
    return state.vkey
