"""Log-in: a link works once, a cookie stands for a session and not for a token, and it ends."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from consumers.access.open_sessions import BY_LINK
from consumers.access.tokens import grant_token, revoke, token_digest
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.access import HolderKind
from ledger.execute import Context
from ledger.policy.times import time_text
from ledger.store.side_records import Session
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client
from tests.harness.homes import settings_of, store_of
from tests.harness.process import until
from tests.unit.cli.processes import Airledger


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sessions") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return add_token(server.data_dir)


@contextmanager
def logged_in(server: Server, token: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as browser:
        assert 303 == browser.post("/login", data={"token": token}).status_code
        yield browser


def test_the_cookie_is_no_token_and_a_token_is_no_cookie(server: Server, token: str) -> None:
    with logged_in(server, token) as browser:
        cookie = browser.cookies["airledger"]
        assert 200 == browser.get("/").status_code
    bearer = httpx.get(f"{server.url}/v1/incidents", headers={"Authorization": f"Bearer {cookie}"})
    assert 401 == bearer.status_code
    assert 401 == httpx.get(server.url, headers={"Cookie": f"airledger={token}"}).status_code


def test_a_cookie_opens_nothing_after_logging_out(server: Server, token: str) -> None:
    with logged_in(server, token) as browser:
        headers = {"Cookie": f"airledger={browser.cookies['airledger']}"}
        assert 200 == httpx.get(server.url, headers=headers).status_code
        assert 303 == browser.post("/logout").status_code
    assert 401 == httpx.get(server.url, headers=headers).status_code


def test_a_session_ends_with_its_token(server: Server) -> None:
    leaving = add_token(server.data_dir, "leaving", Scope.OPERATE)
    with logged_in(server, leaving) as browser:
        ledger = open_ledger(settings_of(server.data_dir))
        try:
            context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
            revoke(ledger.executor, context, HolderKind.TOKEN, "leaving")
        finally:
            ledger.close()
        assert 401 == browser.get("/").status_code


@pytest.mark.parametrize(
    ("begun", "seen", "status"),
    [
        (timedelta(hours=13), timedelta(hours=11), 200),
        (timedelta(hours=13), timedelta(hours=12, minutes=1), 401),
        (timedelta(days=6, hours=23), timedelta(hours=1), 200),
        (timedelta(days=7, minutes=1), timedelta(0), 401),
    ],
)
def test_a_session_ends_after_12_hours_unused_and_after_7_days(
    server: Server, token: str, begun: timedelta, seen: timedelta, status: int
) -> None:
    cookie, at = uuid4().hex, now()
    session = Session(
        digest=token_digest(cookie),
        token=token_digest(token),
        begun_at=at - begun,
        seen_at=at - seen,
    )
    store = store_of(server.data_dir)
    try:
        store.append([], [session])
        answer = httpx.get(server.url, headers={"Cookie": f"a=b; airledger={cookie}; c=d"})
        assert status == answer.status_code
        kept = store.access.session(session.digest)
        used = kept is not None and kept.seen_at > at - timedelta(minutes=5)
        assert used is (status == 200 or seen == timedelta(0))
    finally:
        store.close()


def test_a_session_outlives_a_restart(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "data") as running,
        logged_in(running, add_token(tmp_path / "data")) as browser,
    ):
        assert 0 == running.terminate()
        running.start()
        assert 200 == browser.get("/").status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "{own}"}, 303),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "{own}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 303),
    ],
)
def test_a_form_of_another_site_is_told_by_its_origin_too(
    server: Server, token: str, headers: dict[str, str], status: int
) -> None:
    given = {name: value.format(own=server.url) for name, value in headers.items()}
    for path in ("/login", "/logout"):
        answer = httpx.post(f"{server.url}{path}", data={"token": token}, headers=given)
        assert status == answer.status_code


def sessions_of(server: Server, token: str) -> list[dict[str, str]]:
    with client(server, token) as api:
        found: list[dict[str, str]] = api.get("/v1/sessions").raise_for_status().json()["items"]
    return found


def test_a_holder_sees_and_ends_his_own_sessions_and_an_admin_everybodys(server: Server) -> None:
    ada, ben, root = (
        add_token(server.data_dir, name, scope)
        for name, scope in (("ada", Scope.READ), ("ben", Scope.READ), ("root", Scope.ADMIN))
    )
    with logged_in(server, ada) as hers, logged_in(server, ben) as his:
        [mine] = sessions_of(server, ada)
        everybody = sessions_of(server, root)
        [bens] = [each for each in everybody if each["holder"] == "ben"]

        assert ("ada", "read", "token") == (mine["holder"], mine["scope"], mine["by"])
        assert {"ada", "ben"} <= {each["holder"] for each in everybody}
        assert token_digest(hers.cookies["airledger"]).startswith(mine["id"])
        with client(server, ada) as api:
            assert 404 == api.post(f"/v1/sessions/{bens['id']}/revoke").status_code
        assert 200 == his.get("/").status_code
        with client(server, root) as api:
            assert "ben" == api.post(f"/v1/sessions/{bens['id']}/revoke").json()["holder"]
            assert 404 == api.post(f"/v1/sessions/{bens['id']}/revoke").status_code
        assert 401 == his.get("/").status_code
        assert 200 == hers.get("/").status_code
    assert [mine] == sessions_of(server, ada)


def test_sessions_are_read_page_by_page(server: Server) -> None:
    token = add_token(server.data_dir, "many")
    with ExitStack() as browsers:
        for _ in range(3):
            browsers.enter_context(logged_in(server, token))
        whole = [each["id"] for each in sessions_of(server, token)]
        pages: list[str] = []
        with client(server, token) as api:
            params = {"limit": 2}
            while True:
                page = api.get("/v1/sessions", params=params).raise_for_status().json()
                pages += [each["id"] for each in page["items"]]
                if page["next"] is None:
                    break
                params["cursor"] = page["next"]
            wrong = api.get("/v1/sessions", params={"cursor": "none"})
    assert 3 == len(whole)
    assert whole == pages
    assert 422 == wrong.status_code


def test_a_form_logs_another_browser_of_ones_own_out(server: Server) -> None:
    token = add_token(server.data_dir, "twice")
    with logged_in(server, token) as lost, logged_in(server, token) as here:
        away = token_digest(lost.cookies["airledger"])[:16]
        html = here.get("/sessions").text
        form = html.partition(f'action="/sessions/{away}/revoke"')[2].partition("</form>")[0]
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        sent = here.post(f"/sessions/{away}/revoke", data=fields)
        twice = here.post(f"/sessions/{away}/revoke", data=fields)
        forged = lost.post(f"/sessions/{away}/revoke", data=fields)

        assert "this browser" in html
        assert (303, 303) == (sent.status_code, twice.status_code)
        assert sent.headers["location"].startswith(f"/sessions?ended={away}")
        assert 401 == forged.status_code
        assert 401 == lost.get("/").status_code
        assert f"The session {away} has ended." in here.get(sent.headers["location"]).text
        foreign = here.post(
            f"/sessions/{away}/revoke", data=fields, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert 403 == foreign.status_code


def test_the_command_line_lists_sessions_and_ends_one(server: Server) -> None:
    token = add_token(server.data_dir, "shell")
    with logged_in(server, token) as browser, Airledger(server.data_dir) as host:
        listed = host.done("session", "list", "--json").json["items"]
        [mine] = [each for each in listed if each["holder"] == "shell"]
        assert mine["id"] in host.done("session", "list").text
        assert (
            f"The session {mine['id']} of shell has ended.\n"
            == host.done("session", "revoke", mine["id"]).text
        )
        again = host.run("session", "revoke", mine["id"])
        assert 401 == browser.get("/").status_code
    assert (1, "") == (again.status, again.text)
    assert f"There is no open session '{mine['id']}'." in again.err


def test_a_token_named_visitor_has_no_part_in_sessions_of_log_in_links(server: Server) -> None:
    namesake = add_token(server.data_dir, "visitor")
    with closing(open_ledger(settings_of(server.data_dir))) as ledger:
        linked = Session(digest="f" * 64, token=BY_LINK, begun_at=now(), seen_at=now())
        ledger.store.append([], [linked])
    with logged_in(server, namesake):
        own = sessions_of(server, namesake)
        with client(server, namesake) as api:
            refused = api.post(f"/v1/sessions/{'f' * 16}/revoke")
    assert [("visitor", "token")] == [(each["holder"], each["by"]) for each in own]
    assert 404 == refused.status_code


def test_a_session_ends_when_its_token_expires(server: Server) -> None:
    ledger = open_ledger(settings_of(server.data_dir))
    at = now()
    try:
        context = Context(at=at, actor="airledger", source="airledger", correlation=new_id())
        ends = at + timedelta(seconds=3)
        made = grant_token(ledger.store, ledger.executor, context, "brief", Scope.READ, ends)
    finally:
        ledger.close()
    with logged_in(server, made.token) as browser:
        assert 200 == browser.get("/").status_code
        [session] = sessions_of(server, made.token)
        until(lambda: now() > ends, "it expires")
        assert 401 == browser.get("/").status_code
    assert time_text(ends) == session["ends_at"]
    bearer = {"Authorization": f"Bearer {made.token}"}
    assert 401 == httpx.get(f"{server.url}/v1/incidents", headers=bearer).status_code
