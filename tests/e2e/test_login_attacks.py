"""Log-in at a provider under attack: forged tokens, answers of others, cookies set before.

The provider here signs what a test tells it. Nothing of what is refused may begin a session.
"""

import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from consumers.oidc.fetching import ANSWER_BYTES
from tests.e2e.logging_in import begin, browser, ledger_with, oidc
from tests.e2e.server import Server, add_token
from tests.harness.certified_provider import SECRET
from tests.harness.signing_provider import SigningProvider, rsa, signing_provider


class Rig(NamedTuple):
    """A ledger, and the provider that its people log in at."""

    server: Server
    provider: SigningProvider


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    data_dir = tmp_path_factory.mktemp("attacked") / "data"
    with signing_provider() as provider, ledger_with(data_dir, oidc(provider.issuer)) as server:
        yield Rig(server, provider)


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """The same, as it was: what a test changes of the provider is put back."""
    provider = running.provider
    before = dict(vars(provider))
    yield running
    asked = provider.asked
    vars(provider).update(before)
    provider.asked = asked


class Attempt(NamedTuple):
    """A log-in under way, as the ledger asked for it."""

    state: str
    nonce: str


def attempt(client: httpx.Client, path: str = "/") -> Attempt:
    query = parse_qs(urlsplit(begin(client, path)).query)
    return Attempt(query["state"][0], query["nonce"][0])


def come_back(
    client: httpx.Client, state: str, code: str = "a-code", **more: str
) -> httpx.Response:
    return client.get("/login/callback", params={"state": state, "code": code, **more})


def assert_refused(answer: httpx.Response, status: int, said: str) -> None:
    """A page that says why, with a way to try again, and no session."""
    assert status == answer.status_code, answer.text
    assert said in answer.text
    assert "/login/provider?next=" in answer.text
    cookies = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert not any(cookie.startswith("airledger=") for cookie in cookies)


def test_what_holds_logs_in_and_only_that_session_is_open(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client, "/rca")
        rig.provider.answer(rig.provider.claims(own.nonce))
        answer = come_back(client, own.state)
        assert (200, "0; url=/rca") == (answer.status_code, answer.headers["refresh"])
        assert 200 == client.get("/rca").status_code
    assert "code_verifier" in rig.provider.forms[-1]
    scheme, _, given = rig.provider.forms[-1]["authorization"].partition(" ")
    assert "Basic" == scheme
    assert f"airledger:{quote_plus(SECRET)}" == b64decode(given).decode()


Change = Callable[[SigningProvider, str], None]
OTHER = rsa("first")
ECDSA = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


class From(NamedTuple):
    """A time so many seconds from when the token is signed."""

    seconds: int


def changed(**claims: object) -> Change:
    def change(provider: SigningProvider, nonce: str) -> None:
        now = int(time.time())
        told = {
            name: now + value.seconds if isinstance(value, From) else value
            for name, value in claims.items()
        }
        provider.answer(provider.claims(nonce, **told))

    return change


def forged(provider: SigningProvider, nonce: str) -> None:
    provider.answer(provider.claims(nonce), key=OTHER)


def altered(provider: SigningProvider, nonce: str) -> None:
    provider.answer(provider.claims(nonce))
    head, _, signature = provider.token["id_token"].split(".")
    provider.answer(provider.claims(nonce, sub="somebody-else"))
    _, claims, _ = provider.token["id_token"].split(".")
    provider.token["id_token"] = f"{head}.{claims}.{signature}"


def unsigned(provider: SigningProvider, nonce: str) -> None:
    provider.answer_unsigned(provider.claims(nonce))


def by_the_public_key(provider: SigningProvider, nonce: str) -> None:
    """HS256 with what everybody can read as the secret."""
    assert isinstance(provider.key, RSAKey)
    # The library takes no such key where it is made: its text is given as it is.
    text = b64encode(provider.key.as_pem(private=False)).decode()
    secret = OctKey.import_key(text, {"kid": "first"})
    provider.answer(provider.claims(nonce), key=secret, alg="HS256")


def by_the_client_secret(provider: SigningProvider, nonce: str) -> None:
    secret = OctKey.import_key(SECRET, {"kid": "first"})
    provider.answer(provider.claims(nonce), key=secret, alg="HS256")


