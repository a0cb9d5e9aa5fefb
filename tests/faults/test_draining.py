"""SIGTERM: nothing new is taken, what is under way is answered, and what was taken is sealed."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumers.container.backends import open_views
from ledger.vocabulary import Scope
from projections.catalogue import PROJECTIONS
from projections.engine import position
from tests.e2e.server import Server, add_source, add_token, complaints
from tests.faults.checking import check_whole, settled
from tests.faults.publishers import PATH, Publisher, Reporter, Told, Watcher, notification
from tests.harness.homes import settings_of, store_of
from tests.harness.process import until

pytestmark = pytest.mark.slow

SOURCE = "alertmanager"
TOLD = [Told("under-way", "firing", datetime(2026, 11, 22, 9, 21, tzinfo=UTC))]


@contextmanager
def half_sent(server: Server, token: str, body: bytes) -> Iterator[socket.socket]:
    """A connection on which the server has read a request's head and half of its body."""
    half = len(body) // 2
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")  # it waits for the body
        connection.sendall(body[:half])
        yield connection


def test_a_request_under_way_is_answered_and_sealed(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    token, body = add_source(data_dir, SOURCE), notification(TOLD)
    server = Server(data_dir).start()
    with half_sent(server, token, body) as connection:
        server.ask_to_end()
        until(lambda: '"draining"' in server.log, "it drains")
        connection.sendall(body[len(body) // 2 :])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert 0 == server.wait()
    head, _, told = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 ")
    assert 1 == json.loads(told)["recorded"]
    assert [] == complaints(server)
    store, views = store_of(data_dir), open_views(settings_of(data_dir))
    try:
        state = store.log_state()
        assert state is not None
        assert state.size == store.size() == position(views, PROJECTIONS)
        assert "alert.fired.v1" in {entry.type for entry in store.read(0, state.size)}
    finally:
        views.close()
        store.close()


@pytest.mark.soak
def test_a_client_that_never_finishes_does_not_hold_up_the_end(tmp_path: Path) -> None:
    token = add_source(tmp_path / "data", SOURCE)
    server = Server(tmp_path / "data").start()
    with half_sent(server, token, notification(TOLD)):
        assert 0 == server.terminate()


@pytest.mark.only_on("sqlite", "on PostgreSQL a fleet of processes is killed, by test_fleet")
async def test_servers_that_end_and_begin_under_live_clients_lose_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    token, operator = add_source(data_dir, SOURCE), add_token(data_dir, "ops", Scope.OPERATE)
    ending = asyncio.Event()
    with Server(data_dir) as server:
        watcher = Watcher(server.url)
        clients = [
            *(Publisher(name=f"p{n}", url=server.url, token=token) for n in range(4)),
            Reporter(name="reporter", url=server.url, token=operator),
        ]
        running = [asyncio.create_task(each.run(ending)) for each in clients]
        running.append(asyncio.create_task(watcher.run(ending)))
        for _ in range(2):
            await watcher.until_more(5)
            assert 0 == await asyncio.to_thread(server.terminate)
            await asyncio.to_thread(server.start)
        ending.set()
        await asyncio.wait_for(asyncio.gather(*running), 60)
        assert 0 == server.terminate()
    with settled(data_dir) as ledger:
        check_whole(ledger, SOURCE, clients, watcher.seen)
    assert [] == complaints(server)
