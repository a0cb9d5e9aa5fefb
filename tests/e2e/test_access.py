"""Who may do what: every route, by every method, with every kind of token and without one.

The routes come from the application itself: a new one fails here until this table names it.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from litestar.routes import HTTPRoute

from consumers.access.tokens import revoke
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.access import HolderKind
from ledger.execute import Context
from ledger.vocabulary import Scope, SourceKind
from tests.docs import http_page
from tests.e2e.server import Server, add_source, add_token, complaints
from tests.harness.homes import settings_of

UNKNOWN = "x" * 32
FOR_PEOPLE = re.compile(
    r"/|/(incidents|systems|releases|evidence|improvements|measurements|breaches|triggers|readings|reviews|risks|standards|controls|reports|deliveries|acknowledge|static|quarantine|policy|events|sessions|roles|persons|retention)\b.*|/(access|reads|raci|risk-report|governance|rca|counts|coverage|objectives(/\{name\})?|today|trends|alerts|log|login(/\w+)?|logout|docs)"
)
OF_THE_FRAMEWORK = re.compile(r"/v1/openapi\.json/.*")
OPEN = {
    *("/health/live", "/health/ready", "/log/checkpoint", "/log/vkey", "/log/tile/{path}"),
    *("/static/{name}", "/login", "/logout"),
    *("/v1/login", "/v1/login/code", "/v1/logout", "/login/provider", "/login/callback"),
    *("/acknowledge/{secret}", "/v1/releases/key"),
}
NOT_SET, NO_CODE, NO_LINK = 404, 422, 404
OTHERWISE = {
    "/login/provider": NOT_SET,
    "/login/callback": NOT_SET,
    "/v1/login/code": NO_CODE,
    "/acknowledge/{secret}": NO_LINK,
    "/v1/releases/key": NOT_SET,
}
"""How an open route answers where there is no provider or link, or nothing is sent."""
IN_BODY = "/v2/enqueue"
"""Takes its token in the body, and answers in the form of PagerDuty's Events API v2."""

SIGNED = "/v1/webhooks/{source}"
"""Takes no token: the body is signed by the source that the path names."""


class Route(NamedTuple):
    """A method on a path; parameters in braces, without their types."""

    method: str
    path: str


def registered() -> list[Route]:
    """Every route that the application answers, but for OPTIONS, which the framework adds."""
    return sorted(
        Route(method, re.sub(r"{(\w+):\w+}", r"{\1}", route.path))
        for route in http_page.application().routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    )


ROUTES = registered()


def needs(route: Route) -> str:
    """What a route asks for: open, a scope, or the kind of source that may use it."""
    if route.path in OPEN:
        return "open"
    if route.path == "/login/cli":
        return "person"  # no token, and no session that a token began
    if found := re.match(r"/v1/signals/(\w+)", route.path):
        return found[1]
    if route.path == IN_BODY:
        return "pagerduty"
    if route.path == SIGNED:
        return "a signature"
    if re.match(r"(/v1)?/reports\b(?!/risk$)", route.path) or route in REPORTING:
        return "report"
    if route in {Route("GET", "/"), Route("GET", "/v1/token")}:
        return "read or report"
    if route.method == "POST" and re.match(
        r"(/v1)?/(incidents|quarantine|reviews|systems|releases|evidence|improvements|measurements|risks|standards|controls)\b",
        route.path,
    ):
        return "operate"
    if route.path.endswith("/new") and route.path.strip("/").partition("/")[0] in OPENED:
        return "operate"
    if route in RAW:
        return "audit"
    if route.path in {"/policy/new", "/access", "/v1/tokens", "/reads", "/v1/reads"} or (
        route.method == "POST" and re.match(r"(/v1)?/policy\b", route.path)
    ):
        return "admin"
    if route.method == "POST" and re.match(r"(/v1)?/roles/(grant|revoke|join)$", route.path):
        return "admin"
    if re.match(r"(/v1)?/roles/(delegate|end-delegation)$", route.path):
        return "operate"  # of a role of one's own
    if re.match(r"(/v1)?/(persons|retention|erasures)\b", route.path):
        return "admin"
    if route.method == "GET" or re.match(r"(/v1)?/sessions\b", route.path):
        return "read"  # of a session: one's own
    raise AssertionError(f"who may use {route.method} {route.path}? say so in this test")