def by_a_key_to_encrypt(provider: SigningProvider, nonce: str) -> None:
    provider.published = [{**ECDSA.as_dict(private=False), "use": "enc"}, *provider.published]
    provider.answer(provider.claims(nonce), key=ECDSA, alg="ES256")


def no_token(provider: SigningProvider, nonce: str) -> None:
    provider.token = {"access_token": "a", "token_type": "Bearer"}


def no_jwt(provider: SigningProvider, nonce: str) -> None:
    provider.token = {"access_token": "a", "token_type": "Bearer", "id_token": "äé.b.c"}


HOUR = 3_600
NO_KEY = "none of the provider&#39;s keys signed it"
NO_ALGORITHM = "not with an asymmetric algorithm"
NO_GROUP = "none of your groups may use this ledger"
REFUSED: dict[str, tuple[Change, int, str]] = {
    "forged": (forged, 401, NO_KEY),
    "altered": (altered, 401, NO_KEY),
    "unsigned": (unsigned, 401, NO_ALGORITHM),
    "HS256 by the public key": (by_the_public_key, 401, NO_ALGORITHM),
    "HS256 by the client's secret": (by_the_client_secret, 401, NO_ALGORITHM),
    "by a key to encrypt": (by_a_key_to_encrypt, 401, NO_KEY),
    "no JWT": (no_jwt, 401, "it is no signed token"),
    "no token": (no_token, 503, "gave no ID token"),
    "expired": (changed(exp=From(-120), iat=From(-HOUR)), 401, "&#39;exp&#39;"),
    "never expiring": (changed(exp=None), 401, "&#39;exp&#39;"),
    "issued later": (changed(iat=From(HOUR), exp=From(2 * HOUR)), 401, "&#39;iat&#39;"),
    "not valid yet": (changed(nbf=From(HOUR)), 401, "&#39;nbf&#39;"),
    "for another": (changed(aud="another-client"), 401, "&#39;aud&#39;"),
    "for others": (changed(aud=["another-client"]), 401, "&#39;aud&#39;"),
    "for nobody": (changed(aud=None), 401, "&#39;aud&#39;"),
    "for two, by nobody": (changed(aud=["airledger", "other"]), 401, "&#39;azp&#39;"),
    "for two, by the other": (
        changed(aud=["airledger", "other"], azp="other"),
        401,
        "&#39;azp&#39;",
    ),
    "by another": (changed(azp="another-client"), 401, "&#39;azp&#39;"),
    "another issuer": (changed(iss="https://evil.example"), 401, "&#39;iss&#39;"),
    "no issuer": (changed(iss=None), 401, "&#39;iss&#39;"),
    "another nonce": (changed(nonce="of-another-log-in"), 401, "&#39;nonce&#39;"),
    "no nonce": (changed(nonce=None), 401, "&#39;nonce&#39;"),
    "no subject": (changed(sub=None), 401, "&#39;sub&#39;"),
    "an empty subject": (changed(sub=""), 401, "sub"),
    "a long subject": (changed(sub="x" * 256), 401, "1 to 255 ASCII characters"),
    "a subject that is a number": (changed(sub=17), 401, "sub"),
    "a time that is a text": (changed(exp="soon"), 401, "exp"),
    "of another access token": (changed(at_hash="wrong"), 401, "&#39;at_hash&#39;"),
    "other groups": (changed(groups=["staff"]), 403, NO_GROUP),
    "no groups": (changed(groups=[]), 403, NO_GROUP),
    "groups in one text": (changed(groups="ledger-readers,staff"), 403, NO_GROUP),
    "groups in an object": (changed(groups={"ledger-readers": True}), 403, NO_GROUP),
    "too many groups": (
        changed(groups=None, _claim_names={"groups": "src1"}),
        403,
        "more groups than the provider puts into its ID token",
    ),
}


