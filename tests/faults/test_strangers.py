"""Strangers and one bad sender do their worst at once, while a well-behaved sender goes on."""

import asyncio
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e.server import Server, add_source, add_token, complaints
from tests.faults.checking import check_log, check_signals, settled
from tests.faults.publishers import Publisher, Watcher
from tests.harness.crowd import Crowd, deeds_of
from tests.harness.strangers import resident_bytes

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
MOST_MEMORY = 500 * MIB
SHORT_SECONDS, LONG_SECONDS = 10, 60
SIGNALS_PER_SECOND = 2
"""What the well-behaved sender has at least, on a machine that others use as well."""


@pytest.mark.parametrize(
    "seconds", [SHORT_SECONDS, pytest.param(LONG_SECONDS, marks=pytest.mark.soak)]
)
async def test_a_well_behaved_sender_loses_nothing_to_strangers(
    tmp_path: Path, seconds: int
) -> None:
    data_dir = tmp_path / "data"
    good = add_source(data_dir, "alertmanager")
    bad = add_source(data_dir, "bad", kind=SourceKind.NATIVE)
    reader = add_token(data_dir, "idler", Scope.AUDIT)
    ending = asyncio.Event()
    with Server(data_dir, anew=True) as server:
        watcher = Watcher(server.url)
        publisher = Publisher(name="good", url=server.url, token=good)
        with Crowd(server.port, deeds_of(reader, bad)):
            working = [asyncio.create_task(each.run(ending)) for each in (watcher, publisher)]
            await asyncio.wait(working, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            ending.set()
            await asyncio.wait_for(asyncio.gather(*working), 60)
        assert len(publisher.acknowledged) >= SIGNALS_PER_SECOND * seconds
        assert resident_bytes(server.pid) < MOST_MEMORY
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            assert 200 == (await client.get("/health/ready")).status_code
        assert 0 == server.terminate()
    assert "Traceback" not in server.log
    assert len(server.log) < 100_000
    assert {"connections_refused", "request_not_served"} >= {
        each["event"] for each in complaints(server)
    }
    with settled(data_dir) as ledger:
        check_signals(ledger, "alertmanager", [publisher])
        check_log(ledger, watcher.seen)
