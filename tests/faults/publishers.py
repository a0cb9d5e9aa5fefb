"""Clients that never give up: each request is sent until it is acknowledged, whatever happens.

They work side by side, each on alerts and incidents of its own, and know what the ledger must hold.
"""

import asyncio
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zlib import crc32

import httpx

PATH = "/v1/signals/alertmanager"
AGAIN_AFTER_SECONDS = 0.05
TOGETHER = 3
NO_END = "0001-01-01T00:00:00Z"


class Told(NamedTuple):
    """What a body said of an alert, and when that was so."""

    fingerprint: str
    status: str
    at: datetime


@dataclass(kw_only=True)
class Client:
    """Who asks something of a ledger, and knows what was acknowledged."""

    name: str

    async def run(self, ending: asyncio.Event) -> None:
        """Goes on until `ending`; what is under way is brought to its end."""
        raise NotImplementedError


@dataclass(kw_only=True)
class Telling(Client):
    """Tells of alerts. `acknowledged` lists what changed and was acknowledged, in order."""

    acknowledged: list[Told] = field(default_factory=list)


@dataclass(kw_only=True)
class Garbling(Client):
    """Sends bodies that nobody understands; `digests` are those that were acknowledged."""

    digests: set[str] = field(default_factory=set)


@dataclass(kw_only=True)
class Reporting(Client):
    """Reports incidents and contains them; `incidents` are their ids."""

    incidents: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Persistent(Client):
    """Sends each request until it has its answer; anything but a 2xx or a 503 is a failure.

    Where one server does not acknowledge it, the next of `others` is asked, and `url` again.
    """

    url: str
    token: str
    others: tuple[str, ...] = ()
    refused: list[int] = field(default_factory=list)

    async def run(self, ending: asyncio.Event) -> None:
        """Goes on until `ending`; what is under way is brought to its end."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10) as client:
            for number in itertools.count():
                await self.turn(client, number)
                if ending.is_set():
                    return

    async def turn(self, client: httpx.AsyncClient, number: int) -> None:
        """One round of what this client does."""
        raise NotImplementedError

    async def until_answered(
        self, client: httpx.AsyncClient, path: str, body: bytes, key: str = ""
    ) -> httpx.Response:
        """The first answer that is an acknowledgement."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        for url in itertools.cycle((self.url, *self.others)):
            try:
                answer = await client.post(f"{url}{path}", content=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_AFTER_SECONDS)
                continue
            if answer.is_success:
                return answer
            if answer.status_code != 503:
                raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
            self.refused.append(answer.status_code)
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
        raise AssertionError("there is always one more to ask")


@dataclass(kw_only=True)
class Publisher(Persistent, Telling):
    """Tells the episodes of alerts, some together: firing, a repeat now and then, resolved, again.

    A repeat changes nothing.
    """

    async def turn(self, client: httpx.AsyncClient, number: int) -> None:
        """One episode of a few alerts; every second time of those that fired the last time."""
        keys = [f"{self.name}-{number // 2}-{n}" for n in range(1 + number % TOGETHER)]
        for status in ("firing", "resolved"):
            told = [Told(key, status, datetime.now(UTC)) for key in keys]
            answer = await self.until_answered(client, PATH, notification(told))
            assert len(told) == answer.json()["recorded"] + answer.json()["repeats"]
            self.acknowledged += told
            if number % 3 == 0:
                repeated = await self.until_answered(client, PATH, notification(told))
                assert 0 == repeated.json()["recorded"]


@dataclass(kw_only=True)
class Garbler(Persistent, Garbling):
    """Sends bodies that nobody understands."""

    async def turn(self, client: httpx.AsyncClient, number: int) -> None:
        """One body, different from all others."""
        body = f'{{"version": "4", "alerts": "{self.name}-{number}'.encode()
        answer = await self.until_answered(client, PATH, body)
        assert 1 == answer.json()["quarantined"]
        self.digests.add(hashlib.sha256(body).hexdigest())
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


@dataclass(kw_only=True)
class Reporter(Persistent, Reporting):
    """Reports incidents and contains them, under idempotency keys."""

    async def turn(self, client: httpx.AsyncClient, number: int) -> None:
        """One incident, reported and contained."""
        key = f"{self.name}-{number}"
        body = json.dumps({"title": key, "system": "reported", "severity": "low"}).encode()
        reported = await self.until_answered(client, "/v1/incidents", body, key)
        incident = reported.json()["id"]
        assert 201 == reported.status_code
        path = f"/v1/incidents/{incident}/contain"
        contained = await self.until_answered(client, path, b'{"action": "off"}', f"{key}-off")
        assert '"2"' == contained.headers["etag"]
        self.incidents.append(incident)


class Watcher:
    """Fetches the checkpoint all the time; `seen` are those served, in order."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._news = asyncio.Event()
        self.seen: list[bytes] = []

    async def run(self, ending: asyncio.Event) -> None:
        """Goes on until `ending`."""
        async with httpx.AsyncClient(base_url=self._url, timeout=10) as client:
            while not ending.is_set():
                try:
                    answer = await client.get("/log/checkpoint")
                except httpx.TransportError:
                    await asyncio.sleep(AGAIN_AFTER_SECONDS)
                    continue
                if answer.is_success and answer.content not in self.seen[-1:]:
                    self.seen.append(answer.content)
                    self._news.set()
                await asyncio.sleep(0.01)

    async def until_more(self, count: int, within: float = 20) -> None:
        """Waits for so many new checkpoints: the server is at work."""
        wanted = len(self.seen) + count
        async with asyncio.timeout(within):
            while len(self.seen) < wanted:
                self._news.clear()
                await self._news.wait()


def notification(told: list[Told]) -> bytes:
    """An Alertmanager body; alerts of one group share a name."""
    body = {
        "version": "4",
        "groupKey": "{}:{}",
        "receiver": "airledger",
        "status": told[0].status,
        "externalURL": "http://alertmanager.example",
        "truncatedAlerts": 0,
        "alerts": list(_alerts(told)),
    }
    return json.dumps(body).encode()


def _alerts(told: list[Told]) -> Iterator[dict[str, Any]]:
    for fingerprint, status, at in told:
        group = f"Latency{crc32(fingerprint.encode()) % 7}"
        yield {
            "status": status,
            "labels": {"alertname": group, "severity": "critical", "system": "assistant"},
            "annotations": {"summary": f"p95 above 2 s on {fingerprint}"},
            "startsAt": at.isoformat(),
            "endsAt": at.isoformat() if status == "resolved" else NO_END,
            "generatorURL": "",
            "fingerprint": fingerprint,
        }
