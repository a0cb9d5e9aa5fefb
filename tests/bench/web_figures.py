"""The door's figures: a webhook with one and with 32 clients, beside a route that does nothing."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from consumers.access import grant_source
from consumers.runtime import new_id, now, open_ledger
from ledger.execute import Context
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from tests.bench.measuring import Figure

SECONDS = 3.0
CLIENTS = (1, 32)


def figures(directory: Path) -> Iterator[Figure]:
    """Starts a real server on a data directory of its own, and posts to it."""
    settings = Settings(data_dir=directory / "served")
    ledger = open_ledger(settings)
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    token = grant_source(
        ledger.executor, context, "bench", SourceKind.ALERTMANAGER, Scope.PUBLISH
    ).token
    ledger.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", "serve", "--data-dir", str(settings.data_dir)],
        env=os.environ | {"AIRLEDGER_HTTP__PORT": "0", "AIRLEDGER_LOG_LEVEL": "warning"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = _port(server)
        for clients in CLIENTS:
            nothing = asyncio.run(_load(port, clients, _get("/health/live")))
            posting = asyncio.run(_load(port, clients, _webhook(token)))
            label = "client" if clients == 1 else "clients"
            yield Figure(
                f"webhook, {clients} {label}", posting, "a route that does nothing", nothing
            )
    finally:
        server.terminate()
        server.wait(30)


def _port(server: "subprocess.Popen[str]") -> int:
    for line in server.stdout or ():
        if line.startswith("ready "):
            return int(line.rsplit(":", 1)[1])
    raise SystemExit("the server did not start")


def _get(path: str) -> "Requests":
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    while True:
        yield request


def _webhook(token: str) -> "Requests":
    number = time.time_ns()
    while True:
        number += 1
        body = json.dumps(
            {
                "version": "4",
                "groupKey": f'{{}}:{{alertname="Latency{number % 20}"}}',
                "receiver": "airledger",
                "status": "firing",
                "externalURL": "http://alertmanager.example",
                "truncatedAlerts": 0,
                "alerts": [
                    {
                        "status": "firing",
                        "labels": {
                            "alertname": f"Latency{number % 20}",
                            "severity": "critical",
                            "system": "assistant",
                            "instance": str(number),
                        },
                        "annotations": {"summary": "p95 latency above 2 s"},
                        "startsAt": "2026-11-22T09:21:11.655398Z",
                        "endsAt": "0001-01-01T00:00:00Z",
                        "generatorURL": "http://prometheus.example/graph",
                        "fingerprint": f"{number:016x}",
                    }
                ],
            }
        ).encode()
        yield (
            f"POST /v1/signals/alertmanager HTTP/1.1\r\nHost: bench\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )


Requests = Iterator[bytes]


async def _load(port: int, clients: int, requests: Requests) -> float:
    """Requests a second that so many keep-alive clients get answered."""
    done = 0
    deadline = time.perf_counter() + SECONDS

    async def client() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < deadline:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            if head.split(b" ", 2)[1][:1] != b"2":
                raise SystemExit(head.decode())
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.perf_counter() - started)
