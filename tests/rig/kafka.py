"""An Apache Kafka broker of the test run's own, shared by its workers: the code of infra/kafka.

The first worker that asks starts it, the last one that leaves stops and removes it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from infra.kafka.cluster import Cluster
from tests.rig.postgres import RUN

_STARTED: list[Cluster] = []
"""Kept to the end: the worker that started it may leave before those that still use it."""


class Broker:
    """A broker that tests share: each works with topics and groups of names of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.servers = cluster.bootstrap_servers


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
        yield Broker(cluster)
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
