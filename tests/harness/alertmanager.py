"""A real Alertmanager on loopback (measured with 0.25).

- group_wait may be 0s, group_interval must be above it; 10ms works. A flush tries for at least
  10 s whatever the group_interval, with a back-off that begins at half a second.
- An alert whose startsAt is older than group_wait is flushed at once: a storm given old starts
  arrives in pieces. Leave `starts_at` out to be grouped as in life.
- An alert posted without an end ends by itself `resolve_timeout` later.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from tests.components import require
from tests.harness import routing
from tests.harness.fingerprint import fingerprint
from tests.harness.process import Process
from tests.harness.routing import Cluster, Receiver

FAILED = re.compile(
    r'^alertmanager_notification_requests_failed_total\{integration="webhook"\} (\d+)$',
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What Prometheus would post: a start left out is the time of arrival, an end left out open."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.labels)

    def body(self) -> dict[str, Any]:
        times = {"startsAt": self.starts_at, "endsAt": self.ends_at}
        return {
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "generatorURL": f"http://prometheus.example/graph?g0.expr={self.labels['alertname']}",
            **{name: time.isoformat() for name, time in times.items() if time is not None},
        }


class Alertmanager:
    """Started as a context manager on free ports; data and log stay in `directory`."""

    def __init__(
        self,
        directory: Path,
        *receivers: Receiver,
        external_url: str = "http://alertmanager.example:9093",
        resolve_timeout: str = "5m",
        cluster: Cluster | None = None,
    ) -> None:
        self._binary = require("alertmanager")
        self.external_url = external_url
        self._directory = directory
        self._cluster = cluster
        self._address = "127.0.0.1:0"
        self._cluster_listens = "127.0.0.1:0"
        self._process = Process(directory / "alertmanager.log")
        self._client = httpx.Client(trust_env=False, timeout=10.0)
        directory.mkdir(parents=True, exist_ok=True)
        told = routing.config(receivers, resolve_timeout)
        text = json.dumps(told, indent=1, ensure_ascii=False)
        (directory / "alertmanager.yml").write_text(text, "utf-8")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()  # a pair without gossip takes 5 s to leave its cluster
        self._client.close()

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    @property
    def cluster_address(self) -> str:
        """Where a peer reaches it."""
        return self._cluster_listens

    def join(self, peer: "Alertmanager") -> None:
        """Before the start: meet this peer, which runs."""
        self._cluster = replace(self._cluster or Cluster(), peers=(peer.cluster_address,))

    def start(self) -> None:
        cluster = self._cluster.flags(self._cluster_listens) if self._cluster else None
        self._process.start(
            [
                self._binary,
                f"--config.file={self._directory / 'alertmanager.yml'}",
                f"--storage.path={self._directory / 'data'}",
                f"--web.listen-address={self._address}",
                f"--web.external-url={self.external_url}",
                "--log.level=debug",
                *(cluster or ["--cluster.listen-address="]),
            ]
        )
        self._address = self._process.address()
        self.wait_ready()
        if cluster:
            own = self._status()["cluster"]
            addresses = {peer["name"]: peer["address"] for peer in own["peers"]}
            self._cluster_listens = addresses[own["name"]]

    def wait_ready(self) -> None:
        self._process.until(self._ready, "it is ready")

    def stop(self) -> None:
        """SIGTERM: keeps what it notified (not the alerts: Prometheus sends those again)."""
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL: it forgets its alerts and what it notified since the last snapshot (15 min)."""
        self._process.kill()

    def restart(self) -> None:
        """Stop if it runs, and start on the same data directory and ports."""
        self.stop()
        self.start()

    def fire(
        self,
        labels: Mapping[str, str],
        annotations: Mapping[str, str] | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> Alert:
        alert = Alert(
            labels=labels, annotations=annotations or {}, starts_at=starts_at, ends_at=ends_at
        )
        self.post(alert)
        return alert

    def resolve(self, *alerts: Alert, at: datetime | None = None) -> datetime:
        """End them at `at` (default: now), with their own labels and annotations."""
        ended = at or datetime.now(UTC)
        self.post(*(replace(alert, ends_at=ended) for alert in alerts))
        return ended

    def post(self, *alerts: Alert) -> None:
        """All of them in one request."""
        bodies = [alert.body() for alert in alerts]
        self._client.post(f"{self.url}/api/v2/alerts", json=bodies).raise_for_status()

    def alerts(self) -> list[dict[str, Any]]:
        """Those that it holds to be firing."""
        answer = self._client.get(f"{self.url}/api/v2/alerts").raise_for_status()
        return list(answer.json())

    def failed_requests(self) -> int:
        """Webhook requests so far that got no 2xx, connections refused among them."""
        text = self._client.get(f"{self.url}/metrics").raise_for_status().text
        return sum(int(found[1]) for found in FAILED.finditer(text))

    def flushes(self, system: str) -> int:
        """How often it began to flush a group of this system: one ends before the next begins."""
        group = f'system=\\"{system}\\"'
        return sum("msg=flushing" in line and group in line for line in self._process.lines())

    def until_failed(self, *, more_than: int = 0, within: float = 15.0) -> None:
        what = f"more than {more_than} webhook requests failed"
        self._process.until(lambda: self.failed_requests() > more_than, what, within=within)

    def until_peers(self, count: int) -> None:
        """Wait until it knows so many members of its cluster, itself among them."""
        self._process.until(
            lambda: len(self._status()["cluster"]["peers"]) == count, f"{count} peers meet"
        )

    def _status(self) -> dict[str, Any]:
        answer = self._client.get(f"{self.url}/api/v2/status").raise_for_status()
        return dict(answer.json())

    def _ready(self) -> bool:
        try:
            return self._client.get(f"{self.url}/-/ready").is_success
        except httpx.TransportError:
            return False


@contextmanager
def peers(
    directory: Path,
    *receivers: Receiver,
    peer_timeout: str = "0s",
    gossip: bool = True,
) -> Iterator[tuple[Alertmanager, Alertmanager]]:
    """A clustered pair with different external URLs.

    With gossip and a peer_timeout of a second, one of them sends. Without gossip they never learn
    what the other sent, as in a split network: both send, the second `peer_timeout` later.
    """
    gossip_interval = "50ms" if gossip else "1h"
    cluster = Cluster(peer_timeout=peer_timeout, gossip_interval=gossip_interval)
    with ExitStack() as stack:
        first, second = (
            Alertmanager(
                directory / name,
                *receivers,
                external_url=f"http://alertmanager-{name}.example:9093",
                cluster=cluster,
            )
            for name in ("a", "b")
        )
        stack.enter_context(first)
        second.join(first)
        stack.enter_context(second)
        for member in (first, second):
            member.until_peers(2)
        yield first, second
