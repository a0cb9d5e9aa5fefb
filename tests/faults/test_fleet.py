"""Every job a process of its own, on a PostgreSQL that dies as well: nothing is lost or doubled.

A harness kills connections, the server and processes under live clients, and does what a supervisor
does: it starts a process again that it killed. All others go on by themselves.
"""

import asyncio
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from consumers.container.ledger import open_ledger
from consumers.container.roles import Role
from tests.e2e.server import complaints
from tests.faults.checking import check_whole
from tests.faults.harness import SOURCE, Harness, clients_of, live_on
from tests.faults.schedule import Plan, schedule
from tests.harness.fleet import ALONE, Fleet
from tests.harness.postgres import Server as PostgresServer
from tests.harness.process import until

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on("sqlite", "has a PostgreSQL server of its own, which is killed"),
]

PUBLISHERS = 4
DEPLOYED: dict[Role, int] = dict.fromkeys(ALONE, 1) | {Role.INTAKE: 2, Role.SEALER: 2}
PROCESSES = sum(DEPLOYED.values())


def caught_up(fleet: Fleet) -> bool:
    """Whether all is sealed and in the read models, and the followers have read it."""
    scraped = httpx.get(f"{fleet.processes['projector1'].url}/metrics", timeout=5).text
    values = dict(line.rsplit(" ", 1) for line in scraped.splitlines() if not line.startswith("#"))
    folded = {value for name, value in values.items() if name.startswith("airledger_projection_n")}
    return folded == {values["airledger_log_size"]} == {values["airledger_events"]}


async def survive(server: PostgresServer, directory: Path, plan: Plan, seed: int) -> None:
    with server.database(server.template()) as database:
        fleet = Fleet(database, directory)
        with fleet.running(DEPLOYED):
            faults = schedule(plan, seed, processes=list(fleet.processes))
            clients, harness = clients_of(fleet, PUBLISHERS), Harness(fleet)
            watcher = await live_on(fleet, clients, harness, faults)
            await asyncio.to_thread(until, lambda: caught_up(fleet), "caught up", within=60)
            assert faults == harness.done
            for process in fleet.processes.values():
                assert 0 == process.terminate()
        with closing(open_ledger(fleet.settings)) as ledger:
            check_whole(ledger, SOURCE, clients, watcher.seen)
        for process in fleet.processes.values():
            assert [] == [each for each in complaints(process) if each["level"] != "warning"]


@pytest.mark.slow
async def test_processes_that_die_one_after_the_other_lose_and_double_nothing(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    plan = Plan(connections=20, server=2, kills=PROCESSES)
    await survive(own_server, tmp_path, plan, seed=20_261_123)


@pytest.mark.soak
async def test_a_fleet_survives_hundreds_of_deaths(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    plan = Plan(connections=200, server=10, kills=10 * PROCESSES)
    await survive(own_server, tmp_path, plan, seed=20_261_124)
