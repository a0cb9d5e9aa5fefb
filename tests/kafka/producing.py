"""Clients that publish through Kafka with acks=all, and know what the ledger must hold of it.

What they say is what those over HTTP say; see tests/faults/publishers.py.
"""

import asyncio
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from consumers.kafka.clients import stop_client
from consumers.topics.topics import COMMANDS, SIGNALS
from ledger.domain.identity import opened_under
from tests.faults.publishers import (
    AGAIN_AFTER_SECONDS,
    TOGETHER,
    Client,
    Garbling,
    Reporting,
    Telling,
    Told,
    notification,
)
from tests.kafka.intake_harness import Header, binary, of

LANES = 4
METADATA_AGE_MS = 2_000


@dataclass(kw_only=True)
class Producing(Client):
    """Sends each record until it is acknowledged. `source` is who it says that it is."""

    servers: Sequence[str]
    source: str
    _client: AIOKafkaProducer | None = field(default=None, repr=False)
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def run(self, ending: asyncio.Event) -> None:
        """Goes on until `ending`; what is under way is brought to its end."""
        try:
            for number in itertools.count():
                await self.turn(number)
                if ending.is_set():
                    return
        finally:
            if self._client is not None:
                await stop_client(self._client)

    async def turn(self, number: int) -> None:
        """One round of what this client does."""
        raise NotImplementedError

    async def until_acknowledged(
        self, topic: str, key: str, body: bytes, headers: Sequence[Header]
    ) -> None:
        """Returns when it is in Kafka, where it may be twice."""
        given = {"key": key.encode(), "headers": list(headers)}
        while True:
            client = await self._connected()
            try:
                await client.send_and_wait(topic, body, **given)
            except KafkaError:
                if self._client is client:
                    self._client = None
                    await stop_client(client)
                await asyncio.sleep(AGAIN_AFTER_SECONDS)
            else:
                return

    async def _connected(self) -> AIOKafkaProducer:
        """The producer at work, made anew where the last one failed."""
        async with self._connecting:
            while self._client is None:
                client = AIOKafkaProducer(
                    bootstrap_servers=list(self.servers),
                    acks="all",
                    enable_idempotence=True,
                    metadata_max_age_ms=METADATA_AGE_MS,
                )
                try:
                    await client.start()
                except KafkaError:
                    await stop_client(client)
                    await asyncio.sleep(AGAIN_AFTER_SECONDS)
                else:
                    self._client = client
        return self._client


@dataclass(kw_only=True)
class KafkaPublisher(Producing, Telling):
    """Tells the episodes of alerts, some together: firing, a repeat now and then, resolved, again.

    In several lanes at once; all of an alert's signals have one key.
    """

    async def turn(self, number: int) -> None:
        """One episode of a few alerts a lane; every second time of those that fired before."""
        await asyncio.gather(*(self._episode(lane, number) for lane in range(LANES)))
        await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _episode(self, lane: int, number: int) -> None:
        key = f"{self.name}.{lane}-{number // 2}"
        for status in ("firing", "resolved"):
            told = [
                Told(f"{key}-{n}", status, datetime.now(UTC)) for n in range(1 + number % TOGETHER)
            ]
            for _ in range(2 if number % 3 == 0 else 1):
                headers = of(self.source, "alertmanager")
                await self.until_acknowledged(SIGNALS, key, notification(told), headers)
            self.acknowledged += told


@dataclass(kw_only=True)
class KafkaGarbler(Producing, Garbling):
    """Sends bodies that nobody understands."""

    async def turn(self, number: int) -> None:
        """One body, different from all others."""
        body = f'{{"version": "4", "alerts": "{self.name}-{number}'.encode()
        await self.until_acknowledged(SIGNALS, self.name, body, of(self.source, "alertmanager"))
        self.digests.add(hashlib.sha256(body).hexdigest())
        await asyncio.sleep(AGAIN_AFTER_SECONDS)


@dataclass(kw_only=True)
class KafkaReporter(Producing, Reporting):
    """Reports incidents and contains them, as CloudEvents with ids of their own."""

    async def turn(self, number: int) -> None:
        """One incident, reported and contained."""
        key = f"{self.name}-{number}"
        title = {"title": key, "system": "reported", "severity": "low"}
        for command, data in (("report", title), ("contain", {"action": "off"})):
            event = binary(f"airledger.incident.{command}", f"{key}-{command}", subject=key)
            headers = [*event, *of(self.source, None)]
            await self.until_acknowledged(COMMANDS, key, json.dumps(data).encode(), headers)
        self.incidents.append(str(opened_under("incident", f"source/{self.source}", key)))
        await asyncio.sleep(AGAIN_AFTER_SECONDS)
