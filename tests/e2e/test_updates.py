"""The stream by which pages refresh: what it tells, how many there are, when it ends."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from consumers.web.updates import MOST_STREAMS_OF_ONE
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client

PATH = "/events/updates"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with client(server, add_token(server.data_dir, "ada", Scope.OPERATE)) as api:
        yield api


def next_position(lines: Iterator[str]) -> int:
    """The position of the next event."""
    for line in lines:
        if line.startswith("data: "):
            return int(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


def report(api: httpx.Client) -> int:
    """The leaf of a new incident."""
    made = api.post("/v1/incidents", json={"title": "t", "system": "s"}).raise_for_status()
    return int(made.json()["reference"].removeprefix("INC-"))


def test_the_stream_tells_the_position_and_every_move_of_it(api: httpx.Client) -> None:
    with api.stream("GET", PATH) as stream:
        assert "text/event-stream" == stream.headers["content-type"].partition(";")[0]
        assert "no-store" == stream.headers["cache-control"]
        assert "no" == stream.headers["x-accel-buffering"]
        lines = stream.iter_lines()
        position = next_position(lines)
        leaf = report(api)
        while position <= leaf:
            moved = next_position(lines)
            assert moved > position
            position = moved
        read = api.get("/v1/incidents", params={"limit": 1}).json()["items"][0]["reference"]
        assert f"INC-{leaf}" == read


def test_beyond_the_bound_there_is_no_stream_until_another_ends(
    server: Server, api: httpx.Client
) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(api.stream("GET", PATH)) for _ in range(MOST_STREAMS_OF_ONE)]
        reading = [each.iter_lines() for each in streams]  # one that is dropped ends its stream
        for lines in reading:
            next_position(lines)
        with api.stream("GET", PATH) as refused:
            assert 204 == refused.status_code
        rita = add_token(server.data_dir, "rita")
        with client(server, rita) as other, other.stream("GET", PATH) as stream:
            assert 200 == stream.status_code
        streams[0].close()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with api.stream("GET", PATH) as stream:
                if stream.status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("a stream that ended leaves no room")


def test_a_drain_ends_the_streams(server: Server, api: httpx.Client) -> None:
    with api.stream("GET", PATH) as stream:
        lines = stream.iter_lines()
        next_position(lines)
        begun = time.monotonic()
        server.ask_to_end()
        assert [] == [line for line in lines if line.startswith("event:")]
        assert 0 == server.wait()
        assert time.monotonic() - begun < 15  # a stream that is not ended is cut after 18 s


def test_a_stream_needs_a_token_that_reads(server: Server) -> None:
    assert 401 == httpx.get(f"{server.url}{PATH}").status_code


def test_behind_a_prefix_the_page_names_the_stream_with_it(tmp_path: Path) -> None:
    env = {"AIRLEDGER_HTTP__PUBLIC_URL": "https://ledger.example/air"}
    token = add_token(tmp_path / "data", "rita")
    with Server(tmp_path / "data", env=env) as server, client(server, token) as api:
        assert 'data-href="/air/events/updates"' in api.get("/air/").text
        with api.stream("GET", f"/air{PATH}") as stream:
            assert 200 == stream.status_code
            next_position(stream.iter_lines())
