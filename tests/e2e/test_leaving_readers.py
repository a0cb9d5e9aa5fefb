"""A reader that leaves in the middle of an answer is no error: it is counted out, no more."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token, client
from tests.e2e.test_http_bounds import HEAD, alerts
from tests.harness.process import until
from tests.harness.strangers import Peer

READERS = 100
STEP_BYTES = 16_384


@pytest.mark.only_on("sqlite", "a connection is left alike, whatever store its answer is from")
@pytest.mark.parametrize("leave", [Peer.reset, Peer.close], ids=["reset", "close"])
@pytest.mark.parametrize("requests", [1, 3])
def test_a_reader_that_leaves_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, leave: Callable[[Peer], None], requests: int
) -> None:
    data_dir = tmp_path / "data"
    token, source = add_token(data_dir, scope=Scope.AUDIT), add_source(data_dir)
    asked = b"GET /v1/events " + HEAD + f"Authorization: Bearer {token}\r\n\r\n".encode()
    with Server(data_dir) as server:
        with client(server, source) as sender:
            for n in range(4):
                sender.post("/v1/signals/alertmanager", json=alerts(n)).raise_for_status()
        with client(server, token) as reader:
            until(lambda: len(reader.get("/v1/events").content) > 1_000_000, "all is sealed")
            for n in range(READERS):
                peer = Peer(server.port, receives=4_096)
                peer.send(asked * requests)
                peer.skip(n % 40 * STEP_BYTES)
                leave(peer)
            until(lambda: 1 == connections(reader), "all others are counted out")
        begun = time.monotonic()
        assert 0 == server.terminate()
        assert time.monotonic() - begun < 5
        assert "Traceback" not in server.log


def connections(reader: httpx.Client) -> int:
    """How many connections the server counts, the reader's among them."""
    found = re.search(
        r"^airledger_http_connections (\d+)", reader.get("/metrics").text, re.MULTILINE
    )
    assert found is not None
    return int(found[1])
