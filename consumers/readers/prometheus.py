"""Asks a Prometheus for the value of a PromQL expression at a time.

Values are texts, which may be NaN or infinite: what is no number is no value. What the server says
of an error may repeat anything, so of it the kind alone is kept.

Source: Prometheus HTTP API (instant queries, format overview).
"""

import asyncio
import math
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import httpx
import msgspec

from consumers.notify.reasons import reason_by_status, reason_of
from consumers.text_safety import one_line
from ledger.policy.times import time_text
from ledger.settings.readers import ReaderSettings

ANSWER_BYTES = 4 * 1024 * 1024
"""An answer that is longer is not read further."""
MOST_WARNINGS = 10
WARNING_CHARACTERS = 300
_NAME = "__name__"
_OF_QUERY = frozenset({400, 422})
"""The statuses of an expression that is wrong, or cannot be evaluated."""
_KINDS = frozenset({"bad_data", "execution", "canceled", "timeout", "internal", "not_found"})
"""The kinds of errors that Prometheus names."""
_MEANING: Mapping[int, str] = {
    400: "it refused the request",
    401: "it does not accept who asks: check token, or user and password",
    403: "who asks may not do that: check token, or user and password",
    404: "nothing is there: check url",
    405: "it takes no POST there: check url",
    407: "a proxy stands between, which asks for a log-in",
    429: "too many requests: it takes later ones",
}


class Unreachable(Exception):
    """The server cannot be asked now; `reason` quotes nothing that it answered."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class QueryRefused(Exception):
    """The server answers, and not this expression: `kind` is the kind of its error.

    `said` is a line of what it said, for people on the host alone.
    """

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.said = said


class Unusable(Exception):
    """The expression has a value of another form than numbers by labels."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Series(NamedTuple):
    """A value by its labels; None where it is no finite number (`text` is as it came)."""

    labels: Mapping[str, str]
    value: float | None
    text: str


class Answer(NamedTuple):
    """The series of an instant; none is no data. `warnings` are a line each."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()


class _Sample(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str] | None = None


class _Data(msgspec.Struct, rename="camel"):
    result_type: str
    result: msgspec.Raw


class _Body(msgspec.Struct, rename="camel"):
    status: str = ""
    data: _Data | None = None
    error_type: str = ""
    error: str = ""
    warnings: list[str] = []


class Prometheus:
    """One server of the settings. Blocking."""

    def __init__(self, settings: ReaderSettings) -> None:
        self._settings = settings
        self._tls: ssl.SSLContext | None = None

    def query(self, expression: str, at: datetime) -> Answer:
        """The value of an expression at a time.

        Raises Unreachable, QueryRefused, Unusable.
        """
        try:
            status, read = asyncio.run(self._asked(expression, at))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Unreachable(_reason(error)) from error
        if status in _OF_QUERY:
            raise _refusal(read, status)
        if not httpx.codes.is_success(status):
            raise Unreachable(reason_by_status(status, _MEANING))
        return _answer(read)

    async def _asked(self, expression: str, at: datetime) -> tuple[int, bytes]:
        """Raises TimeoutError, which bounds the whole; a timeout of httpx bounds each step."""
        of = self._settings
        seconds = float(of.timeout)
        async with asyncio.timeout(seconds), self._client(seconds) as client:
            url = f"{of.url}/api/v1/query"
            form = {"query": expression, "time": time_text(at), "timeout": f"{of.timeout}s"}
            read = b""
            async with client.stream("POST", url, data=form) as answer:
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) > ANSWER_BYTES:
                        raise Unreachable("its answer is too long: check url and query")
                return answer.status_code, read

    def _client(self, seconds: float) -> httpx.AsyncClient:
        of = self._settings
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=of.ca_file)
        headers = {
            "User-Agent": "airledger",
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what decompresses badly costs nothing
        }
        if of.token is not None:
            headers["Authorization"] = f"Bearer {of.token}"
        user = (of.user, of.password) if of.user and of.password else None
        return httpx.AsyncClient(
            verify=self._tls, timeout=seconds, follow_redirects=False, headers=headers, auth=user
        )


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | PermissionError | ssl.SSLError) and not isinstance(
        error, ssl.SSLCertVerificationError
    ):
        return "no TLS could be agreed on: check url and ca_file"
    return reason_of(error)


def _refusal(read: bytes, status: int) -> Unreachable | QueryRefused:
    """What is answered to an expression that is refused; another server's answer is none."""
    try:
        body = msgspec.json.decode(read, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unreachable(reason_by_status(status, _MEANING))
    if body.status != "error":
        return Unreachable(reason_by_status(status, _MEANING))
    kind = body.error_type if body.error_type in _KINDS else "error"
    return QueryRefused(kind, one_line(body.error)[:WARNING_CHARACTERS])


def _answer(read: bytes) -> Answer:
    try:
        body = msgspec.json.decode(read, type=_Body)
        if body.status != "success" or body.data is None:
            raise Unreachable("the answer is not Prometheus': check url")
        series = tuple(_series(body.data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreachable("the answer is not Prometheus': check url") from error
    warnings = tuple(one_line(each)[:WARNING_CHARACTERS] for each in body.warnings[:MOST_WARNINGS])
    return Answer(series, warnings)


def _series(data: _Data) -> list[Series]:
    match data.result_type:
        case "vector":
            samples = msgspec.json.decode(data.result, type=list[_Sample])
        case "scalar":
            value = msgspec.json.decode(data.result, type=tuple[float, str])
            samples = [_Sample(metric={}, value=value)]
        case "matrix" | "string":
            raise Unusable(f"the query has a {data.result_type}, and no number at one time")
        case _:
            raise Unusable("the query has a value of an unknown type")
    return [_one(each) for each in samples]


def _one(sample: _Sample) -> Series:
    labels = {name: value for name, value in sample.metric.items() if name != _NAME}
    if sample.value is None:
        return Series(labels, None, "a histogram")
    text = sample.value[1]
    try:
        value = float(text)
    except ValueError:
        return Series(labels, None, "no number")
    return Series(labels, value, text) if math.isfinite(value) else Series(labels, None, text)
