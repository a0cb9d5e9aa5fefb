"""Answers of the lists: a page as JSON, or the whole list as CSV or JSON Lines."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response
from litestar.params import QueryParameter
from litestar.response import Stream

from consumers.container.ledger import Ledger
from consumers.exports.formats import CONTENT_TYPES, MEDIA_TYPES, ExportFormat, at_most, exported
from consumers.read_service.filters import Given
from consumers.read_service.list_types import ListType
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_known
from ledger.errors import Invalid
from ledger.store.read_records import ReadKind

Format = Annotated[
    ExportFormat | None,
    QueryParameter(
        name="format",
        description="The whole list, not a page of it: csv or jsonl. `Accept` says the same.",
    ),
]
Sort = Annotated[
    str | None,
    QueryParameter(description="A column, such as system; -system is the descending order."),
]
USUAL = frozenset({"sort", "cursor", "limit", "at_least", "format"})
"""Parameters of every list, beside its filters."""
VARY = {"Vary": "Accept"}
"""For caches: the same URL answers in several formats."""


class Asked(NamedTuple):
    """The usual parameters of a request for a list."""

    sort: str | None = None
    cursor: str | None = None
    limit: int = 100
    at_least: int | None = None
    form: ExportFormat | None = None


class ListFile(Stream):
    """A list as a file: its own content type, whatever that of the route's other answers."""

    def to_asgi_response(self, *args: Any, **given: Any) -> Any:
        """The answer to send."""
        return super().to_asgi_response(*args, **{**given, "media_type": self.media_type})


async def answer(request: Request[Any, Any, Any], of: ListType, given: Given, asked: Asked) -> Any:
    """A page of a list, or the whole of it in the format that is asked for. Raises Invalid."""
    require_known(request, {*given, *USUAL}, "this list")
    ledger = await wait_for_leaf(request, asked.at_least)
    wanted = {name: value for name, value in given.items() if value}
    form = asked.form or _accepted(request)
    if form is None:
        page = await asyncio.to_thread(
            of.page, ledger, wanted, asked.sort, asked.cursor, asked.limit
        )
        return Response(page, headers=VARY)
    if asked.cursor is not None:
        raise Invalid(
            f"A list as {form.label} has no cursor: it is the whole list.",
            errors=[("cursor", "expected none with format")],
        )
    most = asked.limit if "limit" in request.query_params else None
    return await _stream(ledger, of, wanted, asked.sort, form, most)


async def _stream(
    ledger: Ledger,
    of: ListType,
    given: Given,
    sort: str | None,
    form: ExportFormat,
    most: int | None,
) -> ListFile:
    """The whole list as a file, in batches: what the reader has not read yet is not in memory.

    That it is exported is noted before it begins. Raises Unavailable.
    """

    def start() -> tuple[list[bytes], Iterator[bytes]]:
        """The first parts are read before the answer begins: what is wrong is refused by status."""
        parts = exported(form, of.columns, at_most(of.batches(ledger, given, sort), most))
        first = list(islice(parts, 2))
        ledger.reader.note(ReadKind.EXPORT, of.name)
        return first, parts

    first, rest = await asyncio.to_thread(start)

    async def parts() -> AsyncIterator[bytes]:
        for part in first:
            yield part
        first.clear()
        while (following := await asyncio.to_thread(_next, rest)) is not None:
            yield following

    return ListFile(
        parts(),
        media_type=CONTENT_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{of.name}.{form}"',
            "X-Content-Type-Options": "nosniff",
            **VARY,
        },
    )


def _next(parts: Iterator[bytes]) -> bytes | None:
    return next(parts, None)


def _accepted(request: Request[Any, Any, Any]) -> ExportFormat | None:
    """The format that `Accept` prefers; None for JSON, which is also for whoever takes all."""
    names = {MEDIA_TYPES[form]: form for form in ExportFormat}
    return names.get(request.accept.best_match(["application/json", *names], "application/json"))
