"""Everything once: many records, rebalances, a zombie, a store that is away, a topic made anew."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer

from consumers.container.ledger import open_ledger
from consumers.kafka import intake, partitions
from consumers.kafka.partitions import Partitions
from consumers.kafka.record_handlers import SignalHandler
from ledger.errors import StaleVersion
from ledger.execute import AdvanceFollower
from ledger.execute.signals import record_signals
from ledger.store.side_records import PositionMove
from tests.components import require
from tests.harness import postgres
from tests.harness.kafka import Broker
from tests.kafka.conftest import on_postgres
from tests.kafka.intake_harness import IntakeHarness, Topics, eventually, native, of

pytestmark = pytest.mark.component("kafka")


def titles(harness: IntakeHarness) -> list[str]:
    return [event.alert.title for event in harness.events("alert.fired.v1")]


def records(first: int, end: int) -> list[tuple[bytes | None, list[tuple[str, bytes]]]]:
    """Signals that open no incident, without ids of their own."""
    given = {"labels": {"severity": "info"}}
    return [(native(f"k{number}", **given), of("tools")) for number in range(first, end)]


def all_of(number: int) -> list[str]:
    return sorted(f"k{each} is down" for each in range(number))


@pytest.mark.slow
@pytest.mark.parametrize("each", [1_200, pytest.param(7_000, marks=pytest.mark.soak)])
async def test_records_are_taken_once_each_in_the_order_of_their_partition(
    harness: IntakeHarness, each: int
) -> None:
    harness.register("tools")
    for partition in range(3):
        await harness.topics.publish(
            records(partition * each, (partition + 1) * each), partition=partition
        )

    await harness.take_all(3 * each)

    found = titles(harness)
    assert all_of(3 * each) == sorted(found)
    numbers = [int(title.split()[0][1:]) for title in found]
    for first in (0, each, 2 * each):
        own = [number for number in numbers if first <= number < first + each]
        assert sorted(own) == own


async def test_intakes_that_come_and_go_share_the_partitions_and_double_nothing(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    first, second = harness.intake(), harness.intake()
    first.start()
    for number in range(6):
        await harness.topics.publish(records(number * 500, (number + 1) * 500))
        if number % 2 == 0:
            second.start()
        else:
            await second.stop()
    await harness.topics.publish(records(3_000, 3_003), partition=0)
    await eventually(lambda: harness.taken() == 3_003, "all are taken")
    await first.stop()

    assert all_of(3_003) == sorted(titles(harness))


async def test_a_zombie_whose_partition_was_taken_on_by_another_has_no_effect(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    ledger, follower = harness.ledger, harness.topics.signals.follower(0)
    zombie = SignalHandler(replace(ledger.services, new_id=lambda: "00000000"))
    context = harness.context()
    moved = AdvanceFollower(moved=PositionMove(follower=follower, old=0, new=2))
    ledger.executor.execute(moved, context)
    await harness.topics.publish(records(0, 3), partition=0)
    held = [record async for record in harness.raw(harness.topics.signals, 3)]

    with pytest.raises(StaleVersion):
        await zombie.process(held, PositionMove(follower=follower, old=0, new=3))

    assert [] == titles(harness)
    await harness.take_all(3)
    assert ["k2 is down"] == titles(harness)


async def test_a_record_that_fails_alone_is_set_aside_and_the_others_are_taken(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.register("tools")

    def faulty(signals: object, *rest: object, **given: object) -> object:
        if "poison" in str(signals):
            raise ZeroDivisionError("a fault of ours")
        return record_signals(signals, *rest, **given)  # type: ignore[arg-type]

    monkeypatch.setattr("ledger.execute.bodies.record_signals", faulty)
    published = [*records(0, 20), (native("poison"), of("tools")), *records(20, 40)]
    await harness.topics.publish(published, partition=0)

    await harness.take_all(41)

    assert all_of(40) == sorted(titles(harness))
    [reason] = harness.reasons()
    assert "cannot be processed, while others can: ZeroDivisionError('a fault of ours')" in reason


async def test_a_topic_made_anew_is_refused_until_its_position_is_reset(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    signals = harness.topics.signals
    await harness.topics.publish(records(0, 10), partition=1)
    await harness.topics.publish(records(10, 12), partition=2)
    await harness.take_all(12)
    await harness.topics.remove(signals)
    await harness.topics.make(signals)
    await harness.topics.publish(records(12, 15), partition=1)
    await harness.topics.publish(records(15, 16), partition=0)
    follower = signals.follower(1)

    async with harness.taking() as task:
        await eventually(lambda: task.state == "stopped", "it says so")
        assert "would take offset 10 next, and it ends at offset 3" in task.reason
        remedy = f"airledger positions reset --topic {signals.name} --partition 1"
        assert remedy in task.reason
        await eventually(
            lambda: harness.ledger.store.followers.position(signals.follower(0)) == 1, "others"
        )
        for partition, old in ((1, 10), (2, 2)):
            moved = PositionMove(follower=signals.follower(partition), old=old, new=0)
            await asyncio.to_thread(
                harness.ledger.executor.execute, AdvanceFollower(moved=moved), harness.context()
            )
        await eventually(
            lambda: harness.ledger.store.followers.position(follower) == 3, "it goes on"
        )
        await eventually(lambda: task.state == "running", "and is well")

    assert all_of(16) == sorted(titles(harness))


@pytest.mark.slow
@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
async def test_what_the_client_lost_after_it_fetched_it_is_fetched_again(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.register("tools")
    rounds, answers = 6, 0
    getmany = AIOKafkaConsumer.getmany

    async def forgetful(self: AIOKafkaConsumer, *at: object, **given: object) -> object:
        nonlocal answers
        found = await getmany(self, *at, **given)
        if found and not at:  # who looks from elsewhere asks for one partition
            answers += 1
            if answers % 2 and answers < rounds:
                raise ZeroDivisionError("what was fetched is gone, and its place moved on")
        return found

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", forgetful)

    async with harness.taking():
        for number in range(rounds):
            seen = answers
            await harness.topics.publish(records(20 * number, 20 * (number + 1)), partition=0)
            await eventually(lambda seen=seen: answers > seen, "it was answered")  # type: ignore[misc]
        await eventually(lambda: harness.taken() == 20 * rounds, "all are taken")

    assert all_of(20 * rounds) == sorted(titles(harness))


async def test_marks_of_transactions_are_passed_and_records_of_open_ones_are_waited_for(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = Partitions.check_lag

    async def counted(self: Partitions, consumer: object) -> None:
        nonlocal looks
        looks += 1
        await look(self, consumer)

    monkeypatch.setattr(Partitions, "check_lag", counted)
    monkeypatch.setattr(partitions, "CHECKS_UNTIL_PROBED", 1)
    monkeypatch.setattr(intake, "CHECK_SECONDS", 0.2)
    harness.register("tools")
    name = harness.topics.signals.name
    first, second, third = (value for value, _ in records(0, 3))
    async with (
        harness.taking() as task,
        harness.topics.producer(transactional_id=f"{name}.one") as one,
        harness.topics.producer(transactional_id=f"{name}.other") as other,
    ):
        async with one.transaction():
            await one.send_and_wait(name, first, partition=0, headers=of("tools"))
        await eventually(lambda: harness.taken() == 2, "the mark at the end is passed")
        await other.begin_transaction()
        await other.send_and_wait(name, second, partition=0, headers=of("tools"))
        await harness.topics.publish([(third, of("tools"))], partition=0)
        since = looks
        await eventually(lambda: looks > since + 6, "it looked at both topics thrice")
        while_open = harness.taken()
        await other.commit_transaction()
        await eventually(
            lambda: harness.taken() == 5, "what was open is taken, and its mark passed"
        )
        state = task.state

    assert 2 == while_open
    assert "running" == state
    assert all_of(3) == sorted(titles(harness))


@pytest.mark.slow
async def test_a_store_that_is_away_is_waited_for(
    kafka_broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    require("postgres")
    server = postgres.Server(tmp_path_factory.mktemp("pg"))
    topics = Topics(kafka_broker.servers)
    await topics.make()
    try:
        with server.database(server.template()) as database:
            settings = on_postgres(database.url, tmp_path_factory.mktemp("ledger"))
            ledger = await asyncio.to_thread(open_ledger, settings)
            harness = IntakeHarness(ledger, topics)
            harness.register("tools")
            await topics.publish(records(0, 100))
            async with harness.taking() as task:
                await eventually(lambda: harness.taken() == 100, "the first are taken")
                await asyncio.to_thread(server.halt)
                await topics.publish(records(100, 300))
                await eventually(lambda: task.state == "degraded", "it says so")
                await asyncio.to_thread(server.go_on)
                await eventually(lambda: harness.taken() == 300, "all are taken")
                await eventually(lambda: task.state == "running", "and it is well again")
            assert all_of(300) == sorted(titles(harness))
            ledger.close()
    finally:
        server.stop()
