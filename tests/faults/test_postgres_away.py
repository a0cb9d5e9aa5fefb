"""The PostgreSQL server is stopped under `airledger serve`, and started again: nothing is lost."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, add_source, client
from tests.faults.checking import check_log, check_read_models, check_signals, settled
from tests.faults.publishers import PATH, Publisher, Told, notification
from tests.harness import homes, postgres
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("postgres"),
    pytest.mark.only_on("postgres", "stops its server"),
]

SOURCE = "alertmanager"


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """A PostgreSQL that no other test needs."""
    with tempfile.TemporaryDirectory(prefix="airledger-away-") as directory:
        Path(directory).chmod(0o755)
        server = postgres.Server(Path(directory) / "pg")
        with homes.on(server):
            yield server
        server.stop()


def test_a_server_without_its_store_refuses_until_it_is_back(
    own_server: postgres.Server, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    token = add_source(data_dir, SOURCE)
    publisher = Publisher(name="p", url="", token=token)

    def told(key: str) -> Told:
        return Told(key, "firing", datetime.now(UTC))

    with Server(data_dir) as server, client(server, token) as api:

        def ready() -> httpx.Response:
            return api.get("/health/ready")

        def send(each: Told) -> httpx.Response:
            answer = api.post(PATH, content=notification([each]))
            if answer.is_success:
                publisher.acknowledged.append(each)
            return answer

        assert 202 == send(told("before")).status_code
        own_server.halt()
        refused = send(told("meanwhile"))
        until(lambda: 503 == ready().status_code, "it is not ready")
        alive = api.get("/health/live")
        own_server.go_on()
        until(lambda: send(told("after")).is_success, "it takes signals again")
        until(lambda: "ok" == ready().json()["status"], "all loops go on", within=20)
        assert 0 == server.terminate()

    assert (503, "unavailable") == (refused.status_code, refused.json()["code"])
    assert int(refused.headers["retry-after"]) > 0
    assert own_server.socket not in refused.text
    assert 200 == alive.status_code
    with settled(data_dir) as ledger:
        check_signals(ledger, SOURCE, [publisher])
        check_log(ledger, [])
        check_read_models(ledger)
