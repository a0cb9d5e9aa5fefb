"""Projectors as processes that share the partitions: they come, go and are killed."""

import asyncio
import random
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_token
from consumers.container.ledger import new_id, now, open_ledger
from consumers.container.roles import Role
from ledger.store.postgres import schema
from ledger.vocabulary import Scope
from projections.engine.postgres.database import PostgresViews
from tests.bench.history import fill
from tests.e2e.server import Server, client
from tests.harness.fleet import Fleet
from tests.harness.postgres import Database
from tests.kafka.fed import digests, digests_of, relaying, until_fed

pytestmark = [
    pytest.mark.component("kafka"),
    pytest.mark.component("postgres"),
    pytest.mark.slow,
]
ROUNDS = 4
INCIDENTS = 100
SEED = 20_261_123


@pytest.fixture
def fleet(database: Database, tmp_path: Path) -> Fleet:
    return Fleet(database, tmp_path)


def projector(fleet: Fleet, brokers: list[str], number: int) -> Server:
    """A projector that Kafka feeds; it is not started yet."""
    url = fleet.database.as_user(fleet.database.user(schema.PROJECTOR))
    env = {
        "AIRLEDGER_STORE__URL": url,
        "AIRLEDGER_VIEWS__URL": url,
        "AIRLEDGER_VIEWS__FEED": "kafka",
        "AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS": ",".join(brokers),
    }
    return Server(
        fleet.settings.data_dir, env=env, command="run projector", log_name=f"kafka{number}"
    )


async def test_projectors_that_come_go_and_are_killed_fold_each_event_once(
    fleet: Fleet, brokers: list[str], tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    projectors = [projector(fleet, brokers, number) for number in range(3)]
    running: list[Server] = []
    with (
        closing(open_ledger(fleet.settings)) as ledger,
        closing(PostgresViews(fleet.database.url)) as views,
    ):
        try:
            async with relaying(ledger.store, brokers):
                for number in range(ROUNDS):
                    fill(ledger, incidents=INCIDENTS, first=INCIDENTS * number)
                    idle = [each for each in projectors if each not in running]
                    if number % 2 == 0 or not running:
                        for each in idle:
                            await asyncio.to_thread(each.start)
                            running.append(each)
                    else:
                        chance.shuffle(running)
                        running.pop().kill()
                        assert 0 == await asyncio.to_thread(running.pop().terminate)
                size = await until_fed(ledger, views)
                expected = digests_of(ledger.store, tmp_path)
                found = digests(views)
        finally:
            for each in projectors:
                each.end()

    assert 2 * ROUNDS * INCIDENTS < size
    assert expected == found
    assert not [each.log for each in projectors if "projection_stopped" in each.log]


async def test_a_reader_waits_for_what_it_wrote(fleet: Fleet, brokers: list[str]) -> None:
    with closing(open_ledger(fleet.settings)) as ledger:
        fill(ledger, incidents=20)
        context = by_airledger(now(), new_id())
        token = grant_token(ledger.store, ledger.executor, context, "o", Scope.OPERATE).token
        fed = projector(fleet, brokers, 1)
        with fleet.running({Role.WEB: 1, Role.SEALER: 1}), fed:
            async with relaying(ledger.store, brokers):
                with client(fleet.processes["web1"], token) as web:
                    for number in range(3):
                        told = {"title": f"It lies {number}", "system": "s", "severity": "low"}
                        made = await asyncio.to_thread(web.post, "/v1/incidents", json=told)
                        at = made.headers["airledger-position"]
                        path = f"/v1/incidents/{made.json()['id']}"
                        read = await asyncio.to_thread(web.get, path, params={"at_least": at})
                        assert (200, told["title"]) == (read.status_code, read.json()["title"])
                    health = await asyncio.to_thread(httpx.get, f"{fed.url}/health/ready")

    assert ["projector"] == [each["name"] for each in health.json()["loops"]]
    assert "ok" == health.json()["status"]
