"""Every job a process of its own, on a PostgreSQL that dies as well: nothing is lost or doubled.

A harness kills connections, the server and processes under live clients, and does what a supervisor
does: it starts a process again that it killed. All others go on by themselves.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import psycopg
import pytest

from consumers.access import grant_source, grant_token
from consumers.people import by_airledger
from consumers.roles import Role
from consumers.runtime import new_id, now, open_ledger
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.server import Server, complaints
from tests.faults.checking import check_whole
from tests.faults.publishers import Garbler, Persistent, Publisher, Reporter, Watcher
from tests.rig.fleet import RIGHTS, Fleet
from tests.rig.postgres import Server as PostgresServer
from tests.rig.process import until

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on("sqlite", "has a PostgreSQL server of its own, which is killed"),
]

SOURCE = "alertmanager"
PUBLISHERS = 4
FINISH_WITHIN_SECONDS = 120
DEPLOYED = dict.fromkeys(RIGHTS, 1) | {Role.INTAKE: 2, Role.SEALER: 2}


class Plan(NamedTuple):
    """How often what is killed: connections, the server, each process."""

    connections: int
    server: int
    each_process: int


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that nobody else works with."""
    with TemporaryDirectory() as directory:
        server = PostgresServer(Path(directory) / "pg")
        yield server
        server.stop()


class Harness:
    """Kills by a plan, in an order and at moments that a seed decides."""

    def __init__(self, fleet: Fleet, chance: random.Random) -> None:
        self._fleet = fleet
        self._chance = chance
        self.killed = 0

    def schedule(self, plan: Plan) -> list[str]:
        """What to kill, in order: a process by name, a connection, or the server."""
        todo = ["connection"] * plan.connections + ["server"] * plan.server
        todo += [name for name in self._fleet.processes for _ in range(plan.each_process)]
        self._chance.shuffle(todo)
        return todo

    async def run(self, plan: Plan) -> None:
        """Carries the plan out."""
        for victim in self.schedule(plan):
            await asyncio.sleep(self._chance.uniform(0.02, 0.3))
            match victim:
                case "connection":
                    await asyncio.to_thread(self._kill_connection)
                case "server":
                    await asyncio.to_thread(self._kill_server)
                case name:
                    await asyncio.to_thread(self._kill_process, self._fleet.processes[name])

    def _kill_connection(self) -> None:
        """One that does something, where there is one; else another, once there is any."""
        with psycopg.connect(self._fleet.database.url, autocommit=True) as connection:

            def killed() -> bool:
                pid = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'airledger'"
                    " ORDER BY state = 'idle', random() LIMIT 1"
                ).fetchone()
                return (
                    pid is not None
                    and [(True,)]
                    == connection.execute("SELECT pg_terminate_backend(%s)", pid).fetchall()
                )

            until(killed, "a connection is killed", within=30)
            self.killed += 1

    def _kill_server(self) -> None:
        self._fleet.database.server.kill()
        self._fleet.database.server.go_on()

    def _kill_process(self, process: Server) -> None:
        process.kill()
        process.spawn()


def clients_of(fleet: Fleet) -> list[Persistent]:
    """Publishers that know both intakes, one whose bodies nobody understands, and a person's."""
    with closing(open_ledger(fleet.settings)) as ledger:
        context = by_airledger(now(), new_id())
        token = grant_source(
            ledger.executor, context, SOURCE, SourceKind.ALERTMANAGER, Scope.PUBLISH, None
        ).token
        operator = grant_token(ledger.store, ledger.executor, context, "o", Scope.OPERATE).token
    intakes = [fleet.processes[name].url for name in ("intake1", "intake2")]
    publishers = [
        Publisher(name=f"p{n}", url=intakes[n % 2], others=(intakes[1 - n % 2],), token=token)
        for n in range(PUBLISHERS)
    ]
    garbler = Garbler(name="garbler", url=intakes[0], others=(intakes[1],), token=token)
    web = fleet.processes["web1"].url
    return [*publishers, garbler, Reporter(name="reporter", url=web, token=operator)]


async def live_on(fleet: Fleet, clients: list[Persistent], harness: Harness, plan: Plan) -> Watcher:
    """Carries the plan out under the clients, then waits until every process is well again."""
    ending = asyncio.Event()
    watcher = Watcher(fleet.processes["web1"].url)
    running = [asyncio.create_task(each.run(ending)) for each in clients]
    running.append(asyncio.create_task(watcher.run(ending)))
    carried_out = asyncio.create_task(harness.run(plan))
    await asyncio.wait([carried_out, *running], return_when=asyncio.FIRST_COMPLETED)
    await carried_out
    await asyncio.to_thread(
        until, lambda: all(map(well, fleet.processes.values())), "all are well", within=60
    )
    ending.set()
    await asyncio.wait_for(asyncio.gather(*running), FINISH_WITHIN_SECONDS)
    return watcher


def well(process: Server) -> bool:
    """Whether a process does all that it is there for."""
    try:
        return bool("ok" == httpx.get(f"{process.url}/health/ready", timeout=5).json()["status"])
    except httpx.TransportError:
        return False


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
            clients = clients_of(fleet)
            harness = Harness(fleet, random.Random(seed))
            watcher = await live_on(fleet, clients, harness, plan)
            await asyncio.to_thread(until, lambda: caught_up(fleet), "caught up", within=60)
            assert plan.connections == harness.killed
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
    await survive(own_server, tmp_path, Plan(20, 2, 1), seed=20_261_123)


@pytest.mark.soak
async def test_a_fleet_survives_hundreds_of_deaths(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    await survive(own_server, tmp_path, Plan(200, 10, 10), seed=20_261_124)
