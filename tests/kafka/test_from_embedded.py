"""docs/how-to/from-embedded-to-kafka.md: Kafka comes to a ledger in use, goes, and comes again."""

import asyncio
import json
import os
import re
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from consumers.topics.topics import SIGNALS
from ledger.vocabulary import SourceKind
from tests.e2e.server import Server, add_source, add_token, client
from tests.kafka.intake_harness import eventually, native, of

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]
SOURCE = "tools"
DEADLINE_SECONDS = 60


def brokers_in(brokers: Sequence[str], feed: str) -> dict[str, str]:
    return {
        "AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS": ",".join(brokers),
        "AIRLEDGER_VIEWS__FEED": feed,
    }


def post(server: Server, token: str, key: str, **given: object) -> None:
    with client(server, token) as door:
        assert 202 == door.post("/v1/signals/native", content=native(key, **given)).status_code


async def publish(brokers: Sequence[str], key: str, **given: object) -> None:
    async with AIOKafkaProducer(bootstrap_servers=list(brokers), acks="all") as producer:
        await producer.send_and_wait(SIGNALS, native(key, **given), headers=of(SOURCE))


async def shown(server: Server, token: str, count: int) -> list[str]:
    """The register's titles, once so many incidents are there."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with client(server, token) as reader:
                items = reader.get("/v1/incidents").json()["items"]
            if len(items) == count:
                return sorted(item["title"] for item in items)
            await asyncio.sleep(0.1)


async def verified(server: Server, token: str, brokers: Sequence[str]) -> dict[str, object]:
    """What `airledger verify --kafka` finds, once the relay sent all that is sealed."""
    await eventually(lambda: relayed(server, token), "all that is sealed is in Kafka")
    key = server.data_dir.with_name("log.vkey")
    with client(server, token) as reader:
        key.write_bytes(reader.get("/log/vkey").content)
    ran = await create_subprocess_exec(
        *(sys.executable, "-m", "consumers.cli", "verify", "--kafka", "--vkey", key, "--json"),
        env={**os.environ, **brokers_in(brokers, "store")},
        stdout=PIPE,
        stderr=PIPE,
    )
    printed, complained = await ran.communicate()
    assert 0 == ran.returncode, complained.decode()
    found: dict[str, object] = json.loads(printed)
    return found


def relayed(server: Server, token: str) -> bool:
    """Whether `/metrics` says that all that is sealed is in Kafka."""
    with client(server, token) as reader:
        said = reader.get("/metrics").text
    found = re.findall(r"^airledger_(?:log_size|relay_next) ([\d.]+)$", said, re.MULTILINE)
    return 2 == len(found) and 1 == len(set(found))


async def test_a_ledger_in_use_goes_to_kafka_and_back_and_misses_nothing(
    tmp_path: Path, brokers: list[str]
) -> None:
    data_dir = tmp_path / "data"
    token = add_source(data_dir, SOURCE, kind=SourceKind.NATIVE)
    reader = add_token(data_dir)

    with Server(data_dir) as server:
        post(server, token, "before")
        await shown(server, reader, 1)
    with Server(data_dir, env=brokers_in(brokers, "store")) as server:
        await publish(brokers, "before")
        post(server, token, "beside")
        await publish(brokers, "kafka")
        await shown(server, reader, 3)
        proven = await verified(server, reader, brokers)
    with Server(data_dir) as server:
        await publish(brokers, "waiting")
        post(server, token, "without")
        without = await shown(server, reader, 4)
    with Server(data_dir, env=brokers_in(brokers, "kafka")) as server:
        again = await shown(server, reader, 5)
        proven_again = await verified(server, reader, brokers)

    assert proven["ok"] is True
    assert ["before is down", "beside is down", "kafka is down", "without is down"] == without
    assert [*without[:3], "waiting is down", without[3]] == again
    assert proven_again["ok"] is True
    assert int(str(proven["size"])) < int(str(proven_again["size"]))