@pytest.mark.parametrize(("change", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_does_not_hold_is_refused(
    rig: Rig, change: Change, status: int, said: str
) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        change(rig.provider, own.nonce)
        assert_refused(come_back(client, own.state), status, said)
        assert 401 == client.get("/").status_code


ACCEPTED = {
    "for one, in a list": changed(aud=["airledger"]),
    "for two, by this client": changed(aud=["airledger", "other"], azp="airledger"),
    "a clock that is ahead": changed(exp=From(-30), iat=From(-HOUR)),
    "a clock that is behind": changed(iat=From(30)),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_what_differs_within_the_rules_logs_in(rig: Rig, change: Change) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        change(rig.provider, own.nonce)
        assert 200 == come_back(client, own.state).status_code


def test_an_answer_without_the_browser_s_own_log_in_is_refused(rig: Rig) -> None:
    with browser(rig.server) as victim, browser(rig.server) as attacker:
        foreign = attempt(attacker)
        rig.provider.answer(rig.provider.claims(foreign.nonce))
        # No log-in of one's own: no cookie.
        assert_refused(come_back(victim, foreign.state), 400, "began no log-in here")
        own = attempt(victim)
        # The attacker's answer, in the victim's browser: the victim would act as the attacker.
        assert_refused(come_back(victim, foreign.state), 400, "began no log-in here")
    with browser(rig.server) as victim:
        own = attempt(victim)
        assert_refused(victim.get("/login/callback?code=a-code"), 400, "began no log-in here")
    with browser(rig.server) as victim:
        own = attempt(victim)
        assert own.state != foreign.state
        assert_refused(come_back(victim, own.state + "x"), 400, "began no log-in here")


def test_an_answer_works_once(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        cookie = client.cookies["airledger_login"]
        rig.provider.answer(rig.provider.claims(own.nonce))
        assert 200 == come_back(client, own.state).status_code
        headers = {"Cookie": f"airledger_login={cookie}"}
    again = httpx.get(
        f"{rig.server.url}/login/callback",
        params={"state": own.state, "code": "a-code"},
        headers=headers,
        trust_env=False,
    )
    assert_refused(again, 400, "began no log-in here")


def test_a_nonce_of_an_earlier_log_in_is_refused(rig: Rig) -> None:
    with browser(rig.server) as client:
        first = attempt(client)
        rig.provider.answer(rig.provider.claims(first.nonce))
        assert 200 == come_back(client, first.state).status_code
        second = attempt(client)
        assert_refused(come_back(client, second.state), 401, "&#39;nonce&#39;")


def test_a_cookie_that_was_set_before_is_never_the_session(rig: Rig) -> None:
    fixed = "f" * 32
    with browser(rig.server) as client:
        client.cookies.set("airledger", fixed, path="/")
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce))
        answer = come_back(client, own.state)
        assert 200 == answer.status_code
        [given] = [
            value
            for name, value in answer.headers.multi_items()
            if name == "set-cookie" and value.startswith("airledger=")
        ]
    assert fixed not in given
    refused = httpx.get(rig.server.url, headers={"Cookie": f"airledger={fixed}"}, trust_env=False)
    assert 401 == refused.status_code


def test_logging_in_anew_ends_the_session_of_before(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce))
        come_back(client, own.state)
        before = client.cookies["airledger"]
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce))
        come_back(client, own.state)
        assert before != client.cookies["airledger"]
        headers = {"Cookie": f"airledger={before}"}
        assert 401 == httpx.get(rig.server.url, headers=headers, trust_env=False).status_code


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/rca?state=breached", "/rca?state=breached"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ],
)
def test_a_log_in_leads_to_a_path_of_this_server_alone(rig: Rig, path: str, leads_to: str) -> None:
    with browser(rig.server) as client:
        own = attempt(client, path)
        rig.provider.answer(rig.provider.claims(own.nonce))
        assert f"0; url={leads_to}" == come_back(client, own.state).headers["refresh"]


def test_an_error_of_the_provider_is_said_and_no_text_of_its_own(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        params = {"state": own.state, "error": "access_denied", "error_description": "<b>x</b>"}
        denied = client.get("/login/callback", params=params)
        assert_refused(denied, 403, "access_denied")
        assert "<b>x</b>" not in denied.text
        own = attempt(client)
        other = client.get("/login/callback", params={"state": own.state, "error": "a<b>"})
        assert_refused(other, 403, "answered with an error")


def test_an_answer_that_names_another_issuer_is_refused(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce))
        answer = come_back(client, own.state, iss="https://evil.example")
        assert_refused(answer, 400, "does not say that it is from the provider")


