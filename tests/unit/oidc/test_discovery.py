"""Keys and endpoints of a provider: how long they are kept, and when they are read anew."""

from collections.abc import Iterator

import pytest

from consumers.oidc.discovery import (
    ASKED_EVERY_SECONDS,
    FAILED_SECONDS,
    KEYS_EVERY_SECONDS,
    Discovery,
)
from consumers.oidc.fetching import Fetcher
from ledger.errors import Unavailable
from ledger.settings import OidcSettings
from tests.harness.signing_provider import SigningProvider, rsa, signing_provider


class Rig:
    """A provider, what asks it, and a clock that a test moves, in seconds."""

    def __init__(self, provider: SigningProvider) -> None:
        self.provider = provider
        self.now = 0.0
        oidc = OidcSettings(issuer=provider.issuer)
        fetcher = Fetcher(provider.issuer, ca_file=None, on_loopback=True)
        self.discovery = Discovery(oidc, fetcher, lambda: self.now)

    async def kids(self, kid: str | None) -> list[str | None]:
        return [key.kid for key in await self.discovery.keys(kid)]

    def asked(self, path: str) -> int:
        return self.provider.asked.count(path)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with signing_provider() as provider:
        yield Rig(provider)


async def test_a_rotated_key_is_found_at_most_a_minute_later(rig: Rig) -> None:
    assert ["first"] == await rig.kids("first")
    rig.provider.published.append(rsa("second").as_dict(private=False))
    rig.now += KEYS_EVERY_SECONDS - 1
    assert [] == await rig.kids("second")
    assert 1 == rig.asked("/jwks")
    rig.now += 1
    assert ["second"] == await rig.kids("second")
    assert 2 == rig.asked("/jwks")
    assert ["first", "second"] == await rig.kids(None)
    assert 2 == rig.asked("/jwks")


async def test_a_key_that_was_withdrawn_goes_when_another_is_asked_for(rig: Rig) -> None:
    await rig.kids("first")
    rig.provider.published = [rsa("second").as_dict(private=False)]
    rig.now += KEYS_EVERY_SECONDS
    assert ["second"] == await rig.kids("second")
    assert [] == await rig.kids("first")


async def test_endpoints_are_read_again_after_a_while_and_kept_where_that_fails(rig: Rig) -> None:
    first = await rig.discovery.endpoints()
    await rig.discovery.endpoints()
    assert 1 == rig.asked("/.well-known/openid-configuration")
    rig.now += ASKED_EVERY_SECONDS
    rig.provider.discovery = {}
    assert first == await rig.discovery.endpoints()
    assert 2 == rig.asked("/.well-known/openid-configuration")
    assert first == rig.discovery.known


async def test_a_failure_counts_for_those_who_wait_and_no_longer(rig: Rig) -> None:
    rig.provider.moved_to = "https://elsewhere.example"
    for _ in range(3):
        with pytest.raises(Unavailable, match="answered with status 302"):
            await rig.discovery.endpoints()
    assert 1 == rig.asked("/.well-known/openid-configuration")
    rig.provider.moved_to = ""
    rig.now += FAILED_SECONDS
    await rig.discovery.endpoints()


async def test_what_is_no_public_key_to_sign_with_is_left_out(rig: Rig) -> None:
    whole = rig.provider.published
    rig.provider.published = [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "broken"},
        {"kty": "unheard of", "kid": "new"},
        "text",
        *whole,
    ]
    assert ["first"] == await rig.kids(None)


async def test_a_provider_that_says_nothing_of_use_is_unavailable(rig: Rig) -> None:
    rig.provider.discovery = {"issuer": rig.provider.issuer}
    with pytest.raises(Unavailable, match="is not as it must be"):
        await rig.discovery.endpoints()
    assert None is rig.discovery.known
