"""Requests to the provider: with time limits, bounded answers, and no redirections."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ledger.errors import Unavailable

ANSWER_BYTES = 1024 * 1024
"""An answer of the provider that is longer is not read further."""
STEP_SECONDS = 5.0
"""For each step of a request: connecting, sending, each read."""
WHOLE_SECONDS = 10.0
"""For a request as a whole."""

Json = dict[str, Any]


class Fetcher:
    """Asks one provider. For one event loop."""

    def __init__(self, issuer: str, *, ca_file: Path | None, on_loopback: bool) -> None:
        """`ca_file` has the CA certificates (PEM) to trust; the machine's by default."""
        self._issuer = issuer
        self._ca_file = ca_file
        self._on_loopback = on_loopback
        self._tls: ssl.SSLContext | None = None

    async def get(self, url: str, *, bearer: str | None = None) -> Json:
        """The JSON object at an address. Raises Unavailable."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        status, found = await self._ask("GET", url, headers)
        if status != httpx.codes.OK:
            raise self._unavailable(f"{url} answered with status {status}")
        return found

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> tuple[int, Json]:
        """The status and JSON object that a form is answered with. Raises Unavailable."""
        return await self._ask("POST", url, headers, body)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[int, Json]:
        try:
            async with asyncio.timeout(WHOLE_SECONDS), self._client() as client:
                accepts = {"Accept": "application/json", **headers}
                async with client.stream(method, url, headers=accepts, content=body) as answer:
                    return answer.status_code, await self._object_in(answer, url)
        except TimeoutError as error:
            raise self._unavailable("it did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unavailable(type(error).__name__) from error

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
        async with httpx.AsyncClient(
            verify=self._tls,
            timeout=STEP_SECONDS,
            follow_redirects=False,
            trust_env=not self._on_loopback,
            headers={"User-Agent": "airledger"},
        ) as client:
            yield client

    async def _object_in(self, answer: httpx.Response, url: str) -> Json:
        content = bytearray()
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > ANSWER_BYTES:
                raise self._unavailable(f"{url} answered with more than {ANSWER_BYTES:,} bytes")
        if answer.status_code >= 500 or answer.is_redirect:
            raise self._unavailable(f"{url} answered with status {answer.status_code}")
        try:
            found = msgspec.json.decode(bytes(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._unavailable(f"{url} did not answer with JSON") from error
        if not isinstance(found, dict):
            raise self._unavailable(f"{url} did not answer with a JSON object")
        return found

    def _unavailable(self, why: str) -> Unavailable:
        return provider_unavailable(self._issuer, why)


def provider_unavailable(issuer: str, why: str) -> Unavailable:
    """The error of a provider that does not answer as it must."""
    return Unavailable(
        f"The provider {issuer} cannot be used now: {why}.",
        remedy="Try again in a moment, or log in with a token. Sessions go on.",
    )
