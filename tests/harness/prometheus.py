"""A real Prometheus on loopback that scrapes gauges which the test sets (measured with 2.42).

It sends an alert anew every `resend_delay` with an end 4 x max(interval, resend_delay) ahead:
stalled for longer, Alertmanager resolves the alert by itself, and the one sent after the stall
has the old startsAt. Below 500ms (an end 2 s ahead) a busy machine resolves on its own.
It finds its targets and Alertmanagers 5 s after each start, and no flag shortens that.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any, Self

import httpx

from tests.components import require
from tests.harness.process import Process


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An alerting rule; `hold` is its `for`."""

    alert: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    hold: str = "0s"

    def body(self) -> dict[str, Any]:
        return {
            "alert": self.alert,
            "expr": self.expr,
            "for": self.hold,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }


class Prometheus:
    """Started as a context manager on a free port; data and log stay in `directory`."""

    def __init__(
        self,
        directory: Path,
        *rules: Rule,
        alertmanagers: Sequence[str],
        interval: str = "250ms",
        resend_delay: str = "500ms",
    ) -> None:
        self._binary = require("prometheus")
        self._directory = directory
        self._resend_delay = resend_delay
        self._rules = rules
        self._alertmanagers = alertmanagers
        self._interval = interval
        self._address = "127.0.0.1:0"
        self._gauges = _Gauges()
        self._process = Process(directory / "prometheus.log")
        self._client = httpx.Client(trust_env=False, timeout=10.0)
        directory.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self._gauges.listen()
        self._configure()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._gauges.close()
        self._client.close()

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    def start(self) -> None:
        self._process.start(
            [
                self._binary,
                f"--config.file={self._directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._directory / 'data'}",
                f"--web.listen-address={self._address}",
                f"--rules.alert.resend-delay={self._resend_delay}",
            ]
        )
        self._address = self._process.address()
        self._process.until(self._ready, "it scrapes and knows its Alertmanagers", within=20.0)

    def set(self, name: str, value: float, **labels: str) -> None:
        """What the scraped target shows from now on."""
        self._gauges.set(name, value, labels)

    def pause(self) -> None:
        """It stalls: nothing is scraped, evaluated or sent."""
        self._process.pause()

    def resume(self) -> None:
        self._process.resume()

    def stop(self) -> None:
        self._process.stop()

    def restart(self) -> None:
        """Alerts without a `for` begin again: their startsAt moves."""
        self.stop()
        self.start()

    def alerts(self) -> list[dict[str, Any]]:
        """Those that its rules hold to be pending or firing."""
        return list(self._get("alerts")["alerts"])

    def _configure(self) -> None:
        rules = {"groups": [{"name": "rig", "rules": [rule.body() for rule in self._rules]}]}
        alertmanagers = [address.removeprefix("http://") for address in self._alertmanagers]
        config = {
            "global": {
                "scrape_interval": self._interval,
                "scrape_timeout": self._interval,
                "evaluation_interval": self._interval,
            },
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {
                    "job_name": "llm",
                    "honor_labels": True,
                    "static_configs": [{"targets": [f"127.0.0.1:{self._gauges.port}"]}],
                }
            ],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": alertmanagers}]}]},
        }
        for name, told in (("rules.yml", rules), ("prometheus.yml", config)):
            text = json.dumps(told, indent=1, ensure_ascii=False)
            (self._directory / name).write_text(text, "utf-8")

    def _ready(self) -> bool:
        try:
            targets = self._get("targets")["activeTargets"]
            alertmanagers = self._get("alertmanagers")["activeAlertmanagers"]
        except httpx.HTTPError:
            return False
        scraped = any(target["health"] == "up" for target in targets)
        return scraped and len(alertmanagers) == len(self._alertmanagers)

    def _get(self, what: str) -> dict[str, Any]:
        answer = self._client.get(f"{self.url}/api/v1/{what}").raise_for_status()
        return dict(answer.json()["data"])


def _quoted(value: str) -> str:
    """A label's value in the exposition format, which knows three escapes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class _Gauges(ThreadingTCPServer):
    """The scraped target."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self._samples: dict[str, float] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def listen(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def set(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        inside = ",".join(f"{key}={_quoted(labels[key])}" for key in sorted(labels))
        self._samples = {**self._samples, f"{name}{{{inside}}}": value}

    def exposition(self) -> bytes:
        return "".join(f"{name} {value}\n" for name, value in self._samples.items()).encode()


class _Handler(BaseHTTPRequestHandler):
    server: _Gauges

    def do_GET(self) -> None:
        text = self.server.exposition()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: Prometheus scrapes several times a second."""
