"""Every job a process of its own, PostgreSQL and three brokers, all of which die: nothing is lost.

Signals come over HTTP and through Kafka, and read models are fed from there. A harness kills
processes, brokers, connections and the whole database server by a schedule, and lets processes come
and go that share the work.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.container.roles import Role
from consumers.kafka.rebuild import rebuild
from consumers.kafka.topic_admin import apply
from consumers.topics.topics import EVENTS, topics
from infra.kafka.cluster import Cluster
from ledger.domain.catalogue import CODEC
from ledger.transparency.keys import parse_verifier
from ledger.vocabulary import Scope, SourceKind
from projections.catalogue import PROJECTIONS
from projections.engine import PartitionRebuild
from tests.components import require
from tests.e2e.server import Server, complaints
from tests.faults.checking import check_whole
from tests.faults.harness import SOURCE, Harness, clients_of, live_on, told_by
from tests.faults.publishers import Client
from tests.faults.schedule import Plan, schedule
from tests.harness.fleet import RIGHTS, Fleet
from tests.harness.kafka import kafka_at, until_in_sync
from tests.harness.postgres import Server as PostgresServer
from tests.kafka.checking import behind, check_topic
from tests.kafka.fed import digests
from tests.kafka.producing import KafkaGarbler, KafkaPublisher, KafkaReporter

pytestmark = [pytest.mark.component("kafka"), pytest.mark.component("postgres")]

BROKERS = 3
PUBLISHERS = 2
OPERATOR = "ci"
DEPLOYED: dict[Role, int] = dict.fromkeys(RIGHTS, 1) | {
    Role.INTAKE: 2,
    Role.RELAY: 2,
    Role.PROJECTOR: 2,
}
VISITORS = (Role.INTAKE, Role.PROJECTOR)
PROCESSES = sum(DEPLOYED.values())
CAUGHT_UP_WITHIN_SECONDS = 90


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three brokers with the topics, in three copies."""
    require("kafka")
    cluster = Cluster(tmp_path / "kafka", BROKERS)
    try:
        cluster.start()
        asyncio.run(_prepare(cluster))
        yield cluster
    finally:
        cluster.remove()


async def _prepare(cluster: Cluster) -> None:
    await apply(kafka_at(cluster.bootstrap_servers), BROKERS)
    await until_in_sync(cluster.bootstrap_servers)


def producers_of(fleet: Fleet) -> list[Client]:
    """The same work as that over HTTP, through Kafka."""
    with closing(open_ledger(fleet.settings)) as ledger:
        context = by_airledger(now(), new_id())
        grant_source(ledger.executor, context, OPERATOR, SourceKind.CLOUDEVENTS, Scope.OPERATE)
    servers = fleet.brokers
    return [
        *(KafkaPublisher(name=f"k{n}", servers=servers, source=SOURCE) for n in range(PUBLISHERS)),
        KafkaGarbler(name="kafka-garbler", servers=servers, source=SOURCE),
        KafkaReporter(name="kafka-reporter", servers=servers, source=OPERATOR),
    ]


async def until_caught_up(fleet: Fleet) -> None:
    """Nobody stands still: all is taken, sealed, relayed and folded, and tools show no lag."""
    deadline = time.monotonic() + CAUGHT_UP_WITHIN_SECONDS
    with closing(open_ledger(fleet.settings)) as ledger:
        while told := await behind(ledger, fleet.brokers):
            assert time.monotonic() < deadline, "\n".join(told)
            await asyncio.sleep(0.2)


async def check_rebuilt_from_kafka(ledger: Ledger, brokers: list[str]) -> None:
    state, before = ledger.store.log_state(), digests(ledger.views)
    assert state is not None
    building = PartitionRebuild(
        ledger.views,
        CODEC,
        PROJECTIONS,
        topic=topics()[EVENTS].generation,
        texts=ledger.store.texts.readable,
    )
    read = await rebuild(building, kafka_at(brokers), parse_verifier(state.vkey), lambda *_: None)
    assert (state.size, before) == (read, digests(ledger.views))


def errors_of(process: Server) -> list[dict[str, Any]]:
    """Those of ours. Kafka's client calls every try at a broker that is away an error."""
    return [
        each
        for each in complaints(process)
        if each["level"] != "warning" and not each["logger"].startswith("aiokafka")
    ]


async def survive(
    server: PostgresServer,
    cluster: Cluster,
    directory: Path,
    plan: Plan,
    *,
    signals: int,
    seed: int,
) -> None:
    with server.database(server.template()) as database:
        fleet = Fleet(database, directory, cluster.bootstrap_servers)
        with fleet.running(DEPLOYED, VISITORS):
            steady = [name for name in fleet.processes if name not in fleet.visitors]
            faults = schedule(
                plan, seed, processes=steady, visitors=fleet.visitors, brokers=BROKERS
            )
            clients = [*clients_of(fleet, PUBLISHERS), *producers_of(fleet)]
            harness = Harness(fleet, cluster)
            watcher = await live_on(fleet, clients, harness, faults, signals=signals)
            await until_caught_up(fleet)
            assert faults == harness.done
            for process in filter(lambda each: each.runs, fleet.processes.values()):
                assert 0 == await asyncio.to_thread(process.terminate)
        with closing(open_ledger(fleet.settings)) as ledger:
            await check_topic(ledger.store, fleet.brokers)
            await check_rebuilt_from_kafka(ledger, fleet.brokers)
            check_whole(ledger, SOURCE, clients, watcher.seen)
            print(f"{told_by(clients)} signals, {ledger.store.size()} events, {len(faults)} faults")
        for process in fleet.processes.values():
            assert [] == errors_of(process)


@pytest.mark.slow
async def test_everything_that_dies_with_kafka_between_loses_and_doubles_nothing(
    own_server: PostgresServer, cluster: Cluster, tmp_path: Path
) -> None:
    plan = Plan(connections=8, server=1, kills=PROCESSES, rebalances=4, brokers=2, apart=(0.1, 0.8))
    await survive(own_server, cluster, tmp_path, plan, signals=1_000, seed=20_261_123)


@pytest.mark.soak
async def test_a_fleet_with_kafka_survives_hundreds_of_deaths(
    own_server: PostgresServer, cluster: Cluster, tmp_path: Path
) -> None:
    plan = Plan(connections=100, server=5, kills=50, rebalances=20, brokers=10, apart=(0.2, 2.0))
    await survive(own_server, cluster, tmp_path, plan, signals=20_000, seed=20_261_124)
