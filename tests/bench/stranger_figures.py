"""How long a well-behaved sender waits for its answer while strangers do their worst."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from ledger.execute import Context
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from tests.bench.measuring import Figure
from tests.bench.served import Served, latency, served
from tests.harness.crowd import STRANGERS, Crowd, deeds_of

SECONDS = 10.0


def figures(directory: Path, seconds: float = SECONDS) -> Iterator[Figure]:
    """Serves a ledger of its own in `directory`; the sender posts one alert after the other."""
    settings = Settings(data_dir=directory / "strangers")
    ledger = open_ledger(settings)
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    try:
        sources = {"good": SourceKind.ALERTMANAGER, "bad": SourceKind.NATIVE}
        good, bad = (
            grant_source(ledger.executor, context, name, kind, Scope.PUBLISH).token
            for name, kind in sources.items()
        )
        reader = grant_token(ledger.store, ledger.executor, context, "idler", Scope.AUDIT).token
    finally:
        ledger.close()
    with served(settings.data_dir) as server:
        alone = _posting(server, good, seconds)
        with Crowd(server.port, deeds_of(reader, bad)):
            beside = _posting(server, good, seconds)
        memory = server.resident_mib
    name = f"webhook beside {STRANGERS} strangers and a bad source"
    yield latency(name, "the same alone", alone, beside, mib=memory)


def _posting(server: Served, token: str, seconds: float) -> list[float]:
    """How long each answer takes, in seconds, one after the other for so long."""
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    while (began := time.perf_counter()) < ends:
        status, answer = server.send("POST", "/v1/signals/alertmanager", token, _body())
        if status != 202:
            raise SystemExit(f"a well-behaved sender was answered {status}: {answer[:200]!r}")
        taken.append(time.perf_counter() - began)
    return taken


def _body() -> bytes:
    number = time.time_ns()
    alert = {
        "status": "firing",
        "labels": {"alertname": "Latency", "severity": "critical", "system": "assistant"},
        "startsAt": "2026-11-22T09:21:11.655398Z",
        "fingerprint": f"{number:016x}",
    }
    body = {"version": "4", "groupKey": "{}", "receiver": "airledger", "status": "firing"}
    return json.dumps({**body, "alerts": [alert]}).encode()
