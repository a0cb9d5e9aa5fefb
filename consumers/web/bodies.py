"""Reads a request's body: decodes its content coding, and enforces the route's limit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, NamedTuple

from litestar import Request
from litestar.exceptions import HTTPException

from consumers.intake.format import BODY_BYTES
from consumers.intake.parsing.codings import (
    ACCEPTED,
    NotDecoded,
    NotSupported,
    Oversized,
    coding_of,
    decoded,
)
from consumers.intake.parsing.texts import as_utf8
from consumers.web.auth import Caller
from consumers.web.reading import Reservation
from consumers.web.services import services_of
from ledger.errors import Invalid


class ReceivedBody(NamedTuple):
    """A decoded body; or the body as it arrived, and why it could not be decoded."""

    content: bytes
    fault: str = ""


async def receive_body(request: Request[Any, Any, Any], most: int = BODY_BYTES) -> ReceivedBody:
    """A request's body, of at most `most` bytes. Raises what `hold_body` does."""
    async with hold_body(request, most) as body:
        return body


@asynccontextmanager
async def hold_body(
    request: Request[Any, Any, Any], most: int = BODY_BYTES
) -> AsyncIterator[ReceivedBody]:
    """A request's body, of at most `most` bytes; its memory stays reserved until the context ends.

    Raises HTTPException: 413 if it is larger, 415 for an unsupported coding; Overloaded if too many
    bytes are reserved.
    """
    try:
        coding = coding_of(request.headers)
    except NotSupported as error:
        raise HTTPException(
            status_code=415, detail=str(error), headers={"Accept-Encoding": ACCEPTED}
        ) from error
    with _reserved(request, most, coded=bool(coding)) as reservation:
        body = await _read(request, coding, most)
        reservation.reduce(len(body.content))
        yield body


async def _read(request: Request[Any, Any, Any], coding: str, most: int) -> ReceivedBody:
    body = await request.body()
    if not coding:
        return ReceivedBody(body)
    try:
        return ReceivedBody(await asyncio.to_thread(decoded, body, coding, most))
    except Oversized as error:
        raise HTTPException(status_code=413, detail=str(error)) from error
    except NotDecoded as error:
        return ReceivedBody(body, str(error))


def _reserved(
    request: Request[Any, Any, Any], most: int, *, coded: bool
) -> AbstractContextManager[Reservation]:
    """Reserves memory for a body's announced length, or for its maximum."""
    length = request.headers.get("content-length", "")
    size = min(most, int(length)) if len(length) < 19 and length.isdecimal() else most
    size += most if coded else 0
    services = services_of(request.app.state)
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is not None:
        return services.reading_known.reserved(caller.key, size)
    address = request.client.host if request.client is not None else ""
    return services.reading_unknown.reserved(address, size)


async def utf8_body(request: Request[Any, Any, Any]) -> bytes:
    """The body of a command: JSON in UTF-8. Raises Invalid, and what `receive_body` does."""
    body = await receive_body(request)
    if body.fault:
        raise Invalid(
            f"The body {body.fault}.",
            errors=[("body", body.fault)],
            remedy=f"Send it without a coding, or in one of {ACCEPTED}.",
        )
    return as_utf8(body.content, request.headers)
