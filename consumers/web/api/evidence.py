"""The content of evidence: sent as it is, stored as it arrives, and checked as it is read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from mimetypes import guess_extension
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from consumers.cards import Completeness
from consumers.commands.filing import NO_DIGEST, file_content
from consumers.commands.references import reference
from consumers.http_server.protocol import UPLOADS
from consumers.json_decoders import invalid_member
from consumers.metrics.counters import CONTENT_CHANGED
from consumers.read_service.completeness import completeness_of
from consumers.read_service.evidence import filed_evidence, require_readable
from consumers.read_service.views import view_of
from consumers.web.api.commands import answer_of
from consumers.web.api.queries import READ, TAGS
from consumers.web.auth import caller_of, commander_of
from consumers.web.reader import read_ledger
from consumers.web.services import services_of
from ledger.domain.envelope import uuid_of
from ledger.domain.evidence import EVIDENCE, FileEvidence
from ledger.errors import ContentChanged, Invalid
from ledger.vocabulary import Scope

ANY_TYPE = "application/octet-stream"


@contextmanager
def _counting() -> Iterator[None]:
    """Counts a read that found another content."""
    try:
        yield
    except ContentChanged:
        CONTENT_CHANGED.inc()
        raise


class ContentFile(Stream):
    """Content as a file: its own content type, whatever that of the route's other answers."""

    def to_asgi_response(self, *args: Any, **given: Any) -> Any:
        """The answer to send."""
        return super().to_asgi_response(*args, **{**given, "media_type": self.media_type})


@post(
    "/evidence/content",
    opt={"scope": Scope.OPERATE},
    tags=["commands"],
    operation_id="evidence_content_file",
    summary="File evidence with its content",
    request_max_body_size=None,
)
async def file_with_content(
    request: Request[Any, Any, Any],
    kind: Annotated[str, QueryParameter(description="Its kind, as the policy names it.")],
    title: Annotated[str, QueryParameter(description="What it is called.")],
    system: Annotated[
        str | None,
        QueryParameter(description="The system that it is about; absent, the organisation."),
    ] = None,
    release: Annotated[str | None, QueryParameter(description="The version of the system.")] = None,
    url: Annotated[
        str | None, QueryParameter(description="Where it stays elsewhere as well.")
    ] = None,
    valid_until: Annotated[
        str | None, QueryParameter(description="When it expires (RFC 3339).")
    ] = None,
    digest: Annotated[
        str | None, QueryParameter(description="The SHA-256 (hex) that the content has to have.")
    ] = None,
) -> Response[Any]:
    """The body is the content, of the type that Content-Type says, and is stored as it arrives.

    It is filed under its SHA-256, once it is durable; the same content again is filed once.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(
            status_code=415,
            detail="The content of evidence is stored as it is: send it without a content coding.",
            headers={"Accept-Encoding": "identity"},
        )
    media_type = request.headers.get("content-type", ANY_TYPE).partition(";")[0].strip()
    described = _described(
        kind=kind,
        title=title,
        system=system,
        release=release,
        url=url,
        valid_until=valid_until,
        digest=digest or NO_DIGEST,
        media_type=media_type,
    )
    request.scope["state"][UPLOADS] = True
    ledger, caller = read_ledger(request), commander_of(caller_of(request))
    content = services_of(request.app.state).content
    outcome = await file_content(ledger.services, content, caller, described, request.stream())
    subject: UUID = uuid_of(outcome.stream or "")
    view = await asyncio.to_thread(view_of, ledger, EVIDENCE, subject)
    return answer_of(EVIDENCE, outcome, view, subject, opened=True, reads=True)


def _described(**given: str | None) -> FileEvidence:
    """The command that the parameters give. Raises Invalid, naming the field."""
    fields = {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(fields, type=FileEvidence)
    except msgspec.ValidationError as error:
        field, message = invalid_member(error)
        raise Invalid(
            f"The evidence is not described as it has to be: {message}.",
            errors=[(field or "query", message)],
            remedy="See /v1/openapi.json for its parameters.",
        ) from error


@get(
    "/evidence/{ref:str}/content",
    opt=READ,
    tags=TAGS,
    operation_id="evidence_content",
    summary="The content of evidence",
)
async def read_content(request: Request[Any, Any, Any], ref: FromPath[str]) -> ContentFile:
    """The content as it was filed, as a file to store.

    It is compared with its digest while it is read: an answer that breaks off before its end is
    not what was filed. It is a 404 where the content is kept elsewhere, was erased, or is lost.
    """
    ledger = read_ledger(request)
    found = await asyncio.to_thread(filed_evidence, ledger, ref)
    await asyncio.to_thread(require_readable, ledger, found)
    content = services_of(request.app.state).content
    state = found.state
    with _counting():
        size, parts = await content.read(state.digest, found.id, size=state.size, now=ledger.now)
        first = await anext(parts, b"")

    async def body() -> AsyncIterator[bytes]:
        with _counting():
            yield first
            async for part in parts:
                yield part

    suffix = guess_extension(state.media_type or ANY_TYPE) or ""
    name = f"{reference(found.leaf, EVIDENCE)}{suffix}"
    return ContentFile(
        body(),
        media_type=state.media_type or ANY_TYPE,
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{state.digest}"',
        },
    )


@get(
    "/evidence/{ref:str}/completeness",
    opt=READ,
    tags=TAGS,
    operation_id="evidence_completeness",
    summary="Whether evidence is complete",
)
async def completeness(request: Request[Any, Any, Any], ref: FromPath[str]) -> Completeness:
    """Whether it has all that the policy in force asks of its kind, and each item that is missing.

    It is undecided where the content is not here or no program reads it, until a person attests it.
    """
    ledger = read_ledger(request)
    found = await asyncio.to_thread(filed_evidence, ledger, ref)
    with _counting():
        return await completeness_of(ledger, services_of(request.app.state).content, found)


ROUTES = [file_with_content, read_content, completeness]
