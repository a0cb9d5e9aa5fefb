"""Requests to a tracker: JSON over HTTP, bounded, with reasons of failure that quote nothing.

An answer may repeat what was sent, so of one that failed only its status is given, and the fields
that it names, of those that there are.

Sources: GitHub REST API (errors, rate limits), Jira REST API (errors), RFC 9110 (Retry-After).
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from consumers.notify.outcome import Failed
from consumers.notify.reasons import reason_by_status, reason_of
from consumers.notify.tls import tls

T = TypeVar("T")

STEP_SECONDS = 10.0
"""For connecting, sending and each read of an answer."""
ANSWER_BYTES = 16 * 1024 * 1024
_FIELDS = frozenset(
    {
        *("assignee", "assignees", "attachment", "body", "comment", "components", "description"),
        *("duedate", "environment", "fixVersions", "issuetype", "labels", "milestone", "parent"),
        *("priority", "project", "reporter", "security", "summary", "timetracking", "title"),
        "versions",
    }
)
_CODES = frozenset(
    {
        *("already_exists", "custom", "invalid", "missing", "missing_field", "too_long"),
        "unprocessable",
    }
)
_OWN_FIELD = re.compile(r"customfield_[0-9]{1,10}")
_MEANING: Mapping[int, str] = {
    400: "it refused the request",
    401: "it does not accept the token",
    403: "the token may not do that",
    404: "it is not there, or the token may not see it",
    407: "a proxy stands between, which asks for a log-in",
    410: "it is switched off there, or was deleted",
    422: "it refused the request",
}


class TrackerApi:
    """One conversation with a tracker. Each request raises Failed."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base

    async def get(self, path: str, of: type[T], **params: str) -> T:
        """What there is at a path, decoded as `of`."""
        return _decoded(await self._answer("GET", path, params=params), of)

    async def post(self, path: str, body: object, of: type[T]) -> T:
        """The answer, decoded as `of`, to a body that is sent as JSON."""
        content = msgspec.json.encode(body)
        return _decoded(await self._answer("POST", path, content=content), of)

    async def _answer(self, method: str, path: str, **given: Any) -> bytes:
        read = b""
        try:
            async with self._client.stream(method, self._base + path, **given) as answer:
                async for part in answer.aiter_bytes():
                    read += part
                    if len(read) > ANSWER_BYTES:
                        raise Failed("the answer is too long")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(reason_of(error)) from error
        if not answer.is_success:
            raise Failed(_reason(answer, read))
        return read


@asynccontextmanager
async def tracker_api(base: str, headers: Mapping[str, str]) -> AsyncIterator[TrackerApi]:
    """The API at an address, which every request sends these headers to."""
    given = {"content-type": "application/json", "user-agent": "airledger", **headers}
    async with httpx.AsyncClient(headers=given, timeout=STEP_SECONDS, verify=tls()) as client:
        yield TrackerApi(client, base)


def _decoded(read: bytes, of: type[T]) -> T:
    try:
        return msgspec.json.decode(read, type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed("the answer is not what the tracker's API documents") from error


def _reason(answer: httpx.Response, read: bytes) -> str:
    status = answer.status_code
    if _is_rate_limit(answer):
        after = answer.headers.get("retry-after", "")
        wait = f", it asks to wait {int(after)} s" if re.fullmatch(r"[0-9]{1,6}", after) else ""
        return f"status {status}: too many requests{wait}"
    fields = ", ".join(dict.fromkeys(_fields(read)))
    said = reason_by_status(status, _MEANING)
    return f"{said} ({fields})" if fields else said


def _is_rate_limit(answer: httpx.Response) -> bool:
    """GitHub answers 403 or 429, by which headers it is told from a token without the right."""
    limited = "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
    return answer.status_code == httpx.codes.TOO_MANY_REQUESTS or (
        answer.status_code == httpx.codes.FORBIDDEN and limited
    )


def _fields(read: bytes) -> Iterator[str]:
    """The fields that it refused: GitHub lists them with a code each, Jira has a message each."""
    try:
        said = msgspec.json.decode(read)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    match said:
        case {"errors": [*errors]}:
            for each in errors:
                match each:
                    case {"field": str(field), "code": str(code)} if _is_field(field):
                        yield f"{field} {code}" if code in _CODES else field
        case {"errors": {**messages}}:
            yield from (each for each in map(str, messages) if _is_field(each))


def _is_field(name: str) -> bool:
    return name in _FIELDS or _OWN_FIELD.fullmatch(name) is not None
