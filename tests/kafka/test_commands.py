"""Commands through Kafka: each record is a transaction, and a refused one is set aside."""

import json

import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.kafka.intake_harness import Header, IntakeHarness, binary, native, of

pytestmark = pytest.mark.component("kafka")


def command(number: int, name: str, subject: str) -> list[Header]:
    return [*binary(f"airledger.incident.{name}", number, subject=subject), *of("ci", None)]


REPORT = json.dumps({"title": "It broke", "system": "chat"}).encode()
CONTAIN = json.dumps({"action": "Turned off"}).encode()


async def test_commands_are_carried_out_once_and_refused_ones_set_aside(
    harness: IntakeHarness,
) -> None:
    harness.register("ci", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    harness.register("small", SourceKind.CLOUDEVENTS)
    published = [
        (REPORT, command(1, "report", "job-1")),
        (REPORT, command(1, "report", "job-1")),
        (CONTAIN, command(2, "contain", "job-1")),
        (b'{"owner": "Ann"}', command(3, "assign", "job-1")),
        (CONTAIN, command(4, "contain", "INC-404")),
        (CONTAIN, command(5, "explode", "job-1")),
        (CONTAIN, [*binary("airledger.incident.contain", 6, subject="job-1"), *of("small", None)]),
        (native("a"), of("ci")),
        (b"{}", binary("deploy.failed", 7, source="ci")),
        (b"{}", command(8, "rca.start", "job-1")),
    ]
    await harness.topics.publish(published, topic=harness.topics.commands, partition=1)

    await harness.take_all(len(published), harness.topics.commands)

    counts = [
        len(harness.events(f"incident.{name}.v1"))
        for name in ("detected", "contained", "owner_assigned", "rca_started")
    ]
    assert [1, 1, 1, 1] == counts
    wanted = [
        "which was refused",
        "which is no command",
        "scope operate",
        "accepts one command a record",
        "accepts one command a record",
    ]
    reasons = harness.reasons()
    assert [] == [want for want, reason in zip(wanted, reasons, strict=True) if want not in reason]
    assert [] == harness.events("alert.fired.v1")
