"""The door's figures: a webhook with one and with 32 clients, beside a route that does nothing.

And the same alerts with their texts beside the log, beside those in the events.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from consumers.access.tokens import grant_source
from consumers.container.ledger import new_id, now, open_ledger
from ledger.execute import Context
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from tests.bench.measuring import Figure
from tests.bench.text_figures import adopt
from tests.harness.texts import BESIDE, INLINE

SECONDS = 3.0
MOST_REQUESTS = 60_000
CLIENTS = (1, 32)
TURNS = 6


def figures(directory: Path) -> Iterator[Figure]:
    """Posts to real servers, each on a data directory of its own."""
    with _served(directory / "served") as (port, token):
        for clients in CLIENTS:
            nothing = _load(port, clients, _get("/health/live"))
            posting = _load(port, clients, _webhook(token))
            label = "client" if clients == 1 else "clients"
            yield Figure(
                f"webhook, {clients} {label}", posting, "a route that does nothing", nothing
            )
    yield _texts_beside(directory)


def _texts_beside(directory: Path) -> Figure:
    """The same alerts with their texts in the events; the two servers take turns."""
    clients, best = CLIENTS[-1], {"inline": 0.0, "beside": 0.0}
    with ExitStack() as opened:
        served = {
            form: opened.enter_context(_served(directory / f"served_{form}", policy))
            for form, policy in (("inline", INLINE), ("beside", BESIDE))
        }
        for run in range(TURNS):
            for form in sorted(served, reverse=bool(run % 2)):
                port, token = served[form]
                best[form] = max(best[form], _load(port, clients, _webhook(token)))
    return Figure(
        f"webhook, {clients} clients, with texts beside the log",
        best["beside"],
        "the same with texts in the events",
        best["inline"],
    )


@contextmanager
def _served(directory: Path, policy: str | None = None) -> Iterator[tuple[int, str]]:
    """The port of a server, and the token of a source; with a policy where one is given."""
    settings = Settings(data_dir=directory)
    ledger = open_ledger(settings)
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    token = grant_source(
        ledger.executor, context, "bench", SourceKind.ALERTMANAGER, Scope.PUBLISH
    ).token
    if policy is not None:
        adopt(ledger, policy)
    ledger.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", "serve", "--data-dir", str(settings.data_dir)],
        env=os.environ | {"AIRLEDGER_HTTP__PORT": "0", "AIRLEDGER_LOG_LEVEL": "warning"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _port(server), token
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


def _load(port: int, clients: int, requests: Requests) -> float:
    """Requests a second that so many keep-alive clients get answered.

    Bare sockets in one thread, and requests made beforehand: on few cores, what a client takes is
    missing to the server.
    """
    ready = deque(islice(requests, MOST_REQUESTS))
    with ExitStack() as opened:
        waiting = opened.enter_context(selectors.DefaultSelector())
        for _ in range(clients):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            waiting.register(connection, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        for key in waiting.get_map().values():
            key.data.sendall(ready.popleft())
        done = 0
        while time.perf_counter() - started < SECONDS and ready:
            for key, _ in waiting.select():
                _read_answer(key.data)
                done += 1
                key.data.sendall(ready.popleft() if ready else b"")
        return done / (time.perf_counter() - started)


def _read_answer(connection: socket.socket) -> None:
    """Reads one answer whole; one that is no success ends the benchmark."""
    head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1][:1] != b"2":
        raise SystemExit(head.decode())
    missing = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))
