"""`airledger run intake` killed with SIGKILL in midstream, on the topics as shipped."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.kafka.positions import shipped_generation
from consumers.topics.topics import COMMANDS, SIGNALS
from ledger.settings import Settings
from tests.e2e.server import Server
from tests.kafka.intake_harness import IntakeHarness, Topics, eventually, native, of

KILLS = 2
RECORDS = 6_000

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.close()


async def test_kills_in_midstream_lose_and_double_nothing(
    ledger: Ledger, brokers: list[str], tmp_path: Path
) -> None:
    topics = Topics(brokers)
    topics.signals, topics.commands = shipped_generation(SIGNALS), shipped_generation(COMMANDS)
    harness = IntakeHarness(ledger, topics)
    harness.register("tools")
    given = {"labels": {"severity": "info"}}
    records = [(native(f"k{number}", **given), of("tools")) for number in range(RECORDS)]
    for partition in range(6):
        await topics.publish(records[partition::6], partition=partition)
    chance = random.Random(20_261_123)
    env = {"AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS": ",".join(brokers)}

    def taken() -> int:
        return harness.taken(partitions=6)

    with Server(tmp_path / "data", env=env, command="run intake") as server:
        for kill in range(1, KILLS + 1):
            goal = min(taken() + 200, RECORDS)
            await eventually(lambda goal=goal: taken() >= goal, f"{goal} records")  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.1))
            await asyncio.to_thread(server.kill)
            assert taken() < RECORDS or kill > 1
            await asyncio.to_thread(server.start)
        await eventually(lambda: taken() == RECORDS, "all records")
        health = (await asyncio.to_thread(httpx.get, f"{server.url}/health/ready")).json()
        assert ["running"] == [
            loop["state"] for loop in health["loops"] if loop["name"] == "kafka intake"
        ]
        assert 0 == server.terminate()

    titles = [event.alert.title for event in harness.events("alert.fired.v1")]
    assert sorted(f"k{number} is down" for number in range(RECORDS)) == sorted(titles)
