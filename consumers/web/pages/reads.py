"""The page of the record of reads."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.read_service.reads import reads as list_of_reads
from consumers.web.pages.list_params import ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.vocabulary import Scope

LIST = ListSpec(path="/reads", name="The record of reads", filters={"day": None, "reader": None})


@get("/reads", opt={"scope": Scope.ADMIN})
async def reads(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Who read which restricted incident, exported what, and logged in, by the day."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        params = list_params(LIST, request.query_params)
        found = list_of_reads(
            ledger,
            day=params.filters["day"],
            reader=params.filters["reader"],
            cursor=params.cursor,
            limit=params.limit,
        )
        return page(
            frame_of(request),
            "reads.html",
            params=params,
            fields=[params.field("day", complete=False), params.field("reader", complete=False)],
            reads=found.items,
            next=found.next,
        )

    return await asyncio.to_thread(run)


ROUTES = [reads]