OPENED = (
    *("systems", "releases", "evidence", "improvements", "measurements", "risks"),
    *("standards", "controls"),
)
"""The lists whose streams are opened by a form."""
REPORTING = {
    Route("GET", "/incidents/new"),
    Route("POST", "/incidents"),
    Route("POST", "/v1/incidents"),
}
RAW = {
    Route("GET", "/v1/events"),
    Route("GET", "/v1/texts"),
    Route("GET", "/log/tile/entries/{path}"),
}
"""They give the exact stored events, and the texts beside them."""
ENDLESS = Route("GET", "/events/updates")
"""Its answer is a stream: only the head is looked at."""
PLACES = {"/log/tile/{path}": "0/000.p/1", "/log/tile/entries/{path}": "000.p/1"}
"""What stands in a path, where it is more than a name."""


@dataclass(frozen=True)
class World:
    """A running server and a token of every kind."""

    server: Server
    client: httpx.Client
    tokens: dict[str, str]

    def ask(self, route: Route, token: str | None, content: bytes | None = None) -> httpx.Response:
        """The answer to a request with a token in the route's own place."""
        path = PLACES.get(route.path, "x")
        filled = {"token": token or "none", "path": path, "name": "mark.svg", "ref": "INC-0"}
        url = re.sub(r"{(\w+)}", lambda found: filled.get(found[1], "x"), route.path)
        in_header = token and "{token}" not in route.path and route.path != IN_BODY
        headers = {"Authorization": f"Bearer {token}"} if in_header else {}
        if route.path == IN_BODY and content is None:
            content = json.dumps({"routing_key": token} if token else {}).encode()
        if route == ENDLESS:
            with self.client.stream(route.method, url, headers=headers) as answer:
                if answer.status_code != 200:
                    answer.read()
            return answer
        return self.client.request(route.method, url, headers=headers, content=content)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir = tmp_path_factory.mktemp("access") / "data"
    with (
        Server(data_dir, env={"AIRLEDGER_LOG_LEVEL": "debug"}) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        tokens = {
            "report": add_token(data_dir, "reporter", Scope.REPORT),
            "audit": add_token(data_dir, "auditor", Scope.AUDIT),
            "read": add_token(data_dir, "reader", Scope.READ),
            "operate": add_token(data_dir, "operator", Scope.OPERATE),
            "admin": add_token(data_dir, "admin", Scope.ADMIN),
            "alertmanager": add_source(data_dir, "alertmanager"),
            "grafana": add_source(data_dir, "grafana", kind=SourceKind.GRAFANA),
            "cloudevents": add_source(data_dir, "cloudevents", kind=SourceKind.CLOUDEVENTS),
            "native": add_source(data_dir, "native", kind=SourceKind.NATIVE),
            "pagerduty": add_source(data_dir, "pagerduty", kind=SourceKind.PAGERDUTY),
            "revoked": add_token(data_dir, "revoked", Scope.ADMIN),
            "revoked source": add_source(data_dir, "revoked"),
        }
        take_back(data_dir, HolderKind.TOKEN, "revoked")
        take_back(data_dir, HolderKind.SOURCE, "revoked")
        yield World(server, client, tokens)
        assert [] == complaints(server)


def take_back(data_dir: Path, kind: HolderKind, name: str) -> None:
    ledger = open_ledger(settings_of(data_dir))
    try:
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        revoke(ledger.executor, context, kind, name)
    finally:
        ledger.close()


def allowed(need: str) -> set[str]:
    """Whose tokens a route takes."""
    return ALLOWED.get(need, {need})


ALLOWED = {
    "report": {"report", "operate", "admin"},
    "read": {"read", "audit", "operate", "admin"},
    "read or report": {"report", "read", "audit", "operate", "admin"},
    "audit": {"audit", "admin"},
    "operate": {"operate", "admin"},
    "admin": {"admin"},
}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_opens_to_those_it_is_meant_for_alone(world: World, route: Route) -> None:
    need = needs(route)
    for holder, token in world.tokens.items():
        answer = world.ask(route, token)
        if route == Route("POST", "/login"):
            assert 401 == answer.status_code  # it takes the form's token, no header's
        elif need == "open" or holder in allowed(need):
            assert answer.status_code not in {401, 403}, (holder, answer.text)
            assert answer.status_code < 500, answer
        else:
            unknown = "revoked" in holder or route.path == SIGNED
            assert_refused(route, answer, 401 if unknown else 403)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_without_a_token_that_is_known_only_open_routes_answer(world: World, route: Route) -> None:
    for token in (None, UNKNOWN, "short", "%C3%BC" * 16, "a" * 5_000):
        answer = world.ask(route, token)
        if route == Route("POST", "/login"):
            assert 401 == answer.status_code  # the form, once more
        elif needs(route) == "open":
            assert answer.status_code in {200, 303, OTHERWISE.get(route.path)}
        else:
            assert_refused(route, answer, 401)
            assert "Bearer" in answer.headers["www-authenticate"]


def assert_refused(route: Route, answer: httpx.Response, status: int) -> None:
    assert status == answer.status_code, answer.text
    if route.path == IN_BODY:
        assert "application/json" == answer.headers["content-type"]
        assert {"status", "message", "errors"} == answer.json().keys()
        return
    if not FOR_PEOPLE.fullmatch(route.path):
        assert "application/problem+json" == answer.headers["content-type"]
        assert status == answer.json()["status"]


def test_every_route_for_programs_is_described(world: World) -> None:
    document = world.ask(Route("GET", "/v1/openapi.json"), world.tokens["read"]).json()
    described = {
        Route(method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    untold = (FOR_PEOPLE, OF_THE_FRAMEWORK, re.compile(r"/v1/openapi\.json"))
    expected = {r for r in ROUTES if not any(each.fullmatch(r.path) for each in untold)}
    assert expected == described


def test_the_entries_of_a_public_log_are_open_and_nothing_else(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "data", env={"AIRLEDGER_LOG__PUBLIC": "true"}) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        world = World(server, client, {})
        guarded = [route for route in ROUTES if needs(route) != "open"]
        opened = [r for r in guarded if world.ask(r, None).status_code != 401]
    assert [Route("GET", "/log/tile/entries/{path}")] == opened


def basic(password: str, user: str = "whoever") -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Bearer {token}", id="bearer"),
        pytest.param("bearer   {token}", id="any case and spaces"),
        pytest.param("{basic}", id="basic password"),
    ],
)
def test_a_token_comes_in_a_header_as_senders_can(world: World, header: str) -> None:
    token = world.tokens["read"]
    given = header.format(token=token, basic=basic(token))
    answer = httpx.get(f"{world.server.url}/v1/policy", headers={"Authorization": given})
    assert 200 == answer.status_code


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Basic", "Basic ?", "Digest {token}", "{token}", "Token {token}"),
        *("Basic {token}", "Bearer {token} {token}", 'Bearer "{token}"', "Bearer {token}x"),
    ],
)
def test_another_header_opens_nothing(world: World, header: str) -> None:
    given = header.format(token=world.tokens["admin"])
    answer = httpx.get(f"{world.server.url}/v1/policy", headers={"Authorization": given})
    assert 401 == answer.status_code


