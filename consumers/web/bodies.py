"""A request's body as it is read: without its content coding, within the route's limit."""

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


class Arrived(NamedTuple):
    """A body without its coding; or as it arrived, and why it could not be decoded."""

    content: bytes
    fault: str = ""


async def arrived(request: Request[Any, Any, Any], most: int = BODY_BYTES) -> Arrived:
    """A request's body, of at most so many bytes. Raises what `held` does."""
    async with held(request, most) as body:
        return body


@asynccontextmanager
async def held(request: Request[Any, Any, Any], most: int = BODY_BYTES) -> AsyncIterator[Arrived]:
    """A request's body, of at most so many bytes; it counts as held until the context ends.

    Raises HTTPException: 413 where it is larger, 415 for a coding that is not read; Overloaded
    where too much is held at the same time.
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


async def _read(request: Request[Any, Any, Any], coding: str, most: int) -> Arrived:
    body = await request.body()
    if not coding:
        return Arrived(body)
    try:
        return Arrived(await asyncio.to_thread(decoded, body, coding, most))
    except Oversized as error:
        raise HTTPException(status_code=413, detail=str(error)) from error
    except NotDecoded as error:
        return Arrived(body, str(error))


def _reserved(
    request: Request[Any, Any, Any], most: int, *, coded: bool
) -> AbstractContextManager[Reservation]:
    """Room for a body of its announced length, or of the most that it may have."""
    length = request.headers.get("content-length", "")
    size = min(most, int(length)) if len(length) < 19 and length.isdecimal() else most
    size += most if coded else 0
    services = services_of(request.app.state)
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is not None:
        return services.reading_known.reserved(caller.key, size)
    address = request.client.host if request.client is not None else ""
    return services.reading_unknown.reserved(address, size)


async def text_of(request: Request[Any, Any, Any]) -> bytes:
    """The body of a command: JSON in UTF-8. Raises HTTPException as `arrived` does, Invalid."""
    body = await arrived(request)
    if body.fault:
        raise Invalid(
            f"The body {body.fault}.",
            errors=[("body", body.fault)],
            remedy=f"Send it as it is, or in one of {ACCEPTED}.",
        )
    return as_utf8(body.content, request.headers)
