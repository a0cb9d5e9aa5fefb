"""What `/health/ready` and `airledger_store_up` say while nothing can be recorded."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from consumers.container.release_key import open_release_key
from ledger.settings import Settings
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.faults.disks import fill_up, tmpfs
from tests.faults.test_full_disk_under_a_server import Sender
from tests.harness.homes import home
from tests.harness.process import until

WITHIN = 30
ASKED = 400


@contextmanager
def running(data_dir: Path) -> Iterator[tuple[Sender, httpx.Client]]:
    """A server on the directory: a sender, and a reader's client."""
    token, reader_token = add_source(data_dir), add_token(data_dir, "reader", Scope.READ)
    with (
        Server(data_dir) as server,
        client(server, token) as api,
        client(server, reader_token) as reader,
    ):
        yield Sender(api), reader


def up(reader: httpx.Client) -> float:
    return reading.metric(reader, "airledger_store_up")


@contextmanager
def writers_lock(data_dir: Path) -> Iterator[None]:
    """The store, locked by a writer that does not end."""
    there = home(data_dir)
    with ExitStack() as opened:
        if there is None:
            file = sqlite3.connect(data_dir / "ledger.db", isolation_level=None)
            opened.enter_context(closing(file))
            file.execute("BEGIN IMMEDIATE")
        else:
            connection = opened.enter_context(there.database.connected())
            opened.enter_context(connection.transaction())
            connection.execute("LOCK TABLE airledger.writers IN EXCLUSIVE MODE")
        yield


def assert_told_and_over(
    reader: httpx.Client, sender: Sender, fault: ExitStack, said: str = ""
) -> None:
    """Both say so while it lasts, and that it is well again after it."""
    with fault:
        until(lambda: 0 == up(reader), "the metric says so", within=WITHIN)
        ready = reader.get("/health/ready")
        assert (503, "unavailable") == (ready.status_code, ready.json()["status"])
        assert said in ready.json()["reason"]
    until(lambda: 1 == up(reader), "it is up again", within=WITHIN)
    until(lambda: sender.send().is_success, "signals are taken again", within=WITHIN)


@pytest.mark.only_on("sqlite", "the disk of the ledger's own file fills up")
def test_a_full_disk_is_a_store_that_is_not_up(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "data", "size=12m,nr_inodes=64") as disk, running(disk) as pair:
        sender, reader = pair
        assert sender.send().is_success
        ballast = disk / "ballast"
        fill_up(ballast)
        assert 503 == sender.send_until_refused().status_code
        fault = ExitStack()
        fault.callback(ballast.unlink)
        assert_told_and_over(reader, sender, fault, "Free room on the disk")


def test_a_writers_lock_that_is_held_is_a_store_that_is_not_up(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(data_dir) as (sender, reader):
        assert 1 == up(reader)
        fault = ExitStack()
        fault.enter_context(writers_lock(data_dir))
        assert_told_and_over(reader, sender, fault)


@pytest.mark.component("postgres")
@pytest.mark.only_on("postgres", "its server takes no writes")
def test_a_read_only_server_is_a_store_that_is_not_up(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(data_dir) as (sender, reader):
        assert 1 == up(reader)
        there = home(data_dir)
        assert there is not None
        database = there.database

        def default(value: str) -> None:
            name = database.name
            database.server.execute(
                f"ALTER DATABASE {name} SET default_transaction_read_only = {value}"
            )

        default("on")
        database.kill_all()
        fault = ExitStack()
        fault.callback(default, "off")
        assert_told_and_over(reader, sender, fault, "Name the primary server")


def test_however_many_ask_the_store_is_probed_once_a_second(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(data_dir) as (_, reader):
        url = str(reader.base_url)
        before = probes(data_dir)
        with httpx.Client(base_url=url) as stranger, ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: stranger.get("/health/ready"), range(ASKED)))
        took = sum(answer.elapsed.total_seconds() for answer in answers) / 8

        assert {200} == {answer.status_code for answer in answers}
        assert probes(data_dir) - before <= took + 2


def probes(data_dir: Path) -> int:
    """How many probes the store took."""
    there = home(data_dir)
    if there is None:
        with closing(sqlite3.connect(data_dir / "ledger.db")) as file:
            [(count,)] = file.execute("SELECT coalesce(max(count), 0) FROM probe").fetchall()
    else:
        with there.database.connected() as connection:
            [(count,)] = connection.execute(
                "SELECT coalesce(max(count), 0) FROM airledger.probe"
            ).fetchall()
    return int(count)


@pytest.mark.only_on("sqlite", "the ledger's own file is replaced")
def test_a_ledger_that_is_replaced_under_a_server_is_not_answered_for(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(data_dir) as (sender, reader):
        assert sender.send().is_success
        path = data_dir / "ledger.db"
        kept = path.rename(path.with_name("kept.db"))

        refused = sender.send()
        assert (503, "unavailable") == (refused.status_code, refused.json()["code"])
        assert "ledger.db was removed" in refused.json()["detail"]
        until(lambda: 0 == up(reader), "the metric says so", within=WITHIN)
        assert 503 == reader.get("/health/ready").status_code

        kept.rename(path)
        until(lambda: sender.send().is_success, "signals are taken again", within=WITHIN)


@pytest.mark.only_on("sqlite", "the key is in the data directory")
@pytest.mark.parametrize("key", ["log.key", "release-key.pem"])
def test_a_signing_key_that_others_may_read_is_warned_of(tmp_path: Path, key: str) -> None:
    data_dir = tmp_path / "data"
    add_source(data_dir)
    open_release_key(Settings(data_dir=data_dir))
    with Server(data_dir) as server:
        assert [] == complaints(server)
    (data_dir / key).chmod(0o644)
    with Server(data_dir) as server:
        [said] = complaints(server)
    assert ("signing_key_is_readable", "0644") == (said["event"], said["mode"])
    assert "chmod 600" in said["remedy"]
