"""Intake from Kafka beside a newer program: what depends on its events waits in Kafka."""

import json
from collections.abc import Callable

import pytest

from consumers.container.async_worker import Task
from ledger.vocabulary import Scope, SourceKind
from tests.harness.newer import adopt_newer, append_newer
from tests.kafka.desk import Desk, binary, eventually, native, of

pytestmark = pytest.mark.component("kafka")


def waits_for_an_upgrade(task: Task) -> Callable[[], bool]:
    return lambda: task.state == "degraded" and "Upgrade airledger" in task.reason


async def test_a_signal_of_an_alert_that_a_newer_program_wrote_to_waits_in_kafka(
    desk: Desk,
) -> None:
    desk.register("tools")
    await desk.topics.publish([(native("a"), of("tools"))], partition=0)
    await desk.take_all(1)
    [alert] = {
        entry.stream
        for entry in desk.ledger.store.read(0, 1_000, sealed=False)
        if entry.type == "alert.fired.v1"
    }
    append_newer(desk.ledger.store, alert)

    await desk.topics.publish([(native("a", status="resolved"), of("tools"))], partition=0)
    await desk.topics.publish([(native("b"), of("tools"))], partition=1)
    async with desk.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")
        await eventually(lambda: desk.taken() == 2, "another partition is taken")

    assert [] == desk.quarantine()


async def test_a_command_to_an_incident_that_a_newer_program_wrote_to_waits_in_kafka(
    desk: Desk,
) -> None:
    desk.register("ci", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    commands = desk.topics.commands
    report = json.dumps({"title": "It broke", "system": "chat"}).encode()
    headers = [*binary("airledger.incident.report", 1, subject="job-1"), *of("ci", None)]
    await desk.topics.publish([(report, headers)], topic=commands, partition=0)
    await desk.take_all(1, commands)
    [incident] = {
        entry.stream
        for entry in desk.ledger.store.read(0, 1_000, sealed=False)
        if entry.type == "incident.detected.v1"
    }
    append_newer(desk.ledger.store, incident)

    contain = json.dumps({"action": "Turned off"}).encode()
    headers = [*binary("airledger.incident.contain", 2, subject="job-1"), *of("ci", None)]
    await desk.topics.publish([(contain, headers)], topic=commands, partition=0)
    async with desk.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")

    assert 1 == desk.taken(commands)
    assert [] == desk.quarantine()


async def test_signals_wait_in_kafka_under_a_policy_that_only_a_newer_program_reads(
    desk: Desk,
) -> None:
    desk.register("tools")
    adopt_newer(desk.ledger.store)

    await desk.topics.publish([(native("a"), of("tools"))], partition=0)
    async with desk.taking() as task:
        await eventually(waits_for_an_upgrade(task), "it says that it waits")

    assert ([], 0) == (desk.quarantine(), desk.taken())
