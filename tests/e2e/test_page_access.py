"""Who sees the pages: logging in and out, sessions, and what keeps browsers strict."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.browser import Document, log_in_link
from tests.e2e.driving import document_at
from tests.e2e.register_pages import IN_A_BROWSER, SECRET, World, shown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with shown(tmp_path_factory.mktemp("pages") / "data") as world:
        yield world


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_without_a_token_a_browser_sees_the_log_in_form_alone(
    world: World,
) -> None:
    page = document_at(f"{world.server.url}/")
    assert page.title == "Log in · airledger"
    assert SECRET not in page.text
    wrong = document_at(log_in_link(world.server.url, "x" * 32))
    assert "Invalid token" in wrong.text
    assert SECRET not in wrong.text


@pytest.mark.parametrize("path", ["/", "/incidents/{hostile}", "/quarantine", "/policy", "/log"])
@pytest.mark.parametrize("token", [None, "", "x" * 32, "\u00e9"])
def test_a_page_without_a_valid_token_is_401_and_the_form(
    world: World, path: str, token: str | None
) -> None:
    path = path.format(**world.references)
    answer = world.get(f"{path}?month=2026-11", token)
    page = Document(answer.text)
    assert (401, "Log in · airledger") == (answer.status_code, page.title)
    assert [f"{path}?month=2026-11"] == [
        value for tag, each in page.tags if each.get("name") == "next" and (value := each["value"])
    ]
    assert "INC-" not in page.text


def test_the_api_answers_problems_and_not_pages(world: World) -> None:
    for path in ("/v1/incidents", "/v1/nothing", "/log/tile/9/9"):
        answer = world.get(path, Accept="text/html")
        assert answer.status_code in {401, 404}
        assert "application/problem+json" == answer.headers["content-type"]


def test_logging_in_sets_a_cookie_that_no_script_reads_and_logging_out_ends_it(
    world: World,
) -> None:
    with httpx.Client(base_url=world.server.url, verify=False) as visitor:
        form = {"token": f" {world.reader}\n", "next": "/quarantine?state=open"}
        answer = visitor.post("/login", data=form)
        assert (303, "/quarantine?state=open") == (answer.status_code, answer.headers["location"])
        attributes = answer.headers["set-cookie"].lower()
        assert "httponly" in attributes
        assert "samesite=strict" in attributes
        assert "secure" not in attributes
        assert 200 == visitor.get("/").status_code
        assert 200 == visitor.get("/v1/incidents").status_code
        assert 401 == visitor.post("/v1/incidents", json={}).status_code
        assert 303 == visitor.post("/logout").status_code
        assert 401 == visitor.get("/").status_code


def test_only_a_trusted_proxy_says_that_the_address_is_https(world: World) -> None:
    form, proxied = {"token": world.reader}, {"X-Forwarded-Proto": "https"}
    answer = httpx.post(f"{world.server.url}/login", data=form, headers=proxied)
    assert "secure" not in answer.headers["set-cookie"].lower()


def test_only_a_token_that_may_read_logs_in(world: World) -> None:
    for token, status in ((world.source, 401), ("x" * 32, 401), ("", 401), (world.operator, 303)):
        answer = world.log_in(token=token)
        assert (status, status == 303) == (answer.status_code, "set-cookie" in answer.headers)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "//[",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
def test_logging_in_leads_nowhere_else(world: World, elsewhere: str) -> None:
    assert "/" == world.log_in(token=world.reader, next=elsewhere).headers["location"]


def test_a_form_of_another_site_is_refused(world: World) -> None:
    form, elsewhere = {"token": world.reader}, {"Sec-Fetch-Site": "cross-site"}
    answer = httpx.post(f"{world.server.url}/login", data=form, headers=elsewhere)
    assert (403, False) == (answer.status_code, "set-cookie" in answer.headers)


def test_a_link_on_another_site_is_followed_once_more_for_the_strict_cookie(world: World) -> None:
    answer = world.get("/", **{"Sec-Fetch-Site": "cross-site"})
    assert (401, "0") == (answer.status_code, answer.headers["refresh"])
    assert "refresh" not in world.get("/", **{"Sec-Fetch-Site": "same-origin"}).headers
    assert "refresh" not in world.get("/", "x" * 32, **{"Sec-Fetch-Site": "cross-site"}).headers


@pytest.mark.parametrize(
    "path", ["/", "/login", "/log", "/policy", "/quarantine", "/incidents/INC-0", "/x"]
)
@pytest.mark.parametrize("logged_in", [True, False])
def test_every_page_keeps_browsers_strict(world: World, path: str, logged_in: bool) -> None:
    answer = world.get(path, world.reader if logged_in else None, Accept="text/html,*/*")
    policy = answer.headers["content-security-policy"]
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "no-referrer" == answer.headers["referrer-policy"]
    assert "no-store" == answer.headers["cache-control"]
