"""When a record of Kafka arrived: by the broker's clock, whenever an intake takes it."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from consumers.kafka.topic_admin import Applied, check
from consumers.topics.topics import COMMANDS, SIGNALS
from ledger.domain.catalogue import CODEC
from ledger.settings import KafkaSettings
from ledger.vocabulary import Scope, SourceKind
from tests.harness.kafka import Broker, admin_of, kafka_at
from tests.kafka.intake_harness import WITHIN_SECONDS, IntakeHarness, Topics, binary, native, of

pytestmark = pytest.mark.component("kafka")
OUTAGE = timedelta(hours=20)
A_MOMENT = timedelta(minutes=5)
REPORT = json.dumps({"title": "It broke", "system": "chat"}).encode()
CONTAIN = json.dumps({"action": "Turned off"}).encode()


@pytest.fixture
async def topics(kafka_broker: Broker) -> Topics:
    """As shipped: the broker gives the timestamps."""
    made = Topics(kafka_broker.servers)
    await made.make(timestamps="LogAppendTime")
    return made


def after_the_outage() -> datetime:
    return datetime.now(UTC) + OUTAGE


def is_now(at: datetime) -> bool:
    return abs(datetime.now(UTC) - at) < A_MOMENT


async def test_an_outage_of_the_intake_detects_nothing_late(harness: IntakeHarness) -> None:
    harness.register("tools")
    published = [
        (native("a"), of("tools")),
        (native("a", status="resolved"), of("tools")),
        (native("b"), of("tools")),
        (b"what", of("tools")),
    ]
    await harness.topics.publish(published, partition=0)

    await harness.take_all(4, clock=after_the_outage)

    detected = harness.events("incident.detected.v1")
    fired = harness.events("alert.fired.v1")
    [ended] = harness.events("alert.resolved.v1")
    [entry] = harness.quarantine()
    times = [*(each.at for each in (*detected, *fired)), *(each.arrived_at for each in fired)]
    times += [ended.at, ended.arrived_at, entry.arrived_at]
    assert (2, 2) == (len(detected), len(fired))
    assert [] == [at for at in times if not is_now(at)]
    assert [] == [each for each in detected if each.rca_due - each.at != timedelta(hours=24)]


async def test_the_recorded_time_of_what_waited_is_the_ledgers(harness: IntakeHarness) -> None:
    harness.register("tools")
    await harness.topics.publish([(native("a"), of("tools"))], partition=0)
    before = harness.ledger.now() + timedelta(
        milliseconds=1
    )  # the broker's clock is in milliseconds

    await harness.take_all(1)

    entries = harness.ledger.store.read(0, 1_000, sealed=False)
    recorded = [CODEC.decode(each.stored, each.leaf) for each in entries]
    [at] = [each.recorded_at for each in recorded if each.event.name == "alert.fired.v1"]
    [fired] = harness.events("alert.fired.v1")
    assert fired.arrived_at < before <= at


async def test_a_command_that_waited_is_judged_at_its_arrival(harness: IntakeHarness) -> None:
    harness.register("ci", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    ci = of("ci", None)
    published = [
        (REPORT, [*binary("airledger.incident.report", 1, subject="job-1"), *ci]),
        (CONTAIN, [*binary("airledger.incident.contain", 2, subject="job-1"), *ci]),
        (b"{}", [*binary("airledger.incident.rca.start", 3, subject="job-1"), *ci]),
    ]
    await harness.topics.publish(published, topic=harness.topics.commands, partition=0)

    await harness.take_all(3, harness.topics.commands, after_the_outage)

    [detected] = harness.events("incident.detected.v1")
    [contained] = harness.events("incident.contained.v1")
    [started] = harness.events("incident.rca_started.v1")
    assert [True] * 3 == [is_now(each.at) for each in (detected, contained, started)]
    assert is_now(detected.rca_due - timedelta(hours=24))


async def test_a_producers_own_time_is_no_arrival(harness: IntakeHarness) -> None:
    harness.topics = Topics(harness.topics.servers)
    await harness.topics.make(timestamps="CreateTime")
    harness.register("tools")
    name = harness.topics.signals.name
    async with harness.topics.producer() as producer:
        long_ago = int((datetime.now(UTC) - timedelta(days=3)).timestamp() * 1_000)
        await producer.send_and_wait(
            name, native("a"), partition=0, timestamp_ms=long_ago, headers=of("tools")
        )

    await harness.take_all(1)

    [fired] = harness.events("alert.fired.v1")
    assert is_now(fired.arrived_at)


async def test_an_arrival_is_never_after_now(harness: IntakeHarness) -> None:
    harness.register("tools")
    await harness.topics.publish([(native("a"), of("tools"))], partition=0)
    now = datetime.now(UTC) - timedelta(hours=2)

    await harness.take_all(1, clock=lambda: now)

    [fired] = harness.events("alert.fired.v1")
    assert now == fired.arrived_at


async def compared(kafka: KafkaSettings, fault: str) -> dict[str, Applied]:
    """The topics, once this is wrong with airledger.signals: a broker learns of a change later."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        told = {each.name: each for each in await check(kafka, 1)}
        if fault in "; ".join(told[SIGNALS].faults) and "is not there" not in str(told):
            return told
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.05)


async def test_topics_of_another_clock_are_told_with_what_to_do(brokers: list[str]) -> None:
    kafka = kafka_at(brokers)
    assert [()] * 4 == [each.faults for each in (await compared(kafka, "")).values()]
    theirs = {"message.timestamp.type": "CreateTime"}
    async with admin_of(brokers) as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, SIGNALS, theirs)])

    told = await compared(kafka, "has message.timestamp.type = CreateTime and is to have LogAppend")

    remedy = told[SIGNALS].remedy
    assert f"--alter --topic {SIGNALS} --add-config" in remedy
    assert "message.timestamp.type=LogAppendTime" in remedy
    assert () == told[COMMANDS].faults
