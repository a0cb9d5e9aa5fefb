"""kill -9 at random moments under live clients: nothing acknowledged is lost or doubled."""

import asyncio
import random
from pathlib import Path

import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token, complaints
from tests.faults.checking import check_whole, settled
from tests.faults.publishers import Garbler, Persistent, Publisher, Reporter, Watcher

SOURCE = "alertmanager"
PUBLISHERS = 3
FINISH_WITHIN_SECONDS = 60

pytestmark = pytest.mark.only_on(
    "sqlite", "on PostgreSQL a fleet of processes is killed, by test_fleet"
)


def clients_of(server: Server, token: str, operator: str) -> list[Persistent]:
    """Several publishers, one whose bodies nobody understands, and a person's program."""
    return [
        *(Publisher(name=f"p{n}", url=server.url, token=token) for n in range(PUBLISHERS)),
        Garbler(name="garbler", url=server.url, token=token),
        Reporter(name="reporter", url=server.url, token=operator),
    ]


async def live_on(server: Server, clients: list[Persistent], moments: list[float]) -> list[bytes]:
    """Kills and restarts the server under its clients; returns the checkpoints it served.

    Every third time it is killed while it starts, too.
    """
    ending = asyncio.Event()
    watcher = Watcher(server.url)
    running = [asyncio.create_task(each.run(ending)) for each in clients]
    running.append(asyncio.create_task(watcher.run(ending)))
    for number, moment in enumerate(moments):
        await asyncio.sleep(moment)
        await asyncio.to_thread(server.kill)
        if number % 3 == 2:
            server.spawn()
            await asyncio.sleep(3 * moment)
            await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    ending.set()
    await asyncio.wait_for(asyncio.gather(*running), FINISH_WITHIN_SECONDS)
    return watcher.seen


async def survive(data_dir: Path, *, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    token = add_source(data_dir, SOURCE)
    operator = add_token(data_dir, "operator", Scope.OPERATE)
    with Server(data_dir) as server:
        clients = clients_of(server, token, operator)
        moments = [chance.uniform(0.02, 0.5) for _ in range(kills)]
        checkpoints = await live_on(server, clients, moments)
        assert 0 == server.terminate()
    with settled(data_dir) as ledger:
        check_whole(ledger, SOURCE, clients, checkpoints)
        assert ledger.store.size() > 10 * kills
    assert len(checkpoints) > kills
    assert [] == complaints(server)


@pytest.mark.slow
async def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    await survive(tmp_path / "ledger", kills=10, seed=20_261_122)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
async def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    await survive(tmp_path / "ledger", kills=100, seed=seed)
