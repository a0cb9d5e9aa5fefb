"""Log-in at a certified OpenID provider: whom it makes, what that person may do, how it ends."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from consumers.access.tokens import token_digest
from consumers.container.ledger import now
from ledger.store.side_records import SessionEnded
from tests.e2e.driving import Driven
from tests.e2e.logging_in import begin, browser, ledger_with, logged_in, oidc, sessions
from tests.e2e.server import Server
from tests.harness.certified_provider import PUBLIC_CLIENT, certified_provider
from tests.harness.homes import store_of
from tests.unit.cli.processes import Airledger

pytestmark = [pytest.mark.component("node", "oidc-provider"), pytest.mark.slow]

ACCOUNTS: dict[str, dict[str, object]] = {
    "ada": {"name": "Ada Lovelace", "groups": ["ledger-operators", "staff"]},
    "root": {"name": "Rob Root", "groups": ["ledger-admins"]},
    "namesake": {"name": "Ada Lovelace", "groups": ["ledger-readers"]},
    "guest": {"name": "Guest", "groups": ["staff"]},
    "nameless": {"groups": ["ledger-readers"]},
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with certified_provider(tmp_path_factory.mktemp("provider"), ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("ledger") / "data"
    with ledger_with(data_dir, oidc(issuer)) as running:
        yield running


def test_the_log_in_page_leads_to_the_provider_with_pkce_state_and_nonce(server: Server) -> None:
    with browser(server) as client:
        form = client.get("/login", params={"next": "/rca?state=breached"})
        asked = urlsplit(begin(client))
        cookie = client.get("/login/provider").headers["set-cookie"]
    query = {name: value for name, [value] in parse_qs(asked.query).items()}
    assert "Log in with your organisation's account" in form.text.replace("&#39;", "'")
    assert "/login/provider?next=/rca%3Fstate%3Dbreached" in form.text
    assert ("code", "S256") == (query["response_type"], query["code_challenge_method"])
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    assert f"{server.url}/login/callback" == query["redirect_uri"]
    assert {"HttpOnly", "Path=/login", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))


def test_a_person_logs_in_with_the_scopes_of_the_groups(server: Server) -> None:
    with browser(server) as client:
        answer = logged_in(client, "ada", "/rca")
        assert (200, "0; url=/rca") == (answer.status_code, answer.headers["refresh"])
        assert "SameSite=strict" in answer.headers["set-cookie"]
        page = client.get("/rca")
        own = token_digest(client.cookies["airledger"])[:16]
        [mine] = [each for each in sessions(client) if each["id"] == own]
        told = client.get("/v1/token").json()
        shown = client.get("/sessions").text
    assert 200 == page.status_code
    assert "Ada Lovelace" in page.text
    assert "Ada Lovelace" == mine["holder"]
    assert ("provider", "operate", ["operate"]) == (mine["by"], mine["scope"], mine["scopes"])
    assert {"name": "Ada Lovelace", "scope": "operate", "kind": "token"} == told
    assert "by a log-in at the provider" in shown


def test_the_same_subject_is_the_same_person_and_a_namesake_is_another(server: Server) -> None:
    with browser(server) as first, browser(server) as second, browser(server) as third:
        logged_in(first, "ada")
        logged_in(second, "ada")
        logged_in(third, "namesake")
        own = {each["id"] for each in sessions(first)}
        same = {each["id"] for each in sessions(second)}
        others = {each["id"] for each in sessions(third)}
    assert own == same
    assert not own & others


def test_what_a_person_does_is_recorded_as_done_by_that_person(server: Server) -> None:
    with browser(server) as client:
        logged_in(client, "ada")
        form = client.get("/incidents/new").text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        sent = client.post("/incidents", data={**fields, "title": "Leak", "system": "api"})
        assert 303 == sent.status_code, sent.text
        incident = client.get(sent.headers["location"])
    assert "Ada Lovelace" in incident.text


def test_who_may_only_read_is_refused_what_is_for_others(server: Server) -> None:
    with browser(server) as client:
        logged_in(client, "namesake")
        answer = client.get("/policy/new")
    assert 403 == answer.status_code


def test_a_cookie_of_a_person_is_no_token(server: Server) -> None:
    with browser(server) as client:
        logged_in(client, "ada")
        cookie = client.cookies["airledger"]
        headers = {"Authorization": f"Bearer {cookie}"}
    answer = httpx.get(f"{server.url}/v1/incidents", headers=headers, trust_env=False)
    assert 401 == answer.status_code


def test_whoever_is_in_no_mapped_group_is_refused_with_a_way_to_try_again(server: Server) -> None:
    with browser(server) as client:
        answer = logged_in(client, "guest", "/rca")
        assert 401 == client.get("/").status_code
    assert 403 == answer.status_code
    assert "none of your groups may use this ledger" in answer.text
    assert 'href="/login/provider?next=/rca"' in answer.text


def test_a_person_without_a_name_is_shown_by_the_opaque_id(server: Server) -> None:
    with browser(server) as client:
        logged_in(client, "nameless")
        [mine] = sessions(client)
    assert mine["holder"].startswith("person/")


def test_an_admin_ends_the_session_of_a_person(server: Server) -> None:
    with browser(server) as person, browser(server) as admin:
        logged_in(person, "namesake")
        logged_in(admin, "root")
        own = token_digest(person.cookies["airledger"])[:16]
        assert own in {each["id"] for each in sessions(admin) if each["by"] == "provider"}
        html = admin.get("/sessions").text
        form = html.partition(f'action="/sessions/{own}/revoke"')[2].partition("</form>")[0]
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        assert 303 == admin.post(f"/sessions/{own}/revoke", data=fields).status_code
        assert 401 == person.get("/").status_code


def test_logging_out_ends_the_session_and_offers_to_log_out_at_the_provider(
    server: Server, issuer: str
) -> None:
    with browser(server) as client:
        logged_in(client, "ada")
        cookie = client.cookies["airledger"]
        out = client.post("/logout")
        assert "/login?out=provider" == out.headers["location"]
        page = client.get(out.headers["location"]).text
    assert f'href="{issuer}/session/end?client_id=airledger"' in page
    headers = {"Cookie": f"airledger={cookie}"}
    assert 401 == httpx.get(server.url, headers=headers, trust_env=False).status_code


def test_a_session_of_the_provider_ends_a_day_after_the_log_in_at_the_latest(
    server: Server,
) -> None:
    with browser(server) as client:
        logged_in(client, "ada")
        cookie, digest = client.cookies["airledger"], token_digest(client.cookies["airledger"])
        store = store_of(server.data_dir)
        try:
            kept = store.access.session(digest)
            assert kept is not None
            assert kept.grant is not None
            assert timedelta(hours=24) >= kept.grant.ends_at - kept.begun_at
            over = msgspec.structs.replace(
                kept, grant=msgspec.structs.replace(kept.grant, ends_at=now())
            )
            store.append([], [SessionEnded(digest=digest), over])
        finally:
            store.close()
        assert 401 == client.get("/", headers={"Cookie": f"airledger={cookie}"}).status_code


def test_a_session_of_a_person_outlives_a_restart_and_is_ended_on_the_host(
    server: Server,
) -> None:
    with browser(server) as client, Airledger(server.data_dir) as host:
        logged_in(client, "root")
        server.restart()
        assert 200 == client.get("/").status_code
        own = token_digest(client.cookies["airledger"])[:16]
        listed = host.done("session", "list").text
        assert "provider" in next(line for line in listed.splitlines() if own in line)
        assert "of Rob Root has ended" in host.done("session", "revoke", own).text
        assert 401 == client.get("/").status_code


def test_groups_may_come_from_userinfo_and_a_public_client_has_no_secret(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("public")
    with certified_provider(directory, ACCOUNTS, claims_in_id_token=False) as issuer:
        settings = oidc(issuer, client_id=PUBLIC_CLIENT, client_secret=None)
        with ledger_with(directory / "data", settings) as server, browser(server) as client:
            assert 200 == logged_in(client, "ada").status_code
            told = client.get("/v1/token").json()
    assert ("Ada Lovelace", "operate") == (told["name"], told["scope"])


def test_everybody_may_report_where_the_settings_say_so(
    tmp_path_factory: pytest.TempPathFactory, issuer: str
) -> None:
    settings = oidc(issuer, scopes_of_all="report", groups=None)
    data_dir = tmp_path_factory.mktemp("all") / "data"
    with ledger_with(data_dir, settings) as server, browser(server) as client:
        assert 200 == logged_in(client, "guest").status_code
        assert 403 == client.get("/v1/sessions").status_code


@pytest.mark.component("chromium")
def test_a_browser_logs_in_over_the_pages_of_both(
    tmp_path_factory: pytest.TempPathFactory, server: Server
) -> None:
    with Driven() as tab:
        tab.open(f"{server.url}/rca")
        tab.ask("document.querySelector('a.button').click()")
        tab.until("document.querySelector('input[name=login]') !== null")
        tab.ask(
            "document.querySelector('input[name=login]').value = 'ada';"
            "document.querySelector('input[name=password]').value = 'any';"
            "document.querySelector('form').submit()"
        )
        tab.until("document.querySelector('input[value=consent]') !== null")
        tab.ask("document.querySelector('form').submit()")
        tab.until("location.pathname === '/rca' && document.readyState === 'complete'")
        assert "Ada Lovelace" in tab.ask("document.querySelector('.who').textContent")
