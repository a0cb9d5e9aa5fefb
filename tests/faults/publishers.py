"""Publishers that never give up: each signal is sent until it is acknowledged, whatever happens."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

import httpx

PATH = "/v1/signals/alertmanager"


@dataclass
class Publisher:
    """Sends the life of one alert after the other: firing, a repeat now and then, resolved.

    `acknowledged` lists (fingerprint, status) in the order of their answers.
    """

    name: str
    url: str
    token: str
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    async def run(self, ending: asyncio.Event) -> None:
        """Publishes until `ending`; the signal under way is sent to its end."""
        async with httpx.AsyncClient(timeout=5) as client:
            for fingerprint, status in self._signals():
                if ending.is_set() and status == "firing":
                    return
                await self._until_acknowledged(client, fingerprint, status)

    def _signals(self) -> Iterator[tuple[str, str]]:
        for number in itertools.count():
            fingerprint = f"{self.name}-{number}"
            yield fingerprint, "firing"
            if number % 3 == 0:
                yield fingerprint, "repeat"
            yield fingerprint, "resolved"

    async def _until_acknowledged(
        self, client: httpx.AsyncClient, fingerprint: str, status: str
    ) -> None:
        body = notification(fingerprint, "resolved" if status == "resolved" else "firing")
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            try:
                answer = await client.post(self.url + PATH, content=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 202:
                self.acknowledged.append((fingerprint, status))
                return
            self.refused.append(answer.status_code)
            await asyncio.sleep(0.05)


def notification(fingerprint: str, status: str, *, group: int | None = None) -> bytes:
    """An Alertmanager body with one alert; alerts of one group share a name."""
    group = crc32(fingerprint.encode()) % 7 if group is None else group
    ended = "2026-11-22T09:30:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    alert = {
        "status": status,
        "labels": {"alertname": f"Latency{group}", "severity": "critical", "system": "assistant"},
        "annotations": {"summary": f"p95 above 2 s on {fingerprint}"},
        "startsAt": "2026-11-22T09:21:11.655398Z",
        "endsAt": ended,
        "generatorURL": "",
        "fingerprint": fingerprint,
    }
    body = {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="Latency{group}"}}',
        "receiver": "airledger",
        "status": status,
        "externalURL": "http://alertmanager.example",
        "truncatedAlerts": 0,
        "alerts": [alert],
    }
    return json.dumps(body).encode()
