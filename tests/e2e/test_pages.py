"""The pages, from a real server, in a real browser and without one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.browser import Browser, Document, log_in_link
from tests.e2e.server import Server, add_source, add_token, client

IN_A_BROWSER = pytest.mark.only_on(
    "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
)

pytestmark = pytest.mark.slow

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


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three incidents: one worked on, one with a hostile title, one of a storm of alerts."""
    directory = tmp_path_factory.mktemp("pages") / "data"
    with Server(directory) as server:
        source = add_source(directory)
        reader = add_token(directory, "ada.lovelace", Scope.READ)
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


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("chromium"))


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


def only_our_scripts(document: Document) -> bool:
    scripts = [attributes.get("src") or "" for tag, attributes in document.tags if tag == "script"]
    handlers = [name for _, attributes in document.tags for name in attributes if name[:2] == "on"]
    return not handlers and all(source.startswith("/static/login.js") for source in scripts)


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_the_log_in_link_shows_the_register(world: World, browser: Browser) -> None:
    page = browser.open(log_in_link(world.server.url, world.reader))
    assert page.title == "Register · airledger"
    assert SECRET in page.text
    assert "ada.lovelace" in page.text
    assert set(page.attributes("a", "href")) >= {
        f"/incidents/{reference}" for reference in world.references.values()
    }


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_an_incident_shows_its_steps_and_timeline(world: World, browser: Browser) -> None:
    reference = world.references["worked on"]
    page = browser.open(log_in_link(world.server.url, world.reader, f"/incidents/{reference}"))
    leaf = reference.removeprefix("INC-")
    assert page.title == f"{reference} · {SECRET} · airledger"
    for words in (
        f"Detected: {SECRET}",
        "Contained: Model taken offline",
        "incident.contained.v1",
        "Next: Communicate",
        f"leaf {leaf}",
        "due in 23 h",
    ):
        assert words in page.text
    assert f"/v1/events?from={leaf}&to={leaf}" in page.attributes("a", "href")
    assert "https://tickets.example/7" in page.attributes("a", "href")
    assert ["step"] == page.attributes("li", "aria-current")


@IN_A_BROWSER
@pytest.mark.component("chromium")
@pytest.mark.parametrize("path", ["/", "/incidents/{hostile}", "/incidents/{storm}"])
def test_hostile_texts_stay_text(world: World, browser: Browser, path: str) -> None:
    page = browser.open(
        log_in_link(world.server.url, world.reader, path.format(**world.references))
    )
    assert "owned" != page.title
    assert only_our_scripts(page)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"iframe", "b"}
    assert all(source.startswith("/static/") for source in page.attributes("img", "src"))
    assert not [link for link in page.attributes("a", "href") if link.startswith("javascript")]
    assert (HOSTILE_LABEL if "storm" in path else HOSTILE) in page.text


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_without_a_token_a_browser_sees_the_log_in_form_alone(
    world: World, browser: Browser
) -> None:
    page = browser.open(f"{world.server.url}/")
    assert page.title == "Log in · airledger"
    assert SECRET not in page.text
    wrong = browser.open(log_in_link(world.server.url, "x" * 32))
    assert "This token opens nothing here" in wrong.text
    assert SECRET not in wrong.text


def test_a_storm_is_told_once(world: World) -> None:
    page = Document(world.get(f"/incidents/{world.references['storm']}", world.reader).text)
    assert f"{STORM} alerts joined" in page.text
    assert f"Alerts linked {STORM}" in page.text


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


def test_style_and_script_are_open_and_come_from_here_alone(world: World) -> None:
    page = Document(world.get("/", world.reader).text)
    links = page.attributes("link", "href") + page.attributes("img", "src")
    assert links
    for link in links:
        assert 200 == world.get(link).status_code
    assert 404 == world.get("/static/..%2fpages.py").status_code
    assert 404 == world.get("/static/pages.py").status_code


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"worked on", "storm"}),
        ("severity=critical&system=serving", {"storm"}),
        ("system=&status=&severity=&category=&month=", {"worked on", "storm", "hostile"}),
        ("status=closed", set()),
        ("month=2026-01&sort=detected_at", {"storm"}),
    ],
)
def test_the_register_is_narrowed_as_asked(world: World, query: str, found: set[str]) -> None:
    page = Document(world.get(f"/?{query}", world.reader).text)
    named = {link for link in page.attributes("a", "href") if link.startswith("/incidents/")}
    assert {f"/incidents/{world.references[name]}" for name in found} == named
    assert found or "No incident matches" in page.text


def test_the_register_is_read_page_by_page_in_the_order_asked_for(world: World) -> None:
    path: str | None = "/?sort=reference&limit=1"
    seen: list[str] = []
    while path is not None:
        page = Document(world.get(path, world.reader).text)
        seen += [a for a in dict.fromkeys(page.attributes("a", "href")) if "/incidents/" in a]
        following = [each["href"] for tag, each in page.tags if each.get("rel") == "next"]
        path = following[0] if following else None
    by_leaf = sorted(world.references.values(), key=lambda ref: int(ref.removeprefix("INC-")))
    assert [f"/incidents/{reference}" for reference in by_leaf] == seen


@pytest.mark.parametrize(
    "query",
    [
        "severity=awful",
        "month=2026-13",
        "limit=0",
        "limit=1001",
        "sort=title",
        "cursor=x",
        "limit=²",
    ],
)
def test_what_cannot_be_asked_is_a_page_that_names_the_field(world: World, query: str) -> None:
    answer = world.get(f"/?{query}", world.reader)
    page = Document(answer.text)
    assert 422 == answer.status_code
    assert query.partition("=")[0] in page.text
    assert "To the register" in page.text


def test_an_unknown_incident_is_a_page_too(world: World) -> None:
    for ref in ("INC-0", "INC-99999", "nonsense", HOSTILE.replace("/", "")):
        answer = world.get(f"/incidents/{ref}", world.reader)
        assert (404, "Not found · airledger") == (answer.status_code, Document(answer.text).title)


def test_quarantine_shows_why_and_how_often(world: World) -> None:
    with client(world.server, world.source) as sender:
        for _ in range(2):
            sender.post("/v1/signals/alertmanager", content=b"<b>no JSON</b>")
    page = Document(world.get("/quarantine", world.reader).text)
    assert "The body is not JSON" in page.text
    assert "2\u00d7" in page.text
    assert (
        "Nothing dismissed"
        in Document(world.get("/quarantine?state=dismissed", world.reader).text).text
    )
    assert 422 == world.get("/quarantine?state=lost", world.reader).status_code


def test_the_log_page_shows_the_signed_checkpoint(world: World) -> None:
    checkpoint = world.get("/log/checkpoint").text
    page = Document(world.get("/log", world.reader).text)
    assert " ".join(checkpoint.split()) in page.text
    assert world.get("/log/vkey").text.strip() in page.text
    assert f"airledger verify --url {world.server.url}" in page.text


def test_an_empty_register_says_how_to_begin(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        token = add_token(tmp_path / "data")
        with httpx.Client(base_url=server.url, follow_redirects=True) as visitor:
            answer = visitor.post("/login", data={"token": token})
    page = Document(answer.text)
    assert "No incidents yet" in page.text
    assert "airledger source add my-alertmanager --kind alertmanager" in page.text
    assert f"{server.url}/v1/signals/alertmanager" in page.text
