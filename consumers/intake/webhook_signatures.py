"""Signatures of webhooks that come without a token: HMAC-SHA256 with a shared secret.

Three ways of it are known: PagerDuty's, Jira's, and that of Standard Webhooks, by which incident.io
signs. A signature is claimed by the headers, which is checked before a body is read, and then has
to be the body's. Several may be claimed, as while a secret is replaced: one of them has to be
right. It is checked when a body arrives and never again.

Sources: PagerDuty's developer documentation, "Verifying signatures"; the specification of Standard
Webhooks 1.0; Atlassian's documentation of Jira, "Webhooks", and WebSub, 7.1.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consumers.intake.hmac_signature import SECONDS, SignatureError, require_fresh
from ledger.errors import Invalid
from ledger.store.side_records import Signing

SECRET_BYTES = 16
"""The shortest secret: nothing else tells the source from anybody who knows its name."""
CLAIMED_SIGNATURES = 10
"""The most signatures of one body that are compared."""
PAGERDUTY_HEADER, HUB_HEADER = "X-PagerDuty-Signature", "X-Hub-Signature"
ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
)
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_ID = re.compile(r"[!-\-/-~]{1,200}")
"""An id without a full stop, which ends it in what is signed."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with


class Claim(NamedTuple):
    """The signatures that a request's headers claim; what is signed is `prefix` and the body."""

    signatures: tuple[bytes, ...]
    prefix: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookSignature:
    """How the bodies of a format are signed.

    `claimed` reads the headers; it raises SignatureError. `key` is the key that a secret stands
    for; it raises Invalid. `expected` says what a request has to bring.
    """

    claimed: Callable[[Mapping[str, str], Sequence[datetime]], Claim]
    key: Callable[[str], bytes]
    expected: str

    def parse_signing(self, secret: str) -> Signing:
        """Parses a source's secret. Raises Invalid for one that is too short, or malformed."""
        if len(self.key(secret)) < SECRET_BYTES:
            raise Invalid(
                f"The secret has less than {SECRET_BYTES} bytes, and could be guessed.",
                remedy="Use the one that the service made, or a longer one.",
            )
        return Signing(secret=secret)

    def require_claim(self, headers: Mapping[str, str], *now: datetime) -> Claim:
        """What the headers claim. Raises SignatureError where that is nothing, or too old."""
        claim = self.claimed(headers, now)
        if not claim.signatures:
            raise SignatureError(f"No signature: {self.expected}.")
        return claim

    def require_signed(self, signing: Signing, claim: Claim, body: bytes) -> None:
        """Raises SignatureError for a body of which no claimed signature is."""
        signed = hmac.new(self.key(signing.secret), claim.prefix, "sha256")
        signed.update(body)
        right = signed.digest()
        if not any(hmac.compare_digest(right, each) for each in claim.signatures):
            raise SignatureError(f"The signature is not this body's: {self.expected}.")


def _few(found: Sequence[bytes | None]) -> tuple[bytes, ...]:
    return tuple(each for each in found if each is not None)[:CLAIMED_SIGNATURES]


def _after(prefix: str, text: str, decoded: Callable[[str], bytes | None]) -> bytes | None:
    text = text.strip()
    return decoded(text.removeprefix(prefix)) if text.startswith(prefix) else None


def _from_hex(text: str) -> bytes | None:
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _pagerduty(headers: Mapping[str, str], _: Sequence[datetime]) -> Claim:
    given = headers.get(PAGERDUTY_HEADER, "").split(",")
    return Claim(_few([_after("v1=", each, _from_hex) for each in given]))


def _hub(headers: Mapping[str, str], _: Sequence[datetime]) -> Claim:
    return Claim(_few([_after("sha256=", headers.get(HUB_HEADER, ""), _from_hex)]))


def _standard(headers: Mapping[str, str], now: Sequence[datetime]) -> Claim:
    identity, time = headers.get(ID_HEADER, ""), headers.get(TIME_HEADER, "")
    if _ID.fullmatch(identity) is None:
        raise SignatureError(f"No id: {ID_HEADER} must hold the id of the message.")
    if SECONDS.fullmatch(time) is None:
        raise SignatureError(f"No timestamp: {TIME_HEADER} must hold the seconds since 1970.")
    require_fresh(time, now)
    given = headers.get(SIGNATURE_HEADER, "").split(" ")
    signatures = _few([_after("v1,", each, _from_base64) for each in given])
    return Claim(signatures, f"{identity}.{time}.".encode())


def _standard_key(secret: str) -> bytes:
    key = _after(_SECRET_PREFIX, secret, _from_base64)
    if key is None:
        raise Invalid(
            "The secret is no signing secret of incident.io.",
            errors=[("secret", f"expected {_SECRET_PREFIX} and Base64")],
            remedy="Copy it from the webhook's endpoint, as a whole.",
        )
    return key


_UNDER = "under the secret that this source was added with"

PAGERDUTY_SIGNATURE = WebhookSignature(
    claimed=_pagerduty,
    key=str.encode,
    expected=f"{PAGERDUTY_HEADER} must hold v1= and the HMAC-SHA256 of the body in hex, {_UNDER}",
)
HUB_SIGNATURE = WebhookSignature(
    claimed=_hub,
    key=str.encode,
    expected=f"{HUB_HEADER} must hold sha256= and the HMAC-SHA256 of the body in hex, {_UNDER}",
)
STANDARD_SIGNATURE = WebhookSignature(
    claimed=_standard,
    key=_standard_key,
    expected=f"{SIGNATURE_HEADER} must hold v1, and the HMAC-SHA256 of {ID_HEADER}, a full stop, "
    f"{TIME_HEADER}, a full stop and the body in Base64, {_UNDER}",
)
