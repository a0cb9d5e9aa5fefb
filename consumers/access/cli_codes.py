"""Codes by which the command line gets a session of its own, after a person allowed it.

The command keeps a verifier, and shows its challenge to the browser (as RFC 7636 does with S256):
who reads the code on its way can do nothing with it.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from consumers.access.single_use import kept_secret, waiting_secret
from ledger.errors import Refused
from ledger.store.port import Store
from ledger.store.side_records import SessionGrant, SingleUse, SingleUseTaken

KIND = "cli"
"""The kind of these secrets in the store."""
LASTS = timedelta(minutes=1)
"""A code is exchanged by the command that waits for it, at once."""
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}")
CODE = re.compile(r"[A-Za-z0-9_-]{20,100}")
_COMPARED = 8


class AllowedCommandLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a code stands for: the session to begin, for whoever has the verifier."""

    challenge: str
    grant: SessionGrant


def challenge_of(verifier: str) -> str:
    """The challenge of a verifier: base64url of its SHA-256, without padding."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def comparison(challenge: str) -> str:
    """What a person compares on the page and in the terminal: two groups of four characters."""
    digest = hashlib.sha256(f"airledger login {challenge}".encode("ascii")).digest()
    text = base64.b32encode(digest).decode("ascii")[:_COMPARED]
    return f"{text[:4]}-{text[4:]}"


def new_code(challenge: str, grant: SessionGrant, at: datetime) -> tuple[str, SingleUse]:
    """A code, and what the store keeps of it. The session is that of `grant`, on a command line."""
    code = secrets.token_urlsafe(32)
    allowed = AllowedCommandLine(challenge=challenge, grant=replace(grant, command_line=True))
    return code, kept_secret(code, KIND, allowed, at, LASTS)


def redeemed(
    store: Store, code: str, verifier: str, at: datetime
) -> tuple[SessionGrant, SingleUseTaken]:
    """The session that a code stands for, and the write that uses it up. Blocking.

    Raises Refused for a code that is unknown, used or old, or a verifier that is not its own.
    """
    found = None
    if CODE.fullmatch(code) and VERIFIER.fullmatch(verifier):
        found = waiting_secret(store, code, KIND, AllowedCommandLine, at)
    if found is None or not hmac.compare_digest(challenge_of(verifier), found[0].challenge):
        raise used_up()
    return found[0].grant, found[1]


def used_up() -> Refused:
    """The refusal of a code that works no more, or never did."""
    return Refused(
        "log_in_cli_code",
        "The code of this log-in is unknown, was used, or is older than a minute.",
        remedy="Run airledger login again.",
    )
