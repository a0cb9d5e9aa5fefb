"""An Apache Kafka broker of the test run's own, shared by its workers: the code of infra/kafka.

The first worker that asks starts it, the last one that leaves stops and removes it. Most tests have
topics of names of their own. Those that need the topics as shipped have them one after the other,
made anew for each.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from consumers.kafka.topic_admin import apply
from consumers.topics.topics import topics
from infra.kafka.cluster import Cluster
from ledger.settings import KafkaSettings
from tests.harness.postgres import RUN

WITHIN_SECONDS = 60

_STARTED: list[Cluster] = []
"""Kept to the end: the worker that started it may leave before those that still use it."""


class Broker:
    """A broker that tests share: each works with topics and groups of names of its own."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.servers = cluster.bootstrap_servers
        self._shipped = directory / "shipped"
        self._shipped.mkdir(exist_ok=True)

    @contextmanager
    def shipped(self) -> Iterator[list[str]]:
        """The topics as shipped, empty, and nobody else's meanwhile; the broker's address."""
        with _alone_in(self._shipped):
            asyncio.run(make_anew(self.servers, *topics()))
            yield self.servers


@contextmanager
def shared() -> Iterator[Broker]:
    """The broker of this run."""
    directory = Path(gettempdir()) / f"airledger-kafka-{RUN[:12]}"
    directory.mkdir(exist_ok=True)
    user = directory / f"user-{os.getpid()}"
    cluster = Cluster(directory / "cluster")
    _STARTED.append(cluster)
    with _alone_in(directory):
        user.touch()
        cluster.start()
    try:
        yield Broker(cluster, directory)
    finally:
        with _alone_in(directory):
            user.unlink()
            if not list(directory.glob("user-*")):
                cluster.remove()


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def kafka_at(servers: Sequence[str]) -> KafkaSettings:
    """The settings that name these brokers, and nothing else."""
    return KafkaSettings(bootstrap_servers=tuple(servers))


async def make_anew(servers: Sequence[str], *names: str) -> None:
    """Deletes topics with all that is in them, where they are there, and makes them again."""
    deadline = time.monotonic() + WITHIN_SECONDS
    async with admin_of(servers) as admin:
        await admin.delete_topics(list(names))
        while set(names) & set(await admin.list_topics()):
            await _moment(deadline, f"{names} are still there")
    made: set[str] = set()
    while not set(names) <= made:
        made |= {each.name for each in await apply(kafka_at(servers), len(servers)) if each.created}
        await _moment(deadline, f"of {names} there are {made}")


async def until_in_sync(servers: Sequence[str]) -> None:
    """Returns once every broker has every copy that it is to have, and each partition a leader."""
    deadline = time.monotonic() + WITHIN_SECONDS
    async with admin_of(servers) as admin:
        while behind := await _behind(admin):
            await _moment(deadline, f"copies are behind: {behind}")


async def _behind(admin: Any) -> list[str]:
    try:
        found = await admin.describe_topics()
    except KafkaError as error:
        return [repr(error)]
    return [
        f"{topic['topic']} {partition['partition']}"
        for topic in found
        for partition in topic["partitions"]
        if partition["leader"] < 0 or set(partition["isr"]) != set(partition["replicas"])
    ]


@asynccontextmanager
async def admin_of(servers: Sequence[str]) -> AsyncIterator[Any]:
    """A client for those who look after a cluster."""
    admin = AIOKafkaAdminClient(bootstrap_servers=list(servers))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def _moment(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise AssertionError(what)
    await asyncio.sleep(0.05)
