"""Log-in at a certified OpenID provider: whom it makes, what that person may do, how it ends."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.logging_in import begin, browser, ledger_with, logged_in, oidc, sessions
from tests.e2e.server import Server
from tests.harness.certified_provider import certified_provider

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
        [mine] = [each for each in sessions(client) if each["holder"] == "Ada Lovelace"]
        told = client.get("/v1/token").json()
        shown = client.get("/sessions").text
    assert 200 == page.status_code
    assert "Ada Lovelace" in page.text
    assert ("provider", "operate", ["operate"]) == (mine["by"], mine["scope"], mine["scopes"])
    assert {"name": "Ada Lovelace", "scope": "operate", "kind": "token"} == told
    assert "by a log-in at the provider" in shown
    assert "log_in_refused" not in server.log
