"""What a peer without a token can cost a server: bytes, time and connections, each bounded."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.harness.process import until
from tests.harness.strangers import Peer, resident_bytes, status_in

pytestmark = pytest.mark.only_on("sqlite", "connections and bodies, before any store")

MIB = 1024 * 1024
LINE = b"X-Filler: " + b"x" * 1_000 + b"\r\n"
HEAD = b"HTTP/1.1\r\nHost: test\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("bounds") / "data") as running:
        yield running
        assert 200 == httpx.get(f"{running.url}/health/live").status_code


def sent_until_refused(server: Server, head: bytes, more: bytes, most: int) -> tuple[int, bytes]:
    """How many bytes of `more` the server takes at most, and what it says then."""
    with Peer(server.port) as peer:
        peer.send(head)
        taken = 0
        while taken < most and peer.sent(more):
            taken += len(more)
        return taken, peer.rest()


@pytest.mark.parametrize(
    ("head", "more", "status"),
    [
        pytest.param(b"GET / " + HEAD, LINE * 100, 431, id="header lines"),
        pytest.param(b"GET / " + HEAD + b"X-Long: ", b"x" * 100_000, 431, id="one header"),
        pytest.param(b"GET /", b"x" * 100_000, 414, id="target"),
        pytest.param(b"", b"\r\n" * 50_000, 431, id="blank lines"),
        pytest.param(
            b"POST /v1/signals/native " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
            LINE * 100,
            None,  # it is a request without a token, and is answered as one meanwhile
            id="trailers",
        ),
        pytest.param(
            b"POST /v1/signals/native " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;",
            b"x" * 100_000,
            None,
            id="an extension of a chunk",
        ),
    ],
)
def test_what_comes_before_a_token_is_known_is_bounded(
    server: Server, head: bytes, more: bytes, status: int | None
) -> None:
    before = resident_bytes(server.pid, "VmRSS")
    taken, answer = sent_until_refused(server, head, more, 60 * MIB)
    assert taken < 20 * MIB
    assert status_in(answer) in ({status} if status else {400, 401, 431})
    assert b"connection: close" in answer.lower()
    assert resident_bytes(server.pid, "VmRSS") < before + 20 * MIB


def test_a_header_more_than_a_hundred_is_refused_and_a_large_head_is_taken(server: Server) -> None:
    with Peer(server.port) as peer:
        peer.send(b"GET /health/live " + HEAD + b"a: b\r\n" * 99 + b"\r\n")
        assert 200 == status_in(peer.answer())
        peer.send(b"GET /health/live " + HEAD + b"a: b\r\n" * 100 + b"\r\n")
        assert 431 == status_in(peer.rest())
    with Peer(server.port) as peer:
        peer.send(b"GET /health/live " + HEAD + LINE * 55 + b"\r\n")
        assert 200 == status_in(peer.answer())


def test_a_trailer_is_no_header(server: Server) -> None:
    token = add_source(server.data_dir, "trailing").encode()
    with Peer(server.port) as peer:
        peer.send(
            b"POST /v1/signals/alertmanager "
            + HEAD
            + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: Bearer "
            + token
            + b"\r\n\r\n"
        )
        assert 401 == status_in(peer.answer())


def test_requests_in_advance_are_bounded(server: Server) -> None:
    with Peer(server.port) as peer:
        peer.sent((b"GET /health/live " + HEAD + b"\r\n") * 50_000)
        assert peer.rest().count(b"HTTP/1.1 200 ") <= 40
    with Peer(server.port) as peer:
        peer.send((b"GET /health/live " + HEAD + b"\r\n") * 10)
        assert [200] * 10 == [status_in(peer.answer()) for _ in range(10)]


def test_a_stranger_is_answered_before_the_body_and_the_connection_ends(server: Server) -> None:
    with Peer(server.port) as peer:
        length = b"Content-Length: 900000\r\n\r\n"
        peer.send(b"POST /v1/signals/native " + HEAD + length + b"{")
        answer = peer.rest(within=10)
    assert 401 == status_in(answer)
    assert b"connection: close" in answer


def test_a_body_above_the_limit_is_told_to_its_sender(server: Server) -> None:
    token = add_source(server.data_dir, "large")
    url = f"{server.url}/v1/signals/alertmanager"
    headers = {"Authorization": f"Bearer {token}"}
    assert 413 == httpx.post(url, content=b"x" * (17 * MIB), headers=headers).status_code
    assert 401 == httpx.post(url, content=b"x" * (MIB // 2)).status_code


def test_a_log_in_form_is_no_longer_than_a_token_and_a_path_need(server: Server) -> None:
    small = {"token": "x" * 32, "next": "/" + "x" * 3_000}
    assert 401 == httpx.post(f"{server.url}/login", data=small).status_code
    for body in (b"&" * 5_000, b"token=" + b"x" * 5_000, b"a=b&" * 250_000):
        assert 413 == httpx.post(f"{server.url}/login", content=body).status_code
        chunked = httpx.post(f"{server.url}/login", content=iter([body]))
        assert 413 == chunked.status_code


def test_malformed_requests_do_not_fill_the_log(server: Server) -> None:
    before = len(server.log)
    for _ in range(500):
        with Peer(server.port) as peer:
            peer.send(b"\x16\x03\x01 hello\r\n\r\n")
            assert 400 == status_in(peer.rest())
    with Peer(server.port) as peer:
        peer.send(
            b"GET /health/live " + HEAD + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert 200 == status_in(peer.answer())
    assert len(server.log) < before + 5_000


@pytest.mark.slow
def test_silent_and_slow_peers_are_ended_in_time(server: Server) -> None:
    begun = time.monotonic()
    length = b"Content-Length: 100\r\n\r\n"
    token = f"Authorization: Bearer {add_source(server.data_dir, 'slow')}\r\n".encode()
    silent, half, slow = Peer(server.port), Peer(server.port), Peer(server.port)
    half.send(b"GET / " + HEAD)
    slow.send(b"POST /v1/signals/alertmanager " + HEAD + token + length + b"{")
    with silent, half, slow, ThreadPoolExecutor(3) as threads:
        answers = threads.map(Peer.rest, (silent, half, slow))
        assert [None, 408, 408] == [status_in(each) for each in answers]
    assert 9 < time.monotonic() - begun < 20


def test_the_end_does_not_wait_for_slow_peers_and_says_little(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    token = add_source(tmp_path / "data").encode()
    head = b"POST /v1/signals/alertmanager " + HEAD + b"Authorization: Bearer " + token + b"\r\n"
    peers = [Peer(server.port) for _ in range(300)]
    for peer in peers:
        peer.send(head + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
    for peer in peers:
        assert peer.begins(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.send(b"{")
    begun = time.monotonic()
    assert 0 == server.terminate()
    assert time.monotonic() - begun < 12
    assert "Traceback" not in server.log
    assert len(complaints(server)) <= 3
    for peer in peers:
        peer.close()


def test_senders_of_bodies_that_never_end_leave_room_for_another_one(server: Server) -> None:
    peers = []
    for n in range(2):
        token = add_source(server.data_dir, f"endless{n}").encode()
        head = b"POST /v1/signals/alertmanager " + HEAD + b"Authorization: Bearer " + token
        length = b"\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (16 * MIB)
        for _ in range(4):
            peers.append(peer := Peer(server.port))
            peer.send(head + length)
            assert peer.begins(b"HTTP/1.1 100 Continue\r\n\r\n")
        with Peer(server.port) as more:
            more.send(head + length)
            assert 503 == status_in(more.answer())
    with client(server, add_source(server.data_dir, "beside")) as sender:
        assert 202 == sender.post("/v1/signals/alertmanager", json=alerts(0)).status_code
    for peer in peers:
        peer.close()


def test_one_address_has_half_of_the_connections_and_the_store_its_files(tmp_path: Path) -> None:
    limited = ("prlimit", "--nofile=300:300")
    with Server(tmp_path / "data", wrapped=limited) as server:
        token = add_source(tmp_path / "data")
        with client(server, token) as sender:
            assert 202 == sender.post("/v1/signals/alertmanager", json={}).status_code
            peers = [Peer(server.port) for _ in range(200)]
            assert 503 == status_in(peers[-1].rest())
            assert 202 == sender.post("/v1/signals/alertmanager", json={}).status_code
            for peer in peers:
                peer.close()
        until(
            lambda: 200 == httpx.get(f"{server.url}/health/ready").status_code, "it is ready again"
        )
        (told,) = [each for each in complaints(server) if each["event"] == "connections_refused"]
        assert told["too_many_connections"] >= 1


def test_readers_that_take_nothing_cost_little(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1_024:
        pytest.skip("needs 1,024 open files")
    with Server(tmp_path / "data", anew=True) as server:
        token = add_token(tmp_path / "data", scope=Scope.AUDIT)
        source = add_source(tmp_path / "data")
        with client(server, source) as sender:
            for n in range(8):
                sender.post("/v1/signals/alertmanager", json=alerts(n)).raise_for_status()
        before = resident_bytes(server.pid, "VmRSS")
        asked = b"GET /v1/events " + HEAD + f"Authorization: Bearer {token}\r\n\r\n".encode()
        peers = [Peer(server.port, receives=4_096) for _ in range(150)]
        for peer in peers:
            peer.send(asked)
        with client(server, token) as reader:
            assert 200 == reader.get("/v1/incidents").status_code
        until(lambda: not_moving(server.pid), "it is full")
        assert resident_bytes(server.pid, "VmRSS") < before + 150 * MIB
        for peer in peers:
            peer.close()


def not_moving(pid: int) -> bool:
    before = resident_bytes(pid, "VmRSS")
    time.sleep(0.5)
    return resident_bytes(pid, "VmRSS") - before < MIB // 4


def alerts(batch: int) -> dict[str, object]:
    """A notification of 500 alerts."""
    return {
        "version": "4",
        "groupKey": f"g{batch}",
        "status": "firing",
        "receiver": "r",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": f"a{batch}-{n}", "service": "s", "severity": "critical"},
                "annotations": {"description": "x" * 500},
                "startsAt": "2026-11-22T09:21:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://p",
                "fingerprint": f"{batch:08x}{n:08x}",
            }
            for n in range(500)
        ],
    }


@pytest.mark.parametrize(
    "line",
    [
        *("GET //[", "GET /login?next=//[", "GET /login?next=%00", "OPTIONS *", "TRACE /"),
        *("GET http://[/", "CONNECT a:1", "GET /%ff", "GET /incidents/%00", "POST /logout"),
        f"GET /log/tile/0/{'x111/' * 1_450}111",
    ],
)
@pytest.mark.parametrize(
    "header",
    [
        *(
            "Origin: http://[",
            "Origin: \u00ff",
            "Host: [",
            "Cookie: airledger=\u00ff",
            "Cookie: =;;=",
        ),
        *("Authorization: Basic \u00ff", "Sec-Fetch-Site: \u00ff", "Accept: text/html, \u00ff"),
    ],
)
def test_no_request_of_a_stranger_fails_the_server(server: Server, line: str, header: str) -> None:
    with Peer(server.port) as peer:
        peer.send(
            f"{line} HTTP/1.1\r\nHost: test\r\n{header}\r\nConnection: close\r\n\r\n".encode(
                "latin-1"
            )
        )
        status = status_in(peer.rest())
    assert status is not None
    assert status < 500


def test_an_idle_connection_is_kept_as_long_as_the_setting_says(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "data", env={"AIRLEDGER_HTTP__KEEP_ALIVE": "8 s"}) as server,
        Peer(server.port) as peer,
    ):
        peer.send(b"GET /health/live " + HEAD + b"\r\n")
        assert 200 == status_in(peer.answer())
        begun = time.monotonic()
        assert b"" == peer.rest(within=25)
        assert 7 < time.monotonic() - begun
