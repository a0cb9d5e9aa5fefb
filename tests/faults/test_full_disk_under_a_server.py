"""A disk that fills up under a running server: nothing half, a clear word, and on again after."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.faults.checking import check_log, check_read_models, check_signals, settled
from tests.faults.disks import fill_up, tmpfs
from tests.faults.publishers import PATH, Publisher, Told, notification
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "the disk of the ledger's own file fills up"),
]

SOURCE = "alertmanager"
TOGETHER = 40


class Sender:
    """Publishes bodies of many alerts each; `publisher` keeps what was acknowledged."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self._number = 0
        self.publisher = Publisher(name="sender", url="", token="")

    def send(self, together: int = TOGETHER) -> httpx.Response:
        """The next body; after a refusal the same one again, or as much of it."""
        keys = [f"alert-{self._number}-{n}" for n in range(together)]
        told = [Told(key, "firing", datetime.now(UTC)) for key in keys]
        answer = self._api.post(PATH, content=notification(told))
        if answer.is_success:
            assert together == answer.json()["recorded"]
            self.publisher.acknowledged += told
            self._number += 1
        return answer

    def send_until_refused(self) -> httpx.Response:
        """What the first body is answered that finds no room."""
        for _ in range(500):
            answer = self.send()
            if not answer.is_success:
                return answer
        raise AssertionError("the disk did not fill up")


def is_sealed_and_projected(reader: httpx.Client) -> bool:
    """Without a restart, the sealer and the read models go on as well."""
    if 200 != reader.get("/health/ready").status_code:
        return False
    appended = reading.metric(reader, "airledger_events")
    return appended == reading.metric(reader, "airledger_log_size") and all(
        appended == reading.metric(reader, "airledger_projection_next", projection=name)
        for name in ("register", "links", "timeline")
    )


@contextmanager
def running(data_dir: Path) -> Iterator[tuple[Server, httpx.Client, Sender]]:
    """A server on the directory, a reader's client, and a sender."""
    token = add_source(data_dir, SOURCE)
    reader_token = add_token(data_dir, "reader", Scope.READ)
    with (
        Server(data_dir) as server,
        client(server, reader_token) as reader,
        client(server, token) as api,
    ):
        yield server, reader, Sender(api)


def run_out_of_room(
    data_dir: Path, exhaust: Callable[[int], object], room: Callable[[int], object]
) -> str:
    """The whole story on one server; returns what the refusal said."""
    with running(data_dir) as (server, reader, sender):
        assert sender.send().is_success
        exhaust(server.pid)
        refused = sender.send_until_refused()
        assert (503, "unavailable") == (refused.status_code, refused.json()["code"])
        assert int(refused.headers["retry-after"]) > 0
        until(lambda: not sender.send(1).is_success, "there is no room for one alert")
        until(lambda: 503 == reader.get("/health/ready").status_code, "it is not ready", within=30)
        assert 200 == reader.get("/health/live").status_code
        assert "request_not_served" in {line["event"] for line in complaints(server)}
        room(server.pid)
        until(lambda: sender.send().is_success, "it takes signals again")
        until(lambda: is_sealed_and_projected(reader), "all loops go on", within=20)
        assert 0 == server.terminate()
    check(data_dir, sender)
    return " ".join((refused.json()["detail"], refused.json()["remedy"]))


def check(data_dir: Path, sender: Sender) -> None:
    """Everything acknowledged is there, and nothing of what was refused."""
    with settled(data_dir) as ledger:
        check_signals(ledger, SOURCE, [sender.publisher])
        check_log(ledger, [])
        check_read_models(ledger)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "data", "size=12m,nr_inodes=64") as disk:
        yield disk


def test_a_full_disk_is_told_and_waited_out(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    said = run_out_of_room(small_disk, lambda _: fill_up(ballast), lambda _: ballast.unlink())
    assert "full" in said
    assert "Free room on the disk" in said


def test_files_that_may_not_grow_are_told_and_waited_out(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = 1024 * 1024
    run_out_of_room(
        tmp_path / "data",
        lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard)),
        lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard)),
    )


def test_signals_are_taken_while_nothing_can_be_sealed(small_disk: Path) -> None:
    with running(small_disk) as (server, reader, sender):
        assert sender.send().is_success
        until(lambda: is_sealed_and_projected(reader), "the first ones are sealed")
        before = reader.get("/log/checkpoint").content
        files = use_up_inodes(small_disk)
        assert sender.send().is_success
        until(lambda: "degraded" == state_of(reader, "sealer"), "the sealer is degraded")
        ready = reader.get("/health/ready")
        assert (200, "degraded") == (ready.status_code, ready.json()["status"])
        assert before == reader.get("/log/checkpoint").content
        for file in files:
            file.unlink()
        until(lambda: is_sealed_and_projected(reader), "all loops go on", within=20)
        assert before != reader.get("/log/checkpoint").content
        assert 0 == server.terminate()
    check(small_disk, sender)


def use_up_inodes(disk: Path) -> list[Path]:
    """Empty files until there is room for none; the sealer needs one for each checkpoint."""
    made: list[Path] = []
    while True:
        file = disk / f"empty-{len(made)}"
        try:
            file.touch()
        except OSError:
            return made
        made.append(file)


def state_of(reader: httpx.Client, loop: str) -> str:
    """What the health of the server says of a loop."""
    loops = reader.get("/health/ready").json()["loops"]
    return str({each["name"]: each["state"] for each in loops}[loop])
