"""Whom requests over HTTPS trust."""

import ssl
from functools import cache

import httpx

from consumers.notify.outcome import Failed


@cache
def tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a request. Raises Failed."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise Failed(type(error).__name__) from error
