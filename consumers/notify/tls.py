"""Whom requests over HTTPS trust."""

import ssl
from functools import cache

import httpx

from consumers.notify.outcome import Failed
from consumers.notify.reasons import reason_of


@cache
def tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a request. Raises Failed."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise Failed(reason_of(error)) from error
