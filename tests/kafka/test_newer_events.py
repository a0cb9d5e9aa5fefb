"""Intake from Kafka beside a newer program: what depends on its events waits in Kafka."""

import json
from collections.abc import Callable

import pytest

from consumers.container.async_worker import Task
from ledger.vocabulary import Scope, SourceKind
from tests.harness.newer import adopt_newer, append_newer
from tests.kafka.intake_harness import IntakeHarness, binary, eventually, native, of

pytestmark = pytest.mark.component("kafka")


def waits_for_an_upgrade(task: Task) -> Callable[[], bool]:
    return lambda: task.state == "degraded" and "Upgrade airledger" in task.reason


async def test_a_signal_of_an_alert_that_a_newer_program_wrote_to_waits_in_kafka(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    await harness.topics.publish([(native("a"), of("tools"))], partition=0)
    await harness.take_all(1)
    [alert] = {
        entry.stream
        for entry in harness.ledger.store.read(0, 1_000, sealed=False)
        if entry.type == "alert.fired.v1"
    }
    append_newer(harness.ledger.store, alert)

    await harness.topics.publish([(native("a", status="resolved"), of("tools"))], partition=0)
    await harness.topics.publish([(native("b"), of("tools"))], partition=1)
    async with harness.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")
        await eventually(lambda: harness.taken() == 2, "another partition is taken")

    assert [] == harness.quarantine()


async def test_a_command_to_an_incident_that_a_newer_program_wrote_to_waits_in_kafka(
    harness: IntakeHarness,
) -> None:
    harness.register("ci", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    commands = harness.topics.commands
    report = json.dumps({"title": "It broke", "system": "chat"}).encode()
    headers = [*binary("airledger.incident.report", 1, subject="job-1"), *of("ci", None)]
    await harness.topics.publish([(report, headers)], topic=commands, partition=0)
    await harness.take_all(1, commands)
    [incident] = {
        entry.stream
        for entry in harness.ledger.store.read(0, 1_000, sealed=False)
        if entry.type == "incident.detected.v1"
    }
    append_newer(harness.ledger.store, incident)

    contain = json.dumps({"action": "Turned off"}).encode()
    headers = [*binary("airledger.incident.contain", 2, subject="job-1"), *of("ci", None)]
    await harness.topics.publish([(contain, headers)], topic=commands, partition=0)
    async with harness.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")

    assert 1 == harness.taken(commands)
    assert [] == harness.quarantine()


async def test_signals_wait_in_kafka_under_a_policy_that_only_a_newer_program_reads(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    adopt_newer(harness.ledger.store)

    await harness.topics.publish([(native("a"), of("tools"))], partition=0)
    async with harness.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")

    assert ([], 0) == (harness.quarantine(), harness.taken())
