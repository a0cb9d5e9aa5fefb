"""The relay, and the proof of what it sent: in the topics as shipped."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from consumers.container.ledger import Ledger, open_ledger
from consumers.kafka.outbox_relay import Relay
from consumers.kafka.topic_audit import audit_topic
from consumers.topics.topics import CHECKPOINTS, EVENTS
from ledger.settings import Settings
from ledger.transparency.audit import Audit
from ledger.transparency.keys import parse_verifier
from tests.bench.history import fill
from tests.harness.kafka import kafka_at
from tests.kafka.checking import records_of

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]

WITHIN_SECONDS = 30


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of 401 sealed events."""
    with closing(open_ledger(Settings(data_dir=tmp_path / "data"))) as ledger:
        fill(ledger, incidents=200)
        yield ledger


@asynccontextmanager
async def relaying(ledger: Ledger, brokers: list[str]) -> AsyncIterator[Relay]:
    """A relay at work."""
    told: list[tuple[str, str]] = []
    relay = Relay(ledger.store, kafka_at(brokers))
    task = asyncio.create_task(relay.run(lambda state, reason: told.append((state, reason))))
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_sent(relay: Relay, size: int) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while relay.sent.size < size:  # noqa: ASYNC110 - looks at a plain attribute
            await asyncio.sleep(0.02)


def proof(ledger: Ledger, brokers: list[str]) -> "asyncio.Future[Audit]":
    state = ledger.store.log_state()
    assert state is not None
    return asyncio.ensure_future(
        audit_topic(kafka_at(brokers), parse_verifier(state.vkey), lambda *_: None)
    )


async def test_every_event_is_sent_as_it_is_stored_under_its_stream_and_its_checkpoint_follows(
    ledger: Ledger, brokers: list[str]
) -> None:
    size = ledger.store.size()
    async with relaying(ledger, brokers) as relay:
        await until_sent(relay, size)
    stored = {entry.leaf: entry for entry in ledger.store.read(0, size)}
    records = await records_of(brokers, EVENTS)
    [checkpoint] = await records_of(brokers, CHECKPOINTS)

    assert sorted(stored) == sorted(int(dict(each.headers)["leaf-index"]) for each in records)
    for record in records:
        headers = dict(record.headers)
        entry = stored[int(headers["leaf-index"])]
        assert (entry.stored, entry.stream.encode()) == (record.value, record.key)
        assert json.loads(entry.stored)["id"].encode() == headers["ce-id"]
        assert b"application/cloudevents+json" == headers["content-type"]
    state = ledger.store.log_state()
    assert state is not None
    assert (state.checkpoint, state.origin.encode()) == (checkpoint.value, checkpoint.key)
    ends = {each.partition: each.offset + 1 for each in records}
    offsets = json.loads(dict(checkpoint.headers)["offsets"])
    assert ends == {int(partition): offset for partition, offset in offsets.items()}


async def test_a_relay_goes_on_where_the_last_one_was_and_a_second_one_waits(
    ledger: Ledger, brokers: list[str]
) -> None:
    async with relaying(ledger, brokers) as first:
        await until_sent(first, ledger.store.size())
    fill(ledger, incidents=10, first=200)
    size = ledger.store.size()
    async with relaying(ledger, brokers) as second, relaying(ledger, brokers) as third:
        async with asyncio.timeout(WITHIN_SECONDS):
            while size not in (second.sent.size, third.sent.size):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert [False, True] == sorted([second.leads, third.leads])
    records = await records_of(brokers, EVENTS)

    assert list(range(size)) == sorted(int(dict(each.headers)["leaf-index"]) for each in records)


async def test_the_topic_is_proven_and_what_was_changed_in_it_is_named(
    ledger: Ledger, brokers: list[str]
) -> None:
    size = ledger.store.size()
    async with relaying(ledger, brokers) as relay:
        await until_sent(relay, size)
    sound = await proof(ledger, brokers)
    records = await records_of(brokers, EVENTS)
    again = next(each for each in records if b"7" == dict(each.headers)["leaf-index"])
    producer = AIOKafkaProducer(bootstrap_servers=brokers)
    await producer.start()
    try:
        await producer.send_and_wait(
            EVENTS, again.value, key=again.key, headers=list(again.headers)
        )
        repeated = await proof(ledger, brokers)
        await producer.send_and_wait(
            EVENTS,
            again.value.replace(b"specversion", b"specVersion"),
            key=again.key,
            headers=list(again.headers),
        )
        altered = await proof(ledger, brokers)
    finally:
        await producer.stop()

    assert (True, size) == (sound.ok, sound.size)
    assert repeated.ok, repeated.problems
    assert (False, 7) == (altered.ok, altered.first_bad_index)
    assert "was altered" in altered.problems[0]
