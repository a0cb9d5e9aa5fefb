"""What every route answers alike: HEAD and OPTIONS, headers, and addresses behind a proxy."""

from collections.abc import Iterator

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.browser import Document
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.e2e.test_access import ROUTES, Route, World
from tests.harness.process import until

pytestmark = pytest.mark.only_on("sqlite", "what HTTP answers alike is no matter of the store")

CLOUDEVENTS = "/v1/signals/cloudevents"
PROXIED = {
    "AIRLEDGER_HTTP__TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8",
    "AIRLEDGER_HTTP__PATH_PREFIX": "/airledger",
    "AIRLEDGER_HTTP__PUBLIC_URL": "https://ledger.example/airledger",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("methods") / "data") as running:
        yield running
        assert [] == complaints(running)


@pytest.fixture(scope="module")
def admin(server: Server) -> Iterator[httpx.Client]:
    token = add_token(server.data_dir, "admin", Scope.ADMIN)
    with client(server, token) as api:
        api.post("/v1/incidents", json={"title": "t", "system": "s"}).raise_for_status()
        reading.settled(api)
        yield api


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET"], ids=lambda r: r.path)
def test_head_is_get_without_its_body(server: Server, admin: httpx.Client, route: Route) -> None:
    token = admin.headers["authorization"].removeprefix("Bearer ")
    world = World(server, admin, {})
    got, head = (world.ask(Route(each, route.path), token) for each in ("GET", "HEAD"))
    assert (got.status_code, b"") == (head.status_code, head.content)
    assert got.headers.get("content-type") == head.headers.get("content-type")
    if not route.path.startswith(("/health", "/metrics")):  # their bodies change
        # A page says how late it is and how long the log is: one second may need a digit more.
        until(lambda: _sizes_agree(world, route, token), "HEAD to say the size that GET has")
    assert 200 == admin.get("/health/live").status_code


def _sizes_agree(world: World, route: Route, token: str) -> bool:
    got, head = (world.ask(Route(each, route.path), token) for each in ("GET", "HEAD"))
    return bool(got.headers.get("content-length") == head.headers.get("content-length"))


def test_head_without_a_token_is_refused_as_get_is(server: Server) -> None:
    assert 401 == httpx.head(f"{server.url}/v1/incidents").status_code
    assert 405 == httpx.head(f"{server.url}{CLOUDEVENTS}").status_code


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_options_says_without_a_token_which_methods_there_are(server: Server, path: str) -> None:
    answer = httpx.options(f"{server.url}{path.replace('{', '').replace('}', '')}")
    assert 204 == answer.status_code
    told = {each.strip() for each in answer.headers["allow"].split(",")}
    methods = {route.method for route in ROUTES if route.path == path}
    assert methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()) == told
    assert "webhook-allowed-origin" not in answer.headers


@pytest.mark.parametrize("path", [CLOUDEVENTS, f"{CLOUDEVENTS}/{'x' * 32}"])
def test_a_sender_of_cloudevents_is_told_that_it_may_deliver(server: Server, path: str) -> None:
    asked = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    answer = httpx.options(f"{server.url}{path}", headers=asked)
    assert 204 == answer.status_code
    assert "eventgrid.azure.net" == answer.headers["webhook-allowed-origin"]
    assert "*" == answer.headers["webhook-allowed-rate"]
    assert "POST" in answer.headers["allow"]


def test_answers_to_programs_are_not_kept_and_not_guessed_at(
    server: Server, admin: httpx.Client
) -> None:
    for path in ("/v1/incidents", "/v1/events", "/v1/nothing", "/v1/openapi.json"):
        for answer in (admin.get(path), httpx.get(f"{server.url}{path}")):
            assert "no-store" == answer.headers["cache-control"]
            assert "nosniff" == answer.headers["x-content-type-options"]
    assert "immutable" in admin.get("/log/tile/0/000.p/1").headers["cache-control"]
    assert "nosniff" == admin.get("/log/checkpoint").headers["x-content-type-options"]


def test_a_connection_is_kept_between_requests(server: Server) -> None:
    with httpx.Client(base_url=server.url) as sender:
        sender.get("/health/live")
        stream = sender.get("/health/live").extensions["network_stream"]
        assert stream is sender.get("/health/live").extensions["network_stream"]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("proxied") / "data"
    with Server(directory, env=PROXIED) as running:
        yield running
        assert [] == complaints(running)


@pytest.mark.parametrize("prefix", ["", "/airledger"])
def test_behind_a_proxy_links_and_cookie_are_those_of_its_address(
    proxied: Server, prefix: str
) -> None:
    token = add_token(proxied.data_dir, f"reader{len(prefix)}")
    form = {"token": token, "next": "/rca?limit=7"}
    headers = {"X-Forwarded-Proto": "https", "Origin": "https://ledger.example"}
    answer = httpx.post(f"{proxied.url}{prefix}/login", data=form, headers=headers)
    assert "/airledger/rca?limit=7" == answer.headers["location"]
    assert "secure" in answer.headers["set-cookie"].lower()
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    page = Document(httpx.get(f"{proxied.url}{prefix}/", headers=cookie).text)
    links = page.attributes("a", "href") + page.attributes("link", "href")
    links += page.attributes("form", "action") + page.attributes("img", "src")
    assert len(links) > 10
    assert [] == [each for each in links if not each.startswith(("/airledger/", "#"))]
    log = httpx.get(f"{proxied.url}{prefix}/log", headers=cookie).text
    assert "airledger verify --url https://ledger.example/airledger " in log
    source = add_source(proxied.data_dir, f"source{len(prefix)}")
    with client(proxied, source) as sender:
        assert 202 == sender.post(f"{prefix}/v1/signals/alertmanager", json={}).status_code


def test_another_path_with_the_prefix_in_it_is_none(proxied: Server) -> None:
    assert 404 == httpx.get(f"{proxied.url}/airledgerhealth/live").status_code
    assert 200 == httpx.get(f"{proxied.url}/airledger/health/live").status_code
