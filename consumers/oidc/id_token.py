"""The ID token: who signed it, for whom, and when (OpenID Connect Core 1.0, section 3.1.3.7)."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jws import JWSRegistry

from consumers.oidc.discovery import Discovery, PublicKey
from ledger.errors import Refused
from ledger.settings import OidcSettings

ALGORITHMS = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "Ed25519",
)
"""Asymmetric ones alone: `none` proves nothing, and HS256's key is the client's secret."""
SUBJECT_CHARACTERS = 255
"""A subject is ASCII and no longer (section 2)."""
RSA_BITS = 2_048
"""An RSA key with fewer bits is not accepted."""
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

Claims = dict[str, Any]


async def verified(
    text: str,
    *,
    oidc: OidcSettings,
    discovery: Discovery,
    nonce: str,
    access_token: str | None,
    clock: Callable[[], float] = time.time,
) -> Claims:
    """The claims of an ID token that holds. Raises Refused, and Unavailable without keys.

    `clock` is in seconds since 1970.
    """
    try:
        header = jws.extract_compact(text.encode("ascii")).headers()
    except (JoseError, ValueError) as error:
        raise _refused("it is no signed token") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise _refused(f"it is signed with {algorithm!r}, and not with an asymmetric algorithm")
    if kid is not None and not isinstance(kid, str):
        raise _refused("its key id is no text")
    token = _opened(text, await discovery.keys(kid), algorithm)
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": oidc.issuer or ""},
            "aud": {"essential": True, "value": oidc.client_id or ""},
        },
        params={"nonce": nonce, "client_id": oidc.client_id, "access_token": access_token},
    )
    try:
        claims.validate(int(clock()), oidc.leeway)
    except ClaimError as error:
        raise _refused(f"its claim {error.claim!r} is missing or wrong") from error
    except (JoseError, ValueError, TypeError) as error:
        raise _refused("one of its claims has a wrong shape") from error
    return _with_subject(dict(claims))


def _opened(text: str, keys: tuple[PublicKey, ...], algorithm: str) -> jwt.Token:
    """The token, if one of these keys signed it."""
    for key in keys:
        if key.alg not in {None, algorithm} or _is_short(key):
            continue
        try:
            return jwt.decode(text, key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            continue
    raise _refused("none of the provider's keys signed it")


def _is_short(key: PublicKey) -> bool:
    bits = getattr(key.public_key, "key_size", RSA_BITS)
    return key.key_type == "RSA" and bits < RSA_BITS


def _with_subject(claims: Claims) -> Claims:
    subject = claims["sub"]
    if not (
        isinstance(subject, str)
        and subject.isascii()
        and subject.isprintable()
        and 0 < len(subject) <= SUBJECT_CHARACTERS
    ):
        raise _refused(f"its subject is not 1 to {SUBJECT_CHARACTERS} ASCII characters")
    return claims


def _refused(why: str) -> Refused:
    return Refused(
        "log_in_id_token",
        f"The provider's ID token is not accepted: {why}.",
        remedy="Log in again. If it lasts, compare the clocks, oidc.issuer and oidc.client_id with "
        "what the provider has.",
    )


class TokenAnswer(msgspec.Struct, frozen=True):
    """What the token endpoint answers."""

    id_token: str
    access_token: str | None = None

    def __repr__(self) -> str:
        """Without the tokens."""
        return "TokenAnswer()"
