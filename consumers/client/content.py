"""The content of evidence of a ledger that this process has open, and of one behind HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from consumers.client.connection import Connection
from consumers.client.protocol import Sent
from consumers.commands.filing import NO_DIGEST, file_content
from consumers.commands.service import Caller
from consumers.container.ledger import Ledger
from consumers.evidence_store import content_store
from consumers.read_service.evidence import filed_evidence, require_readable
from consumers.read_service.streams import StreamView
from consumers.read_service.views import view_of
from ledger.domain.envelope import uuid_of
from ledger.domain.evidence import EVIDENCE, FileEvidence
from ledger.errors import ContentChanged, Unavailable

NOT_SENT = frozenset({"size", "media_type", "tool", "tool_version", "values", "refused"})
"""Fields of the command that the route takes from the content, or not at all."""


def file_here(
    ledger: Ledger, caller: Caller, described: FileEvidence, parts: Iterable[bytes]
) -> Sent:
    """Files content in an open ledger."""

    async def arriving() -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    content = content_store(ledger.settings)
    filing = file_content(ledger.services, content, caller, described, arriving())
    outcome = asyncio.run(filing)
    view = view_of(ledger, EVIDENCE, uuid_of(outcome.stream or ""))
    return Sent(view, outcome.events > 0)


def read_here(ledger: Ledger, ref: str) -> Iterator[bytes]:
    """The content of evidence in an open ledger, in parts."""
    found = filed_evidence(ledger, ref)
    require_readable(ledger, found)
    content, state = content_store(ledger.settings), found.state
    with closing(asyncio.new_event_loop()) as loop:
        opening = content.read(state.digest, found.id, size=state.size, now=ledger.now)
        _, parts = loop.run_until_complete(opening)
        while part := loop.run_until_complete(anext(parts, b"")):
            yield part


def file_there(
    connection: Connection, described: FileEvidence, parts: Iterable[bytes]
) -> httpx.Response:
    """Files content at a server."""
    fields: dict[str, Any] = msgspec.to_builtins(described)
    params = {
        name: str(value)
        for name, value in fields.items()
        if value is not None and name not in NOT_SENT
    }
    if described.digest == NO_DIGEST:
        del params["digest"]
    headers = {"Content-Type": described.media_type} if described.media_type else {}
    return connection.upload("/v1/evidence/content", params, parts, headers)


def read_there(connection: Connection, ref: str) -> Iterator[bytes]:
    """The content of evidence at a server, in parts; compared here with the digest on record."""
    path = f"/v1/evidence/{quote(ref, safe='')}"
    view = msgspec.json.decode(connection.get(path).content, type=StreamView)
    actual = hashlib.sha256()
    try:
        with connection.stream(f"{path}/content", {}) as answer:
            for part in answer.iter_bytes():
                actual.update(part)
                yield part
    except Unavailable as error:
        if isinstance(error.__cause__, httpx.RemoteProtocolError):
            raise ContentChanged(
                f"The content of {view.reference} broke off before its end.",
                remedy=f"See /evidence/{view.reference}: it is not what was filed, or the server "
                "ended.",
            ) from error
        raise
    if actual.hexdigest() != view.state["digest"]:
        raise ContentChanged(
            f"The content of {view.reference} that arrived is not what was filed.",
            remedy="Read it again; if it stays so, restore it from a backup.",
        )
