"""The pages over a register with a hostile incident and a storm, and who may read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token, client

IN_A_BROWSER = pytest.mark.only_on(
    "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
)


HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\"'&amp;"
)

HOSTILE_SYSTEM = "</option></select><b>bold</b>\u202egnol"

HOSTILE_LABEL = "{{ 7 * 7 }}<iframe src=/></iframe>"

SECRET = "The answers name other customers"

STORM = 40


class World(NamedTuple):
    """A server with incidents, and what opens it."""

    server: Server
    reader: str
    operator: str
    source: str
    references: dict[str, str]
    visitor: httpx.Client
    sessions: dict[str, str]

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        """A page as a browser gets it that this token logged in, or none."""
        cookie = [] if token is None else [(b"Cookie", self.session(token).encode())]
        return self.visitor.get(path, headers=[*httpx.Headers(headers).raw, *cookie])

    def session(self, token: str) -> str:
        """The cookie of a session of this token; for an unknown one, a cookie that is none."""
        if token not in self.sessions:
            answer = self.log_in(token=token)
            given = answer.headers.get("set-cookie", f"airledger={'x' * 32}")
            self.sessions[token] = given.partition(";")[0]
        return self.sessions[token]

    def log_in(self, **form: str) -> httpx.Response:
        """What sending the log-in form is answered; the cookie is not kept."""
        answer = self.visitor.post("/login", data=form)
        self.visitor.cookies.clear()
        return answer


@contextmanager
def shown(directory: Path) -> Iterator[World]:
    """Three incidents: one worked on, one with a hostile title, one of a storm of alerts."""
    with Server(directory) as server:
        source = add_source(directory)
        reader = add_token(directory, "ada.lovelace", Scope.AUDIT)
        operator = add_token(directory, "grace.hopper", Scope.OPERATE)
        with client(server, operator) as api:
            worked_on = report(api, title=SECRET, system="support-assistant", severity="critical")
            hostile = report(api, title=HOSTILE, system=HOSTILE_SYSTEM, description=HOSTILE)
            told(api, worked_on, "contain", action="Model taken offline")
            told(api, worked_on, "assign", owner="grace.hopper")
            told(api, worked_on, "ticket", url="https://tickets.example/7")
            refused = api.post(
                f"/v1/incidents/{hostile}/ticket", json={"url": "javascript:alert(1)"}
            )
            assert refused.status_code == 422, refused.text
            told(api, hostile, "contain", action=HOSTILE)
            api.get("/v1/incidents", params={"at_least": storm(server, source, api)})
            items = api.get("/v1/incidents").json()["items"]
        (stormy,) = (each for each in items if each["system"] == "serving")
        references = {"worked on": worked_on, "hostile": hostile, "storm": stormy["reference"]}
        with httpx.Client(base_url=server.url, verify=False) as visitor:
            yield World(server, reader, operator, source, references, visitor, {})


def report(api: httpx.Client, **body: Any) -> str:
    answer = api.post("/v1/incidents", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def told(api: httpx.Client, ref: str, command: str, **body: Any) -> None:
    answer = api.post(f"/v1/incidents/{ref}/{command}", json=body)
    assert answer.status_code == 200, answer.text


def storm(server: Server, source: str, api: httpx.Client) -> int:
    """Posts a storm of alerts in one delivery; returns the log's last leaf."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "GPUNodeDown",
                "system": "serving",
                "severity": "critical",
                "node": HOSTILE_LABEL,
            },
            "annotations": {"summary": f"{HOSTILE_LABEL} node {node}"},
            "startsAt": "2026-01-05T09:15:00Z",
            "fingerprint": f"{node:016x}",
        }
        for node in range(STORM)
    ]
    body = {
        "version": "4",
        "groupKey": "{}",
        "receiver": "airledger",
        "status": "firing",
        "alerts": alerts,
    }
    with client(server, source) as sender:
        answer = sender.post("/v1/signals/alertmanager", json=body)
    assert answer.json()["recorded"] == STORM, answer.text
    [incident] = answer.json()["incidents"]
    began = {"field": "detected_at", "to": "2026-01-05T09:15:00Z", "reason": "It was seen then."}
    assert api.post(f"/v1/incidents/{incident}/amend", json=began).is_success
    commented = api.post(f"/v1/incidents/{incident}/assign", json={"owner": "ada.lovelace"})
    return int(commented.headers["Airledger-Position"])
