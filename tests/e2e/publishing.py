"""A running server and sources of CloudEvents and native signals, for tests of what they send."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, client, complaints

EVENTS, NATIVE = "/v1/signals/cloudevents", "/v1/signals/native"
COMMAND = "airledger.incident."
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


def event(own_id: str, kind: str = "example.failed", **members: Any) -> Json:
    """An event of the pipeline."""
    return {"specversion": "1.0", "id": own_id, "source": "/ci", "type": kind, **members}


def command(own_id: str, name: str, subject: str, data: Json | None = None) -> Json:
    """An event that is a command."""
    more = {} if data is None else {"data": data}
    return event(own_id, f"{COMMAND}{name}", subject=subject, **more)


class Sources(NamedTuple):
    """Clients of a source that may operate, one that may publish, a native one, and an operator."""

    server: Server
    pipeline: httpx.Client
    outsider: httpx.Client
    native: httpx.Client
    operator: httpx.Client

    def send(self, *events: Json, by: httpx.Client | None = None) -> Json:
        """Sends one event, or several as a batch; the answer."""
        content, headers = (
            (json.dumps(events), BATCH) if len(events) > 1 else (json.dumps(events[0]), STRUCTURED)
        )
        return self.taken((by or self.pipeline).post(EVENTS, content=content, headers=headers))

    def binary(self, body: bytes, by: httpx.Client | None = None, **headers: str) -> Json:
        """Sends a binary event; `ce_id` is the header ce-id."""
        base = {"ce-specversion": "1.0", "ce-source": "/ci", "ce-type": "example.failed"}
        given = base | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.taken((by or self.pipeline).post(EVENTS, content=body, headers=given))

    def signal(self, body: Any) -> Json:
        """Sends a native signal, or a list of them."""
        return self.taken(self.native.post(NATIVE, json=body))

    @staticmethod
    def taken(answer: httpx.Response) -> Json:
        """The answer to a body, which is always taken, every part of it counted once."""
        assert 202 == answer.status_code, answer.text
        told: Json = answer.json()
        assert told["received"] == told["recorded"] + told["repeats"] + told["quarantined"]
        return told

    def report(self, title: str = "Something broke") -> Json:
        """An incident, reported by the operator."""
        answer = self.operator.post("/v1/incidents", json={"title": title, "system": "chat"})
        return dict(answer.raise_for_status().json())

    def shown(self, incident: str) -> Json:
        """An incident as it is now."""
        reading.settled(self.operator)
        return dict(self.operator.get(f"/v1/incidents/{incident}").raise_for_status().json())

    def history(self, incident: str) -> list[Json]:
        """The events of an incident."""
        return reading.events(self.operator, subject=f"incident/{incident}")

    def quarantined(self, source: str = "ci") -> list[Json]:
        """A source's open entries, newest first."""
        answer = self.operator.get("/v1/quarantine", params={"state": "open"}).raise_for_status()
        return [entry for entry in answer.json()["items"] if entry["source"] == source]

    def entry(self, entry: str) -> Json:
        """An entry, with all that was kept of it."""
        shown = self.operator.get(f"/v1/quarantine/{entry}").raise_for_status().json()
        return dict(shown["entry"])

    def retry(self, entry: str) -> httpx.Response:
        """Has an entry taken once more."""
        return self.operator.post(f"/v1/quarantine/{entry}/retry")


def counts(told: Json) -> tuple[int, int, int]:
    """Recorded, repeats and quarantined."""
    return told["recorded"], told["repeats"], told["quarantined"]


@contextmanager
def sources(data_dir: Path) -> Iterator[Sources]:
    """Served from this directory; well, and with a sound log, at the end."""
    tokens = (
        add_source(data_dir, "ci", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE),
        add_source(data_dir, "outsider", kind=SourceKind.CLOUDEVENTS),
        add_source(data_dir, "native", kind=SourceKind.NATIVE),
        add_token(data_dir, "operator", Scope.ADMIN),
    )
    with Server(data_dir) as server:
        pipeline, outsider, native, operator = (client(server, token) for token in tokens)
        with pipeline, outsider, native, operator:
            yield Sources(server, pipeline, outsider, native, operator)
        assert [] == complaints(server)
    reading.verified(data_dir)
