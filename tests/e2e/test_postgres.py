"""`airledger serve` on PostgreSQL, as a user with the roles and no more, while connections end."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.store.postgres import schema
from tests.e2e.server import Server, client
from tests.harness import forks
from tests.harness.postgres import Database
from tests.harness.process import until

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.only_on("postgres", "ends the connections of its server"),
]

SIGNALS = 20
WITHIN_SECONDS = 20


class Served:
    """A server on a database, and commands beside it."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        user = database.user(*schema.ROLES)
        self.env = {
            "AIRLEDGER_DATA_DIR": str(directory / "data"),
            "AIRLEDGER_STORE__URL": database.as_user(user),
            "AIRLEDGER_LOG__KEY_FILE": str(directory / "log.key"),
        }
        self.run("log", "init")
        self.server = Server(directory / "data", env=self.env)

    def run(self, *arguments: str) -> Any:
        """What a command says with --json."""
        done = forks.run([*arguments, "--json"], {**os.environ, **self.env})
        done.check_returncode()
        return json.loads(done.stdout)

    def ready(self) -> bool:
        answer = httpx.get(f"{self.server.url}/health/ready", timeout=30)
        return bool(answer.json()["status"] == "ok")


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    served = Served(database, tmp_path)
    with served.server:
        yield served


@pytest.mark.slow
def test_what_was_acknowledged_is_there_when_every_connection_ended(served: Served) -> None:
    token = served.run("source", "add", "n", "--kind", "native")["token"]
    with client(served.server, token) as sender:
        for number in range(SIGNALS):
            if number % 5 == 0:
                served.database.kill_all()
            signal = {"dedup_key": f"k{number}", "status": "firing", "title": "Toxic answers"}
            labels = {"system": f"s{number}", "severity": "critical"}
            answer = sender.post("/v1/signals/native", json=signal | {"labels": labels})
            assert 202 == answer.status_code
    until(served.ready, "every loop runs", within=WITHIN_SECONDS)
    incidents = served.run("incidents")["items"]
    verified = served.run("verify")

    assert {f"s{number}" for number in range(SIGNALS)} == {each["system"] for each in incidents}
    assert SIGNALS == len(incidents)
    assert verified["ok"]
    assert 0 == served.server.terminate()
