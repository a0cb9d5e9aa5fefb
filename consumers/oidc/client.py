"""Log-in at the provider: where to send a browser, and whom its code stands for.

Authorization code flow with PKCE (RFC 6749, RFC 7636 with S256, OpenID Connect Core 1.0).
"""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from consumers.oidc.discovery import Discovery, Endpoints
from consumers.oidc.fetching import Fetcher, Json, provider_unavailable
from consumers.oidc.id_token import Claims, TokenAnswer, verified
from consumers.oidc.log_in_secrets import Secrets
from consumers.oidc.mapping import LoggedIn, groups_in, logged_in, name_in
from ledger.errors import Refused
from ledger.settings import OidcSettings


class Provider:
    """The provider of the settings. For one event loop."""

    def __init__(
        self,
        oidc: OidcSettings,
        *,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is in seconds since 1970."""
        self._oidc = oidc
        self._clock = clock
        issuer = oidc.issuer or ""
        self._fetcher = Fetcher(issuer, ca_file=ca_file, on_loopback=oidc.on_loopback)
        self._discovery = Discovery(oidc, self._fetcher)

    async def log_in_url(self, own: Secrets, redirect_uri: str) -> str:
        """Where a browser goes to log in. Raises Unavailable."""
        endpoints = await self._discovery.endpoints()
        url: str = prepare_grant_uri(
            endpoints.authorization_endpoint,
            client_id=self._oidc.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._oidc.scopes,
            state=own.state,
            nonce=own.nonce,
            code_challenge=create_s256_code_challenge(own.verifier),
            code_challenge_method="S256",
        )
        return url

    async def require_issuer(self, said: str | None) -> None:
        """Raises Refused where an answer came from another provider (RFC 9207), Unavailable."""
        endpoints = await self._discovery.endpoints()
        owed = endpoints.authorization_response_iss_parameter_supported
        if said != self._oidc.issuer and (said is not None or owed):
            raise Refused(
                "log_in_other_provider",
                "The answer does not say that it is from the provider of this ledger.",
                remedy="Log in again, from this ledger's own page.",
            )

    async def redeem(self, code: str, own: Secrets, redirect_uri: str) -> LoggedIn:
        """Whom a code stands for. Raises Refused, Unavailable."""
        endpoints = await self._discovery.endpoints()
        answer = await self._exchange(endpoints, code, own.verifier, redirect_uri)
        claims = await verified(
            answer.id_token,
            oidc=self._oidc,
            discovery=self._discovery,
            nonce=own.nonce,
            access_token=answer.access_token,
            clock=self._clock,
        )
        lacks_groups = bool(self._oidc.groups) and not self._has_groups(claims)
        if lacks_groups or not name_in(claims, self._oidc.name_claim):
            claims = {**await self._userinfo(endpoints, answer, claims), **claims}
        return logged_in(claims, self._oidc)

    def log_out_url(self) -> str | None:
        """Where a browser may log out at the provider, if that has such a page and is known.

        OpenID Connect RP-Initiated Logout 1.0; the provider asks, for it is sent no ID token.
        """
        known = self._discovery.known
        if known is None or known.end_session_endpoint is None:
            return None
        query = {"client_id": self._oidc.client_id}
        joint = "&" if "?" in known.end_session_endpoint else "?"
        return f"{known.end_session_endpoint}{joint}{urlencode(query)}"

    async def _exchange(
        self, endpoints: Endpoints, code: str, verifier: str, redirect_uri: str
    ) -> TokenAnswer:
        body = prepare_token_request(
            "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier
        )
        url, headers, body = self._client_auth(endpoints).prepare(
            "POST",
            endpoints.token_endpoint,
            {"Content-Type": "application/x-www-form-urlencoded"},
            body,
        )
        status, answer = await self._fetcher.post(url, headers, body)
        if status != 200:
            raise self._not_exchanged(answer)
        try:
            return msgspec.convert(answer, TokenAnswer)
        except msgspec.ValidationError as error:
            raise self._unusable("its token endpoint gave no ID token") from error

    def _client_auth(self, endpoints: Endpoints) -> ClientAuth:
        client, secret = self._oidc.client_id or "", self._oidc.client_secret
        if secret is None:
            return ClientAuth(client, None, "none")
        methods = endpoints.token_endpoint_auth_methods_supported
        if "client_secret_basic" not in methods and "client_secret_post" in methods:
            return ClientAuth(client, secret, "client_secret_post")
        # Basic has both encoded as in a form (RFC 6749, section 2.3.1); the library leaves that.
        return ClientAuth(quote_plus(client), quote_plus(secret), "client_secret_basic")

    def _not_exchanged(self, answer: Json) -> Exception:
        error = answer.get("error")
        if error != "invalid_grant":  # ours: invalid_client and the like
            shown = error if isinstance(error, str) and error.isidentifier() else "an error"
            return self._unusable(f"its token endpoint refused this server with {shown}")
        return Refused(
            "log_in_code",
            "The provider does not accept the code: it was used before, or is too old.",
            remedy="Log in again.",
        )

    def _has_groups(self, claims: Claims) -> bool:
        return groups_in(claims, self._oidc.groups_claim) is not None

    async def _userinfo(self, endpoints: Endpoints, answer: TokenAnswer, of: Claims) -> Claims:
        if endpoints.userinfo_endpoint is None or answer.access_token is None:
            return {}
        found = await self._fetcher.get(endpoints.userinfo_endpoint, bearer=answer.access_token)
        if found.get("sub") != of["sub"]:
            raise Refused(
                "log_in_other_subject",
                "The provider's userinfo is of another subject than its ID token.",
                remedy="Log in again. If it lasts, the provider has a fault: nobody is logged in.",
            )
        return found

    def _unusable(self, why: str) -> Exception:
        return provider_unavailable(self._oidc.issuer or "", why)