def test_a_path_takes_a_token_on_intake_routes_alone(world: World) -> None:
    url, body = f"{world.server.url}/v1/signals/alertmanager", b"{}"
    token = world.tokens["alertmanager"]
    assert 202 == httpx.post(f"{url}/{token}", content=body).status_code
    assert 202 == httpx.post(url, content=body, auth=("", token)).status_code
    assert 401 == httpx.post(f"{url}?token={token}", content=body).status_code
    reader = world.tokens["read"]
    assert httpx.get(f"{world.server.url}/v1/policy/{reader}").status_code in {401, 404}


def test_the_cookie_of_a_browser_reads_and_commands_nothing(world: World) -> None:
    with httpx.Client(base_url=world.server.url) as browser:
        assert 303 == browser.post("/login", data={"token": world.tokens["admin"]}).status_code
        assert browser.cookies["airledger"] != world.tokens["admin"]
        assert 200 == browser.get("/v1/incidents").status_code
        report = {"title": "Forged", "system": "s"}
        assert 401 == browser.post("/v1/incidents", json=report).status_code


def test_a_token_revoked_by_another_process_opens_nothing_from_then_on(world: World) -> None:
    data_dir = world.server.data_dir
    reader, source = add_token(data_dir, "leaving"), add_source(data_dir, "leaving")
    asked = [
        (Route("GET", "/v1/incidents"), reader),
        (Route("POST", "/v1/signals/alertmanager"), source),
        (Route("POST", "/v1/signals/alertmanager/{token}"), source),
    ]
    assert [200, 202, 202] == [world.ask(*each).status_code for each in asked]
    take_back(data_dir, HolderKind.TOKEN, "leaving")
    take_back(data_dir, HolderKind.SOURCE, "leaving")
    assert [401, 401, 401] == [world.ask(*each).status_code for each in asked]


def test_no_token_is_ever_logged(world: World) -> None:
    for token in world.tokens.values():
        world.ask(Route("POST", "/v1/signals/alertmanager/{token}"), token, content=b"{")
        world.ask(Route("POST", "/v1/signals/nothing/{token}"), token)
        world.ask(Route("GET", "/v1/signals/alertmanager/{token}"), token)
        world.ask(Route("POST", "/v1/signals/grafana/{token}"), token, content=b"{")
        world.ask(Route("POST", IN_BODY), token)
        world.ask(Route("POST", IN_BODY), token, content=b'{"routing_key": "%s"' % token.encode())
    secrets = {*world.tokens.values(), UNKNOWN}
    assert [] == [line for line in world.server.log.splitlines() if any(s in line for s in secrets)]
