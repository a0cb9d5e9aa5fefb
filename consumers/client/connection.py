"""HTTP requests to a server of airledger, and its refusals as the ledger's own errors.

A request is repeated, with back-off, where the server is overloaded, restarts or drops the
connection; what is sent with an Idempotency-Key has one effect all the same.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from httpx_retries import Retry, RetryTransport

from consumers.client.problems import as_error, not_airledger
from ledger.errors import LedgerError, SettingsError, Unavailable
from ledger.transparency.http_reader import is_header_text

TIMEOUT_SECONDS = 30.0
"""For each step of a request."""
UPLOAD_SECONDS = 300.0
"""The same for content: it is stored before it is answered."""
_RETRY = Retry(
    total=4,
    allowed_methods=("GET", "POST"),
    status_forcelist=(502, 503, 504),
    retry_on_exceptions=(httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout),
    backoff_factor=0.2,
    total_timeout=10.0,
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MayBeRecorded(Unavailable):
    """A command was sent, and no answer came: it may have been recorded."""


def is_exposed(url: str) -> bool:
    """Whether tokens travel unencrypted to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and (parts.hostname or "") not in _LOOPBACK


class Connection:
    """A server, with the token of the caller, if any; to be used in a `with` block."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        ca_file: Path | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """`url` is the server's, with the prefix of its pages, if any. Raises SettingsError.

        `ca_file` has the CA certificates (PEM) to trust; the machine's by default, or those that
        SSL_CERT_FILE names.
        """
        if token is not None and not is_header_text(token):
            raise SettingsError(
                f"The token for {url} has characters that no token has.",
                remedy="Set AIRLEDGER_TOKEN, or run airledger login.",
            )
        self.url = url
        transport = httpx.HTTPTransport(verify=_tls(ca_file))
        headers = {"User-Agent": "airledger"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._once, self._http = (
            httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=each)
            for each in (transport, RetryTransport(transport=transport, retry=_RETRY))
        )

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, once: bool = False
    ) -> httpx.Response:
        """The answer to a query; with `once`, it is not repeated."""
        with self._told():
            http = self._once if once else self._http
            return self._checked(http.get(path, params=params))

    def post(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The answer to a command, which is JSON. Raises MayBeRecorded where none came."""
        sent = False
        try:
            with self._told():
                request = self._http.build_request(
                    "POST", path, json=body, headers=dict(headers or {})
                )
                sent = True
                return self._checked(self._http.send(request))
        except Unavailable as error:
            unanswered = isinstance(error.__cause__, httpx.HTTPError)
            never = isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout))
            if not sent or not unanswered or never:
                raise
            raise MayBeRecorded(
                f"{error.message} The command may have been recorded.", remedy=error.remedy
            ) from error

    def upload(
        self,
        path: str,
        params: Mapping[str, str],
        parts: Iterable[bytes],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """The answer to a body that is sent in parts, once."""
        with self._told():
            answer = self._once.post(
                path, params=params, content=parts, headers=headers, timeout=UPLOAD_SECONDS
            )
            return self._checked(answer)

    @contextmanager
    def stream(self, path: str, params: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """The answer to a query, to be read piece by piece."""
        with self._told(), self._http.stream("GET", path, params=params) as answer:
            if answer.is_error or answer.is_redirect:
                answer.read()
            yield self._checked(answer)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise as_error(self.url, answer)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises the ledger's errors for those of the network."""
        try:
            yield
        except LedgerError:
            raise
        except httpx.TimeoutException as error:
            raise Unavailable(
                f"{self.url} did not answer in time.", remedy="Try again in a moment."
            ) from error
        except httpx.DecodingError as error:
            raise not_airledger(self.url, "its answer has a broken content coding") from error
        except httpx.UnsupportedProtocol as error:
            raise SettingsError(
                f"{self.url!r} is not the URL of a server.",
                remedy="Write it as https://ledger.example.",
            ) from error
        except httpx.HTTPError as error:
            raise Unavailable(
                f"{self.url} cannot be reached: {_reason(error)}.",
                remedy="Check the URL (AIRLEDGER_URL, or airledger login), the network, and that "
                "the server runs.",
            ) from error


def _reason(error: httpx.HTTPError) -> str:
    text = str(error).rstrip(".")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"{text}; name your CA's certificates with ca_file (AIRLEDGER_CA_FILE)"
    return text or type(error).__name__


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"ca_file {str(ca_file)!r} cannot be used: {error}.",
            remedy="Name a file with CA certificates (PEM).",
        ) from error
