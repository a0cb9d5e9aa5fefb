"""The provider's endpoints and keys, as it publishes them (OpenID Connect Discovery 1.0)."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from consumers.oidc.fetching import Fetcher, Json, provider_unavailable
from ledger.errors import Unavailable
from ledger.settings import OidcSettings
from ledger.settings.oidc import LOOPBACK

log = structlog.get_logger(__name__)

PATH = "/.well-known/openid-configuration"
ASKED_EVERY_SECONDS = 3_600.0
"""Endpoints are read again after so long; where that fails, those of before are used."""
KEYS_EVERY_SECONDS = 60.0
"""For a key that is unknown the keys are read again, at most so often."""
FAILED_SECONDS = 2.0
"""So long a failure counts for others: those who wait for the provider do not ask in turn."""
KINDS = frozenset({"RSA", "EC", "OKP"})
"""The kinds of asymmetric keys (RFC 7518, RFC 8037)."""
KEYS = 100
"""So many keys of a provider are looked at."""

PublicKey = RSAKey | ECKey | OKPKey


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of the provider."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    issuer: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Discovery:
    """What a provider publishes of itself, kept for a while. For one event loop."""

    def __init__(
        self,
        oidc: OidcSettings,
        fetcher: Fetcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is in seconds, from any time on."""
        self._issuer = oidc.issuer or ""
        self._on_loopback = oidc.on_loopback
        self._fetcher = fetcher
        self._clock = clock
        self._asking, self._asking_keys = asyncio.Lock(), asyncio.Lock()
        self._endpoints: Endpoints | None = None
        self._asked_at = self._keys_at = float("-inf")
        self._keys: tuple[PublicKey, ...] = ()
        self._failure: Unavailable | None = None
        self._failed_at = float("-inf")

    @property
    def known(self) -> Endpoints | None:
        """The endpoints, where they were asked for before; nothing is asked."""
        return self._endpoints

    async def endpoints(self) -> Endpoints:
        """The endpoints. Raises Unavailable where the provider does not say them."""
        async with self._asking:
            if self._endpoints is not None and self._is_fresh(self._asked_at, ASKED_EVERY_SECONDS):
                return self._endpoints
            try:
                self._endpoints = self._endpoints_in(await self._get(self._address))
            except Unavailable as error:
                if self._endpoints is None:
                    raise
                log.warning("provider_not_read_again", reason=error.message)
            self._asked_at = self._clock()
            return self._endpoints

    async def keys(self, kid: str | None) -> tuple[PublicKey, ...]:
        """The keys that may have signed under a key id; without an id, all. Raises Unavailable."""
        endpoints = await self.endpoints()
        async with self._asking_keys:
            found = self._under(kid)
            if not found and not self._is_fresh(self._keys_at, KEYS_EVERY_SECONDS):
                answer = await self._get(endpoints.jwks_uri)
                self._keys, self._keys_at = _public_keys(answer.get("keys")), self._clock()
                found = self._under(kid)
            return found

    def _under(self, kid: str | None) -> tuple[PublicKey, ...]:
        return tuple(key for key in self._keys if kid is None or key.kid == kid)

    def _is_fresh(self, at: float, seconds: float) -> bool:
        return self._clock() - at < seconds

    @property
    def _address(self) -> str:
        return f"{self._issuer.rstrip('/')}{PATH}"

    async def _get(self, url: str) -> Json:
        if self._failure is not None and self._is_fresh(self._failed_at, FAILED_SECONDS):
            raise Unavailable(self._failure.message, remedy=self._failure.remedy)
        try:
            return await self._fetcher.get(url)
        except Unavailable as error:
            self._failure, self._failed_at = error, self._clock()
            raise

    def _endpoints_in(self, answer: Json) -> Endpoints:
        try:
            found = msgspec.convert(answer, Endpoints)
        except msgspec.ValidationError as error:
            raise self._unusable(f"its {PATH} is not as it must be: {error}") from error
        if found.issuer != self._issuer:
            raise self._unusable(
                f"it says that its issuer is {found.issuer!r}; oidc.issuer must be exactly that"
            )
        for address in (
            found.authorization_endpoint,
            found.token_endpoint,
            found.jwks_uri,
            *filter(None, (found.userinfo_endpoint, found.end_session_endpoint)),
        ):
            if not self._is_safe(address):
                raise self._unusable(f"its endpoint {address!r} is not https")
        return found

    def _is_safe(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            host = parts.hostname
        except ValueError:
            return False
        if parts.scheme == "https":
            return bool(host)
        return self._on_loopback and parts.scheme == "http" and host in LOOPBACK

    def _unusable(self, why: str) -> Unavailable:
        return provider_unavailable(self._issuer, why)


def _public_keys(published: Any) -> tuple[PublicKey, ...]:
    """The asymmetric keys that sign; others, and those that cannot be read, are left out."""
    found: list[PublicKey] = []
    for each in published[:KEYS] if isinstance(published, list) else ():
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        if each.get("kty") not in KINDS:
            continue
        try:
            key = jwk.import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            found.append(key)
    return tuple(found)
