"""A real server in a process of its own, as the figures about queries and memory use it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.bench.measuring import Figure

LONGEST_SECONDS = 600.0


@dataclass
class Served:
    """One keep-alive connection to a server that runs all loops."""

    connection: http.client.HTTPConnection
    pid: int

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.connection.port

    def get(self, path: str, token: str) -> tuple[int, bytes]:
        """Status and body."""
        return self.send("GET", path, token)

    def send(
        self, method: str, path: str, token: str, body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one request."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def must(self, path: str, token: str) -> bytes:
        """The body of what has to be answered."""
        status, body = self.get(path, token)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:300]!r}")
        return body

    def wait_until_visible(self, leaf: int, token: str) -> None:
        """Until the read models have folded a leaf."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while self.get(f"/v1/incidents?limit=1&at_least={leaf}", token)[0] != 200:
            if time.monotonic() > deadline:
                raise SystemExit(f"leaf {leaf} was not visible within {LONGEST_SECONDS} s")

    @property
    def resident_mib(self) -> float:
        """What of its memory is in main memory."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def served(data_dir: Path, env: Mapping[str, str] = MappingProxyType({})) -> Iterator[Served]:
    """Starts it on a free port, and ends it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", "serve", "--data-dir", str(data_dir)],
        env={**os.environ, "AIRLEDGER_HTTP__PORT": "0", "AIRLEDGER_LOG_LEVEL": "error", **env},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in server.stdout or ():
            if line.startswith("ready "):
                port = int(line.rsplit(":", 1)[1])
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                yield Served(connection, server.pid)
                connection.close()
                return
        raise SystemExit("the server did not start")
    finally:
        server.terminate()
        server.wait(60)


def latency(
    name: str, limit_name: str, limit: Sequence[float], taken: Sequence[float], **more: Any
) -> Figure:
    """A figure out of single times in seconds: a second's worth of them, and their percentiles."""
    extra = {
        "p50_ms": percentile(taken, 0.5) * 1e3,
        "p99_ms": percentile(taken, 0.99) * 1e3,
        **more,
    }
    return Figure(name, len(taken) / sum(taken), limit_name, len(limit) / sum(limit), extra=extra)


def times(run: Callable[[], object], runs: int) -> list[float]:
    """How long each run takes, in seconds, after one that does not count."""
    run()
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return taken


def percentile(taken: Sequence[float], share: float) -> float:
    """The time that so large a share of them does not exceed."""
    return sorted(taken)[min(len(taken) - 1, int(share * len(taken)))]
