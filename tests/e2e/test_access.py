"""Who may do what: every route, by every method, with every kind of token and without one.

The routes come from the application itself: a new one fails here until this table names it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import httpx
import pytest
from litestar.routes import HTTPRoute

from consumers.access import revoke
from consumers.runtime import new_id, now, open_ledger
from consumers.web.app import make_app
from consumers.web.services import Services
from ledger.domain.access import HolderKind
from ledger.execute import Context
from ledger.settings import Settings
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, complaints

UNKNOWN = "x" * 32
HTML = ("/", "/incidents/", "/quarantine", "/counts", "/log", "/static/", "/login", "/logout", "/docs")
OPEN = {
    *("/health/live", "/health/ready", "/log/checkpoint", "/log/vkey", "/log/tile/{path}"),
    *("/static/{name}", "/login", "/logout"),
}


class Route(NamedTuple):
    """A method on a path; parameters in braces, without their types."""

    method: str
    path: str


def registered() -> list[Route]:
    """Every route that the application answers, but for OPTIONS, which the framework adds."""
    app = make_app(cast(Services, SimpleNamespace()))
    return sorted(
        Route(method, re.sub(r"{(\w+):\w+}", r"{\1}", route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    )


ROUTES = registered()


def needs(route: Route) -> str:
    """What a route asks for: open, a scope, or the kind of source that may use it."""
    if route.path in OPEN:
        return "open"
    if found := re.match(r"/v1/signals/(\w+)", route.path):
        return found[1]
    if route.method == "POST" and re.match(r"/v1/(incidents|quarantine)\b", route.path):
        return "operate"
    if route.method == "GET":
        return "read"
    raise AssertionError(f"who may use {route.method} {route.path}? say so in this test")


@dataclass(frozen=True)
class World:
    """A running server and a token of every kind."""

    server: Server
    tokens: dict[str, str]

    def ask(self, route: Route, token: str | None, **more: Any) -> httpx.Response:
        """The answer to a request with a token in the route's own place."""
        filled = {"token": token or "none", "path": "0/000", "name": "mark.svg"}
        path = re.sub(r"{(\w+)}", lambda found: filled.get(found[1], "INC-0"), route.path)
        headers = {"Authorization": f"Bearer {token}"} if token and "{token}" not in route.path else {}
        return httpx.request(route.method, self.server.url + path, headers=headers, **more)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir = tmp_path_factory.mktemp("access") / "data"
    with Server(data_dir, env={"AIRLEDGER_LOG_LEVEL": "debug"}) as server:
        tokens = {
            "read": add_token(data_dir, "reader", Scope.READ),
            "operate": add_token(data_dir, "operator", Scope.OPERATE),
            "admin": add_token(data_dir, "admin", Scope.ADMIN),
            "alertmanager": add_source(data_dir, "alertmanager"),
            "grafana": add_source(data_dir, "grafana", kind=SourceKind.GRAFANA),
            "revoked": add_token(data_dir, "revoked", Scope.ADMIN),
            "revoked source": add_source(data_dir, "revoked"),
        }
        take_back(data_dir, HolderKind.TOKEN, "revoked")
        take_back(data_dir, HolderKind.SOURCE, "revoked")
        yield World(server, tokens)
        assert [] == complaints(server)


def take_back(data_dir: Path, kind: HolderKind, name: str) -> None:
    ledger = open_ledger(Settings(data_dir=data_dir))
    try:
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        revoke(ledger.executor, context, kind, name)
    finally:
        ledger.close()


def allowed(need: str) -> set[str]:
    """Whose tokens a route takes."""
    ranks = ["read", "operate", "admin"]
    return set(ranks[ranks.index(need) :]) if need in ranks else {need}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_opens_to_those_it_is_meant_for_alone(world: World, route: Route) -> None:
    need = needs(route)
    for holder, token in world.tokens.items():
        answer = world.ask(route, token)
        if need == "open" or holder in allowed(need):
            assert answer.status_code not in {401, 403}, (holder, answer.text)
            assert answer.status_code < 500, answer.text
        else:
            assert (401 if "revoked" in holder else 403) == answer.status_code, holder
    for token in (None, UNKNOWN, "short", "ü" * 32):
        answer = world.ask(route, token if token is None or token.isascii() else "%C3%BC" * 32)
        assert (need == "open") == (answer.status_code not in {401, 403}), token
        assert need == "open" or 401 == answer.status_code
        assert need == "open" or "Bearer" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_refusal_says_nothing_of_what_is_behind_it(world: World, route: Route) -> None:
    if needs(route) == "open":
        return
    answer = world.ask(route, None)
    assert "INC-0" not in answer.text.replace(route.path, "").replace("next", "")
    if not route.path.startswith(HTML[1:]) and route.path != "/":
        assert "application/problem+json" == answer.headers["content-type"]
        assert 401 == answer.json()["status"]


def test_every_route_for_programs_is_described(world: World) -> None:
    document = openapi(world)
    described = {
        Route(method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    for_people = {route for route in ROUTES if route.path.startswith(HTML[1:]) or route.path == "/"}
    assert described == set(ROUTES) - {r for r in for_people if not r.path.startswith("/log/")}


def openapi(world: World) -> Json:
    answer = world.ask(Route("GET", "/v1/openapi.json"), world.tokens["read"])
    return dict(answer.raise_for_status().json())
