"""Servers whose people log in at a provider, and browsers that do."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.reading import Json
from tests.e2e.server import Server
from tests.harness.certified_provider import CLIENT, SECRET, log_in

GROUPS = {
    "ledger-readers": {"scopes": ["read"]},
    "ledger-operators": {"scopes": ["operate"], "roles": ["risk_manager"]},
    "ledger-admins": {"scopes": ["admin"]},
}


def oidc(issuer: str, **more: Any) -> dict[str, str]:
    """The settings of a log-in at a provider, as variables."""
    given = {
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scopes": "openid profile groups",
        "groups": json.dumps(GROUPS),
        **more,
    }
    return {
        f"AIRLEDGER_OIDC__{key.upper()}": str(value)
        for key, value in given.items()
        if value is not None
    }


@contextmanager
def ledger_with(data_dir: Path, env: Mapping[str, str], command: str = "serve") -> Iterator[Server]:
    """A server with these settings."""
    with Server(data_dir, env=env, command=command) as server:
        yield server


@contextmanager
def browser(server: Server) -> Iterator[httpx.Client]:
    """A browser that nobody logged in with; it follows no redirection by itself."""
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        yield client


def begin(client: httpx.Client, path: str = "/") -> str:
    """Begins a log-in that shall lead to `path`; where the provider is asked."""
    answer = client.get("/login/provider", params={"next": path})
    assert 303 == answer.status_code, answer.text
    return answer.headers["location"]


def logged_in(client: httpx.Client, account: str, path: str = "/") -> httpx.Response:
    """Logs in over the pages of the certified provider; the answer of the callback."""
    return log_in(client, begin(client, path), account)


def sessions(client: httpx.Client) -> list[Json]:
    """The open sessions that whoever is logged in may see."""
    found: list[Json] = client.get("/v1/sessions").raise_for_status().json()["items"]
    return found
