"""`airledger login` with a browser: a person allows it, and the command has its own session."""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from consumers.access.cli_codes import challenge_of
from tests.e2e.logging_in import begin, browser, ledger_with, oidc, sessions
from tests.e2e.server import Server, add_token
from tests.harness.process import until
from tests.harness.signing_provider import SigningProvider, signing_provider
from tests.unit.cli.processes import Airledger, Ended

pytestmark = pytest.mark.only_on("sqlite", "test_login_attacks has both stores")

VERIFIER = "v" * 43
ASKED = {"port": "20000", "challenge": challenge_of(VERIFIER), "state": "s" * 32}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ADDRESS = re.compile(r"^ +(http://\S+/login/cli\?\S+)$", re.MULTILINE)


class Rig(NamedTuple):
    """A ledger, and the provider that its people log in at."""

    server: Server
    provider: SigningProvider


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    data_dir = tmp_path_factory.mktemp("cli") / "data"
    with signing_provider() as provider, ledger_with(data_dir, oidc(provider.issuer)) as server:
        yield Rig(server, provider)


@contextmanager
def person(rig: Rig, **claims: object) -> Iterator[httpx.Client]:
    """A browser of somebody who is logged in at the provider."""
    with browser(rig.server) as client:
        query = parse_qs(urlsplit(begin(client)).query)
        rig.provider.answer(rig.provider.claims(query["nonce"][0], **claims))
        back = {"state": query["state"][0], "code": "a-code"}
        assert 200 == client.get("/login/callback", params=back).status_code
        yield client


def allowed(client: httpx.Client, asked: dict[str, str] = ASKED) -> httpx.Response:
    page = client.get("/login/cli", params=asked)
    assert 200 == page.status_code, page.text
    return client.post("/login/cli", data=dict(_HIDDEN.findall(page.text)))


def code_of(client: httpx.Client) -> str:
    sent = urlsplit(allowed(client).headers["location"])
    assert "127.0.0.1:20000" == sent.netloc
    query = parse_qs(sent.query)
    assert [ASKED["state"]] == query["state"]
    return query["code"][0]


