"""Two servers and a command line on one data directory: one log, nothing lost, nothing twice."""

import asyncio
from pathlib import Path

import httpx
import pytest

from consumers.commands.service import Caller, Commands
from ledger.domain.access.deciding import HOST
from ledger.domain.envelope import id_of
from ledger.domain.incident.commands import Contain, Report
from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import Scope, Severity
from tests.e2e.server import Server, add_source, add_token, complaints
from tests.faults.checking import check_log, check_whole, settled
from tests.faults.publishers import Garbler, Persistent, Publisher, Reporter, Watcher
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "on PostgreSQL a fleet of processes is killed, by test_fleet"),
]

SOURCE = "alertmanager"
COMMANDS = 15


def clients_of(server: Server, name: str, token: str, operator: str) -> list[Persistent]:
    return [
        Publisher(name=f"{name}-one", url=server.url, token=token),
        Publisher(name=f"{name}-two", url=server.url, token=token),
        Garbler(name=f"{name}-garbler", url=server.url, token=token),
        Reporter(name=f"{name}-reporter", url=server.url, token=operator),
    ]


def command_beside(data_dir: Path) -> Reporter:
    """Commands as the command line does: the ledger opened, settled and closed each time."""
    by_hand = Reporter(name="by-hand", url="", token="")
    caller = Caller(asker=HOST, actor="somebody", token="somebody")
    for number in range(COMMANDS):
        with settled(data_dir) as ledger:
            commands = Commands(ledger.services)
            report = Report(title=f"By hand {number}", system="by-hand", severity=Severity.LOW)
            incident = id_of(commands.open(caller, INCIDENT, report).stream or "")
            commands.command(caller, INCIDENT, incident, Contain(action="off"))
            ledger.seal_and_project()
            by_hand.incidents.append(incident)
    return by_hand


async def work_side_by_side(servers: list[Server], clients: list[Persistent]) -> list[list[bytes]]:
    """All clients at once, and commands beside them; the checkpoints that each server served."""
    ending = asyncio.Event()
    watchers = [Watcher(server.url) for server in servers]
    running = [asyncio.create_task(each.run(ending)) for each in clients]
    running += [asyncio.create_task(each.run(ending)) for each in watchers]
    clients.append(await asyncio.to_thread(command_beside, servers[0].data_dir))
    ending.set()
    await asyncio.wait_for(asyncio.gather(*running), 60)
    return [watcher.seen for watcher in watchers]


def agree(servers: list[Server], size: int) -> bool:
    """All serve the same checkpoint, of everything."""
    served = {httpx.get(f"{server.url}/log/checkpoint").content for server in servers}
    return len(served) == 1 and str(size).encode() == served.pop().splitlines()[1]


async def test_two_servers_and_commands_beside_them_keep_one_log(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    token, operator = add_source(data_dir, SOURCE), add_token(data_dir, "ops", Scope.OPERATE)
    with Server(data_dir) as one, Server(data_dir, log_name="two") as two:
        servers = [one, two]
        clients = [
            c
            for s, name in zip(servers, "ab", strict=True)
            for c in clients_of(s, name, token, operator)
        ]
        seen = await work_side_by_side(servers, clients)
        with settled(data_dir) as ledger:
            until(lambda: agree(servers, ledger.store.size()), "both serve the same checkpoint")
        assert [0, 0] == [server.terminate() for server in servers]
    with settled(data_dir) as ledger:
        check_whole(ledger, SOURCE, clients, seen[0])
        check_log(ledger, seen[1])
    assert [] == complaints(one) + complaints(two)
