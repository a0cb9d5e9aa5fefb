"""A running server with a client of every scope, for tests of the API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from ledger.vocabulary import Scope
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, client, complaints

SOURCE = "alertmanager"
PROBLEM = "application/problem+json"
WAITED = "do not include leaf"
"""A reader waits for what is not there: worth a line in the log, and no fault."""


class Served(NamedTuple):
    """A server, and clients with the tokens of a source, a reader of all, and an operator."""

    server: Server
    source: httpx.Client
    reader: httpx.Client
    operator: httpx.Client

    def report(self, title: str = "Something broke", **fields: str) -> Json:
        """Reports an incident; the answer's body."""
        answer = self.operator.post(
            "/v1/incidents", json={"title": title, "system": "api", **fields}
        )
        assert 201 == answer.status_code, answer.text
        return dict(answer.json())

    def command(
        self, ref: str, name: str, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        """Commands an incident."""
        return self.operator.post(
            f"/v1/incidents/{ref}/{name}",
            json=body or {},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )


@contextmanager
def served(data_dir: Path, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Served from this directory, with nothing to complain about in the end."""
    tokens = (
        add_source(data_dir, SOURCE),
        add_token(data_dir, "reader", Scope.AUDIT),
        add_token(data_dir, "operator", Scope.OPERATE),
    )
    with Server(data_dir, env=env) as server:
        source, reader, operator = (client(server, token) for token in tokens)
        with source, reader, operator:
            yield Served(server, source, reader, operator)
        assert [] == [line for line in complaints(server) if WAITED not in line.get("reason", "")]


def problem(answer: httpx.Response, status: int) -> Json:
    """The RFC 9457 problem that an answer is."""
    assert (status, PROBLEM) == (answer.status_code, answer.headers["content-type"]), answer.text
    told: Json = answer.json()
    assert status == told["status"]
    assert told["title"]
    assert told["detail"]
    return told


def wrong_fields(answer: httpx.Response) -> list[str]:
    """The fields that a 422 names."""
    return [error["field"] for error in problem(answer, 422)["errors"]]
