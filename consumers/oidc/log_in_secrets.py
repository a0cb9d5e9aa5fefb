"""What one log-in has of its own: it loads no client, so that servers without a provider do not."""

import secrets
from typing import NamedTuple

SECRET_BYTES = 32


class Secrets(NamedTuple):
    """What one log-in has of its own, all random."""

    state: str
    nonce: str
    verifier: str


def new_secrets() -> Secrets:
    """Secrets of 256 random bits each, as URL-safe text."""
    return Secrets(*(secrets.token_urlsafe(SECRET_BYTES) for _ in Secrets._fields))
