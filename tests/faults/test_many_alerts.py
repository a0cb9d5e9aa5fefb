"""Bodies of 16 MiB with as many alerts as fit, several at a time: others do not notice.

What is not recorded when the server ends is sent again: it does not wait for all of it.
"""

import asyncio
import itertools
import json
import time
from pathlib import Path

import httpx
import pytest

from consumers.intake.format import GROUP_BODY_BYTES
from consumers.runtime.server import LONGEST_DRAIN_SECONDS
from tests.e2e.server import Server, add_source, complaints
from tests.harness.strangers import resident_bytes

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
BODIES = 4
SECONDS = 9.0
"""Longer than a body waits for its turn, and is sent and parsed."""
WAIT_SECONDS = 2.0
"""A tenth of it is usual; a machine that others use as well is slower."""
END_SECONDS = LONGEST_DRAIN_SECONDS + 5.0
"""It drains for so long at most; the rest is for a machine that others use as well."""
UNANSWERED = 0
"""In place of a status: the connection ended without one."""
PATH = "/v1/signals/alertmanager"
HEAD = b'{"version":"4","groupKey":"g","receiver":"r","status":"firing","alerts":['
ALERT = b'{"status":"firing","labels":{},"startsAt":"2026-11-22T09:21:00Z","fingerprint":"%08x"}'


def largest(first: int) -> bytes:
    """As many of the smallest alerts as a body may have, some 180,000."""
    number = (GROUP_BODY_BYTES - len(HEAD)) // (len(ALERT % 0) + 1) - 1
    return HEAD + b",".join(ALERT % n for n in range(first, first + number)) + b"]}"


def small(number: int) -> bytes:
    alert = json.loads(ALERT % number) | {"labels": {"severity": "info", "n": str(number)}}
    return HEAD + json.dumps(alert).encode() + b"]}"


# Measured in 18 runs: 400 to 477 MiB for one source, 474 to 519 MiB for four.
@pytest.mark.parametrize(("sources", "most"), [(1, 550 * MIB), (BODIES, 600 * MIB)])
async def test_largest_bodies_of_many_alerts_cost_others_nothing(
    tmp_path: Path, sources: int, most: int
) -> None:
    data_dir = tmp_path / "data"
    good = add_source(data_dir, "good")
    bad = [add_source(data_dir, f"bad{n}") for n in range(sources)]
    bodies = [largest(n << 20) for n in range(BODIES)]
    waits: list[float] = []
    with Server(data_dir, anew=True) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:

            async def send(token: str, body: bytes) -> int:
                headers = {"Authorization": f"Bearer {token}"}
                try:
                    return (await client.post(PATH, content=body, headers=headers)).status_code
                except httpx.RemoteProtocolError:
                    return UNANSWERED

            large = [
                asyncio.create_task(send(token, body))
                for token, body in zip(itertools.cycle(bad), bodies, strict=False)
            ]
            until = time.monotonic() + SECONDS
            for number in itertools.count():
                begun = time.monotonic()
                assert 202 == await send(good, small(number))
                waits.append(time.monotonic() - begun)
                if time.monotonic() > until:
                    break
            assert 200 == (await client.get("/health/ready")).status_code
            peak = resident_bytes(server.pid)
            begun = time.monotonic()
            server.ask_to_end()
            answers = await asyncio.gather(*large)
            assert 0 == await asyncio.to_thread(server.wait)
            ended = time.monotonic() - begun
            assert ended < END_SECONDS
        assert sorted(waits)[int(0.99 * len(waits))] < WAIT_SECONDS
        # Nothing is acknowledged that was cut off when the longest drain was over.
        cut = {UNANSWERED} if ended >= LONGEST_DRAIN_SECONDS else set()
        assert {202, 503} | cut >= set(answers)
        assert {"request_not_served"} >= {each["event"] for each in complaints(server)}
        assert peak < most
