"""`airledger run`: each job in a process of its own, as a user with the rights of that job."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from consumers.container.roles import Role
from ledger.store.postgres import schema
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.served import problem
from tests.e2e.server import Server, client, complaints
from tests.harness import forks
from tests.harness.fleet import ALONE, Fleet
from tests.harness.postgres import Server as PostgresServer
from tests.harness.process import until

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "has processes on PostgreSQL itself"),
]

WITHIN_SECONDS = 20
FIRING = {"status": "firing", "title": "Toxic answers"}


class Running:
    """One process of each role, a source's client of the intake and an operator's of the web."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        with closing(open_ledger(fleet.settings)) as ledger:
            context = by_airledger(now(), new_id())
            source = grant_source(
                ledger.executor, context, "n", SourceKind.NATIVE, Scope.PUBLISH, None
            )
            operator = grant_token(ledger.store, ledger.executor, context, "o", Scope.OPERATE)
        self.source = client(self.of(Role.INTAKE), source.token)
        self.web = client(self.of(Role.WEB), operator.token)

    def of(self, role: Role) -> Server:
        return self.fleet.processes[f"{role}1"]

    def ask(self, role: Role, path: str) -> httpx.Response:
        """What a process says to somebody without a token."""
        return httpx.get(f"{self.of(role).url}{path}", timeout=30)

    def command(self, roles: Sequence[schema.Role], *words: str) -> Any:
        """What a command says with --json, as a user with these roles and without a key."""
        database = self.fleet.database
        url = database.as_user(database.user(*roles))
        env = {"AIRLEDGER_STORE__URL": url, "AIRLEDGER_VIEWS__URL": url}
        done = forks.run([*words, "--json"], {**os.environ, **env})
        assert (0, "") == (done.returncode, done.stderr)
        return json.loads(done.stdout)

    def publish(self, key: str, system: str) -> None:
        labels = {"system": system, "severity": "critical"}
        signal = FIRING | {"dedup_key": key, "labels": labels}
        assert 202 == self.source.post("/v1/signals/native", json=signal).status_code


@pytest.fixture(scope="module")
def running(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """All processes; in the end each is told to leave, does so and has complained of nothing."""
    with (
        postgres_server.database(postgres_server.template()) as database,
        Fleet(database, tmp_path_factory.mktemp("fleet")).running(dict.fromkeys(ALONE, 1)) as fleet,
    ):
        running = Running(fleet)
        with running.source, running.web:
            yield running
        for process in fleet.processes.values():
            assert 0 == process.terminate(), process.log
            assert [] == complaints(process)


def test_a_signal_at_one_process_is_an_incident_at_another_and_launches_a_review(
    running: Running,
) -> None:
    for number in range(4):
        running.publish(f"k{number}", "assistant")
        labels = {"alertname": f"a{number}", "system": "assistant", "severity": "critical"}
        signal = FIRING | {"dedup_key": f"other{number}", "labels": labels}
        assert 202 == running.source.post("/v1/signals/native", json=signal).status_code
    until(
        lambda: 1 == len(running.web.get("/v1/reviews").json()["items"]),
        "the reactor launched a review",
        within=WITHIN_SECONDS,
    )
    found = reading.incidents(running.web, system="assistant")
    contained = running.web.post(
        f"/v1/incidents/{found[0]['id']}/contain", json={"action": "Switched off."}
    )
    at = contained.headers["airledger-position"]
    read = running.web.get(f"/v1/incidents/{found[0]['id']}", params={"at_least": at})

    assert 5 == len(found)
    assert "done" == read.json()["steps"]["contain"]["state"]


def test_commands_need_the_rights_of_what_they_do_and_no_key(running: Running) -> None:
    operator, auditor = [schema.INTAKE, schema.READER], [schema.READER]
    told = ("report", "--title", "It lies", "--system", "by-hand", "--severity", "low")
    reported = running.command(operator, "incident", *told)
    ref = reported["reference"]
    listed = running.command(auditor, "incidents", "--system", "by-hand")["items"]
    shown = running.command(auditor, "incident", "show", ref)
    timeline = running.command(auditor, "incident", "timeline", ref)["items"]
    verified = running.command(auditor, "verify")

    assert [reported["id"]] == [each["id"] for each in listed]
    assert "It lies" == shown["title"]
    assert ["incident.detected.v1"] == [each["type"] for each in timeline]
    assert (True, 0) == (verified["ok"], verified["unsealed"])


@pytest.mark.parametrize("role", ALONE)
def test_every_process_tells_its_operators_how_it_is(running: Running, role: Role) -> None:
    until(
        lambda: "ok" == running.ask(role, "/health/ready").json()["status"],
        "it is well",
        within=WITHIN_SECONDS,
    )
    ready = running.ask(role, "/health/ready")
    scraped = running.ask(role, "/metrics")
    loops = {
        Role.REACTOR: [
            "reviews",
            "judging",
            "cards",
            "releases",
            "standards",
            "improvements",
            "notices",
            "tickets",
        ],
        Role.INTAKE: ["signs"],
        Role.WEB: [],
    }
    own = loops.get(role, [str(role)])

    assert "ok" == running.ask(role, "/health/live").json()["status"]
    assert (200, "ok") == (ready.status_code, ready.json()["status"]), ready.text
    assert own == [each["name"] for each in ready.json()["loops"]]
    if role not in {Role.INTAKE, Role.WEB}:
        for name in own:
            assert f'airledger_loop_running{{loop="{name}"}} 1.0' in scraped.text
        assert "airledger_store_up 1.0" in scraped.text
    else:
        problem(scraped, 401)


def test_a_process_answers_for_its_own_job_alone_and_says_which_that_is(running: Running) -> None:
    refused = running.source.get("/v1/incidents")
    elsewhere = running.web.post("/v1/signals/native", json=FIRING)

    assert "this process has the roles intake" in problem(refused, 404)["detail"]
    assert "this process has the roles web" in problem(elsewhere, 404)["detail"]
    assert 404 == running.ask(Role.SEALER, "/log/checkpoint").status_code


def test_a_web_process_says_that_nobody_fills_its_read_models(
    running: Running, tmp_path: Path
) -> None:
    running.publish("seen", "elsewhere")
    url = running.fleet.database.as_user(running.fleet.database.user(schema.INTAKE, schema.READER))
    env = {"AIRLEDGER_STORE__URL": url, "AIRLEDGER_VIEWS__URL": "views.db"}
    with Server(tmp_path / "alone", env=env, command="run web") as alone:
        ready = httpx.get(f"{alone.url}/health/ready", timeout=30)

    assert (200, "degraded") == (ready.status_code, ready.json()["status"])
    assert "airledger run projector" in ready.json()["reason"]


def test_a_process_that_waits_for_its_database_says_what_to_do(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    env = {"AIRLEDGER_STORE__URL": postgres_server.url("absent")}
    waiting = Server(tmp_path / "a", env=env, command="run intake")
    waiting.spawn()
    try:
        until(lambda: "waiting_for_the_store" in waiting.log, "it waits", within=WITHIN_SECONDS)
        status = waiting.terminate()
    finally:
        waiting.end()

    assert 0 == status
    assert "Check store.url" in waiting.log
