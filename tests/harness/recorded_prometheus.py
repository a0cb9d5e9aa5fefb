"""A real Prometheus on loopback whose store holds what a test wrote into it (measured with 2.42).

promtool makes blocks of OpenMetrics text, so no time has to pass. Nothing is scraped.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx

from tests.components import require
from tests.harness.process import Process, until

FOR_EVER = "100y"


class RecordedPrometheus:
    """Started as a context manager on a free port, which it keeps over restarts."""

    def __init__(self, directory: Path, openmetrics: str) -> None:
        """`openmetrics` are the samples with their times; `# EOF` is added."""
        self._binary = require("prometheus")
        self._directory = directory
        self._address = "127.0.0.1:0"
        self._process = Process(directory / "prometheus.log")
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "samples.txt").write_text(openmetrics + "# EOF\n", "utf-8")
        (directory / "prometheus.yml").write_text("{}\n", "utf-8")
        self._promtool(
            *("tsdb", "create-blocks-from", "openmetrics"),
            *(directory / "samples.txt", directory / "data"),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    def start(self) -> None:
        self._process.start(
            [
                self._binary,
                f"--config.file={self._directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._directory / 'data'}",
                f"--storage.tsdb.retention.time={FOR_EVER}",
                f"--web.listen-address={self._address}",
            ]
        )
        self._address = self._process.address()
        self._process.until(self._answers, "it answers", within=20)

    def stop(self) -> None:
        self._process.stop()

    def pause(self) -> None:
        """It stalls: connections are taken, and nothing is answered any more."""
        self._process.pause()
        until(lambda: not self._answers(), "it answers nothing")

    def resume(self) -> None:
        self._process.resume()

    def instant(self, expression: str, at: datetime) -> list[dict[str, Any]]:
        """What promtool says that an expression is worth at a time: labels, and time and value."""
        time = f"--time={at.isoformat()}"
        said = self._promtool("query", "--format=json", "instant", time, self.url, expression)
        found: list[dict[str, Any]] = json.loads(said)
        return found

    def _promtool(self, *words: str | Path) -> str:
        promtool = self._binary.with_name("promtool")
        return subprocess.run([promtool, *words], check=True, capture_output=True, text=True).stdout

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False, timeout=0.2).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def recorded(directory: Path, openmetrics: str) -> Iterator[RecordedPrometheus]:
    with RecordedPrometheus(directory, openmetrics) as running:
        yield running