def test_a_code_that_the_provider_does_not_accept_is_refused(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        rig.provider.token, rig.provider.token_status = {"error": "invalid_grant"}, 400
        assert_refused(come_back(client, own.state), 400, "does not accept the code")
        own = attempt(client)
        assert_refused(come_back(client, own.state, code=""), 400, "has no code")
        own = attempt(client)
        rig.provider.token = {"error": "invalid_client"}
        assert_refused(come_back(client, own.state), 503, "refused this server with invalid_client")


def test_keys_are_read_again_for_an_unknown_key_at_most_once_a_minute(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data_dir = tmp_path_factory.mktemp("rotation") / "data"
    with (
        signing_provider() as provider,
        ledger_with(data_dir, oidc(provider.issuer)) as server,
        browser(server) as client,
    ):
        second, third = rsa("second"), rsa("third")

        def log_in(key: object) -> httpx.Response:
            own = attempt(client)
            provider.answer(provider.claims(own.nonce), key=key)  # type: ignore[arg-type]
            return come_back(client, own.state)

        assert 200 == log_in(provider.key).status_code
        assert 1 == provider.asked.count("/jwks")
        provider.published = [second.as_dict(private=False)]
        assert_refused(log_in(second), 401, "none of the provider&#39;s keys signed it")
        assert 1 == provider.asked.count("/jwks")
        assert_refused(log_in(third), 401, "none of the provider&#39;s keys signed it")
        assert 1 == provider.asked.count("/jwks")


def test_a_provider_that_is_down_leaves_tokens_and_sessions_as_they_are(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data_dir = tmp_path_factory.mktemp("down") / "data"
    with signing_provider() as provider:
        issuer = provider.issuer
    with ledger_with(data_dir, oidc(issuer)) as server, browser(server) as client:
        down = client.get("/login/provider")
        assert_refused(down, 503, "cannot be used now")
        token = add_token(data_dir)
        assert 303 == client.post("/login", data={"token": token}).status_code
        assert 200 == client.get("/").status_code
        headers = {"Authorization": f"Bearer {token}"}
        assert 200 == client.get("/v1/incidents", headers=headers).status_code


def other_issuer(provider: SigningProvider) -> None:
    provider.discovery = {**provider.discovery, "issuer": "https://evil.example"}


def unsafe_endpoint(provider: SigningProvider) -> None:
    provider.discovery = {**provider.discovery, "token_endpoint": "http://evil.example/token"}


def too_long(provider: SigningProvider) -> None:
    provider.padding = ANSWER_BYTES


def moved(provider: SigningProvider) -> None:
    provider.moved_to = f"{provider.issuer}/elsewhere"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_issuer, "oidc.issuer must be exactly that"),
        (unsafe_endpoint, "is not https"),
        (too_long, "answered with more than"),
        (moved, "answered with status 302"),
    ],
)
def test_a_provider_that_does_not_publish_what_it_must_is_not_used(
    tmp_path_factory: pytest.TempPathFactory, change: Callable[[SigningProvider], None], said: str
) -> None:
    data_dir = tmp_path_factory.mktemp("wrong") / "data"
    with signing_provider() as provider:
        change(provider)
        with ledger_with(data_dir, oidc(provider.issuer)) as server, browser(server) as client:
            assert_refused(client.get("/login/provider"), 503, said)
    assert not any(path == "/elsewhere" for path in provider.asked)


def test_userinfo_gives_groups_where_the_token_has_none_and_only_for_the_same_subject(
    rig: Rig,
) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce, groups=None))
        rig.provider.userinfo = {"sub": "subject-1", "groups": ["ledger-operators"]}
        assert 200 == come_back(client, own.state).status_code
        assert "operate" == client.get("/v1/token").json()["scope"]
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce, groups=None))
        rig.provider.userinfo = {"sub": "subject-2", "groups": ["ledger-admins"]}
        assert_refused(come_back(client, own.state), 401, "of another subject")
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce, groups=None))
        rig.provider.userinfo = {"sub": "subject-1", "_claim_names": {"groups": "src1"}}
        assert_refused(come_back(client, own.state), 403, "more groups than the provider")


def test_nothing_secret_or_personal_is_in_the_log(rig: Rig) -> None:
    with browser(rig.server) as client:
        own = attempt(client)
        rig.provider.answer(rig.provider.claims(own.nonce, groups=["staff"]))
        come_back(client, own.state, code="code-of-a-test")
    said = rig.server.log
    assert '"rule": "log_in_no_group"' in said or '"rule":"log_in_no_group"' in said
    for secret in (own.state, own.nonce, "code-of-a-test", "Ada Lovelace", "subject-1"):
        assert secret not in said
