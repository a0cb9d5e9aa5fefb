"""Carries a schedule of faults out on a fleet, and does what a supervisor does: it starts again."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import closing

import httpx
import psycopg

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from infra.kafka.cluster import Cluster
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.server import Server
from tests.faults.publishers import Client, Garbler, Publisher, Reporter, Telling, Watcher
from tests.faults.schedule import Fault, Kind
from tests.harness.fleet import Fleet
from tests.harness.kafka import until_in_sync
from tests.harness.process import until

KILLED_WITHIN_SECONDS = 30
WELL_WITHIN_SECONDS = 60
FINISH_WITHIN_SECONDS = 120
SOURCE = "alertmanager"


class Harness:
    """`done` are the faults that happened, in order."""

    def __init__(self, fleet: Fleet, cluster: Cluster | None = None) -> None:
        self._fleet = fleet
        self._cluster = cluster
        self._broker_back: asyncio.Task[None] | None = None
        self.done: list[Fault] = []

    async def run(self, faults: Iterable[Fault]) -> None:
        """All of them; one broker is away at a time, and others go on dying meanwhile."""
        for fault in faults:
            await asyncio.sleep(fault.after)
            if fault.kind is Kind.BROKER:
                await self._brokers_back()
                self._broker_back = asyncio.create_task(self._kill_broker(fault))
            else:
                await asyncio.to_thread(self._do, fault)
            self.done.append(fault)
        await self._brokers_back()

    def _do(self, fault: Fault) -> None:
        processes, server = self._fleet.processes, self._fleet.database.server
        match fault.kind:
            case Kind.CONNECTION:
                self._cut_connection()
            case Kind.SERVER:
                server.kill()
                server.go_on()
            case Kind.PROCESS:
                processes[fault.target].kill()
                processes[fault.target].spawn()
            case Kind.COMING:
                processes[fault.target].spawn()
            case Kind.GOING:
                assert 0 == processes[fault.target].await_ready().terminate()
            case Kind.BROKER:
                raise AssertionError("a broker takes its time")

    def _cut_connection(self) -> None:
        """One that does something, where there is one; else another, once there is any."""
        with psycopg.connect(self._fleet.database.url, autocommit=True) as connection:

            def cut() -> bool:
                pid = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'airledger'"
                    " ORDER BY state = 'idle', random() LIMIT 1"
                ).fetchone()
                return (
                    pid is not None
                    and [(True,)]
                    == connection.execute("SELECT pg_terminate_backend(%s)", pid).fetchall()
                )

            until(cut, "a connection is cut", within=KILLED_WITHIN_SECONDS)

    async def _kill_broker(self, fault: Fault) -> None:
        """Until all copies are in sync again: another that dies before would take some along."""
        cluster, number = self._cluster, int(fault.target)
        assert cluster is not None
        await asyncio.to_thread(cluster.kill, number)
        await asyncio.sleep(fault.away)
        await asyncio.to_thread(cluster.start)
        await until_in_sync(cluster.bootstrap_servers)

    async def _brokers_back(self) -> None:
        if self._broker_back is not None:
            await self._broker_back
            self._broker_back = None


def clients_of(fleet: Fleet, publishers: int) -> list[Client]:
    """Publishers that know both intakes, one whose bodies nobody understands, and a person's."""
    with closing(open_ledger(fleet.settings)) as ledger:
        context = by_airledger(now(), new_id())
        token = grant_source(
            ledger.executor, context, SOURCE, SourceKind.ALERTMANAGER, Scope.PUBLISH, None
        ).token
        operator = grant_token(ledger.store, ledger.executor, context, "o", Scope.OPERATE).token
    intakes = [fleet.processes[name].url for name in ("intake1", "intake2")]
    publishing = [
        Publisher(name=f"p{n}", url=intakes[n % 2], others=(intakes[1 - n % 2],), token=token)
        for n in range(publishers)
    ]
    garbler = Garbler(name="garbler", url=intakes[0], others=(intakes[1],), token=token)
    web = fleet.processes["web1"].url
    return [*publishing, garbler, Reporter(name="reporter", url=web, token=operator)]


async def live_on(
    fleet: Fleet,
    clients: Sequence[Client],
    harness: Harness,
    faults: Sequence[Fault],
    *,
    signals: int = 0,
) -> Watcher:
    """Clients at work while all this happens, until every process is well again.

    They go on until so many signals are acknowledged.
    """
    ending = asyncio.Event()
    watcher = Watcher(fleet.processes["web1"].url)
    running = [asyncio.create_task(each.run(ending)) for each in clients]
    running.append(asyncio.create_task(watcher.run(ending)))
    carried_out = asyncio.create_task(_carry_out(fleet, clients, harness, faults, signals))
    await asyncio.wait([carried_out, *running], return_when=asyncio.FIRST_COMPLETED)
    if not carried_out.done():
        carried_out.cancel()  # a client failed, and says so
    else:
        await carried_out
    ending.set()
    async with asyncio.timeout(FINISH_WITHIN_SECONDS):
        await asyncio.gather(*running)
    return watcher


async def _carry_out(
    fleet: Fleet, clients: Sequence[Client], harness: Harness, faults: Sequence[Fault], signals: int
) -> None:
    await harness.run(faults)
    while told_by(clients) < signals:  # noqa: ASYNC110 - looks at plain lists
        await asyncio.sleep(0.1)
    there = [process for process in fleet.processes.values() if process.runs]
    await asyncio.to_thread(
        until, lambda: all(map(well, there)), "all are well", within=WELL_WITHIN_SECONDS
    )


def told_by(clients: Iterable[Client]) -> int:
    """How many signals were acknowledged."""
    return sum(len(each.acknowledged) for each in clients if isinstance(each, Telling))


def well(process: Server) -> bool:
    """Whether a process does all that it is there for."""
    try:
        return bool("ok" == httpx.get(f"{process.url}/health/ready", timeout=5).json()["status"])
    except httpx.TransportError:
        return False
