"""kill -9 at random moments under a live stream: nothing acknowledged is lost or doubled."""

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, add_source
from tests.faults.checking import check_whole
from tests.faults.publishers import Publisher

SOURCE = "alertmanager"
PUBLISHERS = 4
SEED = 20_261_122


async def live_on(server: Server, publishers: list[Publisher], kills: int) -> list[bytes]:
    """Kills and restarts the server under its publishers; returns the checkpoints it served."""
    moments = random.Random(SEED)
    checkpoints = [fetch_checkpoint(server)]
    ending = asyncio.Event()
    running = [asyncio.create_task(each.run(ending)) for each in publishers]
    for _ in range(kills):
        await asyncio.sleep(moments.uniform(0.05, 0.5))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        checkpoints.append(await asyncio.to_thread(fetch_checkpoint, server))
    ending.set()
    await asyncio.wait_for(asyncio.gather(*running), 60)
    return checkpoints


def fetch_checkpoint(server: Server) -> bytes:
    return httpx.get(f"{server.url}/log/checkpoint", timeout=10).raise_for_status().content


async def survive(data_dir: Path, kills: int) -> None:
    token = add_source(data_dir, SOURCE)
    with Server(data_dir, env={"AIRLEDGER_LOG_LEVEL": "warning"}) as server:
        publishers = [Publisher(f"p{n}", server.url, token) for n in range(PUBLISHERS)]
        checkpoints = await live_on(server, publishers, kills)
    acknowledged = [signal for each in publishers for signal in each.acknowledged]
    assert len(acknowledged) > kills
    assert {503} >= {status for each in publishers for status in each.refused}
    check_whole(data_dir, SOURCE, acknowledged, checkpoints)


@pytest.mark.slow
async def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    await survive(tmp_path / "ledger", kills=10)


@pytest.mark.soak
async def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    await survive(tmp_path / "ledger", kills=100)
