"""Whom requests over HTTPS trust."""

import ssl
from functools import cache

import httpx


@cache
def tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a request."""
    return httpx.create_ssl_context()