def exchange(server: Server, code: str, verifier: str = VERIFIER) -> httpx.Response:
    body = {"code": code, "verifier": verifier}
    return httpx.post(f"{server.url}/v1/login/code", json=body, trust_env=False)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Shell:
    """A command line away from the ledger, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir()
        self._airledger = Airledger(home / "here", env={"XDG_CONFIG_HOME": str(home)})

    def run(self, *words: str) -> Ended:
        return self._airledger.run(*words)

    @property
    def err(self) -> str:
        said = self._home / "here.printed" / "err"
        return said.read_text() if said.exists() else ""


def test_a_person_logs_the_command_line_in(rig: Rig, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home")
    with person(rig) as client, ThreadPoolExecutor(1) as threads:
        running: Future[Ended] = threads.submit(shell.run, "login", rig.server.url)
        until(lambda: _ADDRESS.search(shell.err) is not None, "the address is printed", within=60)
        [address] = _ADDRESS.findall(shell.err)
        page = client.get(address)
        asks = "act as <bdi>Ada Lovelace</bdi>?"
        assert asks in page.text
        [compared] = re.findall(r"<code>([A-Z2-7]{4}-[A-Z2-7]{4})</code>", page.text)
        assert compared in shell.err
        sent = client.post("/login/cli", data=dict(_HIDDEN.findall(page.text)))
        stray = httpx.get(sent.headers["location"].replace("state=", "state=x"), trust_env=False)
        done = httpx.get(sent.headers["location"], trust_env=False)
        ended = running.result(60)
        of_browser = sessions(client)
    assert (404, 200) == (stray.status_code, done.status_code)
    assert "go on in the terminal" in done.text
    assert 0 == ended.status
    assert f"Logged in at {rig.server.url} as Ada Lovelace, with scope read." in ended.text
    assert "command line" in shell.run("session", "list").text
    assert 1 == sum(each["command_line"] for each in of_browser)
    kept = (tmp_path / "home/airledger/login.json").read_text()
    [token] = re.findall(r'"token":"([0-9a-f]{32})"', kept)
    assert "the session has ended" in shell.run("logout").text
    answer = httpx.get(f"{rig.server.url}/v1/incidents", headers=bearer(token), trust_env=False)
    assert 401 == answer.status_code


def test_a_code_works_once_and_with_its_own_verifier_alone(rig: Rig) -> None:
    with person(rig) as client:
        code = code_of(client)
        assert 409 == exchange(rig.server, code, "w" * 43).status_code
        made = exchange(rig.server, code)
        again = exchange(rig.server, code)
    token = made.json()["token"]
    assert (200, 409) == (made.status_code, again.status_code)
    assert "log_in_cli_code" == again.json()["rule"]
    assert {"name": "Ada Lovelace", "scopes": ["read"]}.items() <= made.json().items()
    with browser(rig.server) as program:
        assert 200 == program.get("/v1/incidents", headers=bearer(token)).status_code
        assert 401 == program.get("/", headers={"Cookie": f"airledger={token}"}).status_code
        assert 401 == program.post("/login", data={"token": token}).status_code
        assert program.post("/v1/logout", headers=bearer(token)).json()["ended"]
        assert 401 == program.get("/v1/incidents", headers=bearer(token)).status_code
        assert not program.post("/v1/logout", headers=bearer(token)).json()["ended"]


def test_a_command_of_the_command_line_is_that_person_s(rig: Rig) -> None:
    with person(rig, sub="operator", groups=["ledger-operators"], name="Op") as client:
        token = exchange(rig.server, code_of(client)).json()["token"]
        body = {"title": "Leak", "system": "api"}
        made = httpx.post(
            f"{rig.server.url}/v1/incidents", json=body, headers=bearer(token), trust_env=False
        )
        assert 201 == made.status_code
        [own] = [each for each in sessions(client) if each["command_line"]]
        ended = client.post(f"/v1/sessions/{own['id']}/revoke", headers=bearer(token))
        assert 200 == ended.status_code
    answer = httpx.get(f"{rig.server.url}/v1/incidents", headers=bearer(token), trust_env=False)
    assert 401 == answer.status_code


def test_only_a_person_may_allow_it(rig: Rig) -> None:
    with browser(rig.server) as client:
        asked = client.get("/login/cli", params=ASKED)
        assert 401 == asked.status_code
        assert "Log in with" in asked.text
        assert "next=/login/cli%3Fport" in asked.text
        client.post("/login", data={"token": add_token(rig.server.data_dir, "program")})
        refused = client.get("/login/cli", params=ASKED)
    assert 403 == refused.status_code
    assert "logged in with a token" in refused.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": "80"},
        {"port": "65536"},
        {"port": "evil.example"},
        {"port": "20000@evil.example"},
        {"port": "²²²²"},
        {"port": ""},
        {"challenge": "short"},
        {"state": "a b"},
        {"state": ""},
    ],
    ids=str,
)
def test_a_code_is_sent_to_a_port_of_loopback_and_nowhere_else(
    rig: Rig, wrong: dict[str, str]
) -> None:
    with person(rig) as client:
        page = client.get("/login/cli", params=ASKED)
        fields = dict(_HIDDEN.findall(page.text))
        assert 422 == client.get("/login/cli", params=ASKED | wrong).status_code
        assert 422 == client.post("/login/cli", data=fields | wrong).status_code
    assert "form-action 'self' http://127.0.0.1:20000;" in page.headers["content-security-policy"]


def test_a_page_of_another_site_cannot_allow_it(rig: Rig) -> None:
    with person(rig) as client:
        fields = dict(_HIDDEN.findall(client.get("/login/cli", params=ASKED).text))
        foreign = client.post("/login/cli", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
        forged = client.post("/login/cli", data=fields | {"_token": "0" * 64})
        missing = client.post("/login/cli", data=ASKED)
    assert (403, 409, 409) == (foreign.status_code, forged.status_code, missing.status_code)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"code": "x"}', b'{"code":1,"verifier":2}'])
def test_a_body_that_is_no_code_is_refused(rig: Rig, body: bytes) -> None:
    answer = httpx.post(f"{rig.server.url}/v1/login/code", content=body, trust_env=False)
    assert 422 == answer.status_code
