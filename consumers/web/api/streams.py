"""Generic lists, streams and timelines as JSON, for kinds without own routes."""

import asyncio
import inspect
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from consumers.commands.references import stream_named
from consumers.read_service.items import Items
from consumers.read_service.list_types import generic_list, timeline_list
from consumers.read_service.lists import ListItem
from consumers.read_service.streams import TimelineEntry
from consumers.read_service.views import view_of, view_type
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.exports import Asked, Format, Sort, answer
from consumers.web.api.queries import READ, TAGS, AtLeast, Limit
from ledger.domain.catalogue import STREAMS
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.vocabulary import Labelled
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.lists import LISTED


def _optional(words: type[Labelled] | None) -> Any:
    """The type of a filter: a value of the vocabulary, or any text, or absent."""
    of: Any = words or str
    return Annotated[of | None, QueryParameter()]


def _list(projection: Projection, view: ListView) -> HTTPRouteHandler:
    of = generic_list(projection, view)

    async def rows(request: Request[Any, Any, Any], **given: Any) -> Items[ListItem]:
        asked = Asked(**{name: given.pop(name) for name in Asked._fields})
        listed: Items[ListItem] = await answer(request, of, given, asked)
        return listed

    named = inspect.Parameter.KEYWORD_ONLY
    usual: dict[str, tuple[Any, Any]] = {
        **{name: (_optional(words), None) for name, words in view.filters.items()},
        "sort": (Sort, None),
        "cursor": (_optional(None), None),
        "limit": (Limit, 100),
        "at_least": (AtLeast, None),
        "form": (Format, None),
    }
    request = inspect.Parameter(
        "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request[Any, Any, Any]
    )
    rows.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            request,
            *(
                inspect.Parameter(name, named, default=default, annotation=of)
                for name, (of, default) in usual.items()
            ),
        ],
        return_annotation=Items[ListItem],
    )
    rows.__annotations__ = {
        "request": request.annotation,
        **{name: of for name, (of, _) in usual.items()},
        "return": Items[ListItem],
    }
    rows.__doc__ = f"{view.lead} The newest first; those that match every filter."
    return get(
        f"/{view.path}",
        opt=READ,
        tags=TAGS,
        operation_id=f"{view.kind}_list",
        summary=view.title,
    )(rows)


def _one(kind: StreamType) -> HTTPRouteHandler:
    async def one(
        request: Request[Any, Any, Any], ref: FromPath[str], at_least: AtLeast = None
    ) -> Response[Any]:
        ledger = await wait_for_leaf(request, at_least)

        def run() -> Any:
            return view_of(ledger, kind, stream_named(ledger.store, kind, ref))

        view = await asyncio.to_thread(run)
        return Response(view, headers={"ETag": f'"{view.version}"'})

    one.__annotations__["return"] = Response[view_type(kind)]  # type: ignore[misc]
    one.__doc__ = f"One {kind.label} by its id or reference, with its current state."
    return get(
        f"/{kind.plural}/{{ref:str}}",
        opt=READ,
        tags=TAGS,
        operation_id=f"{kind.kind}_show",
        summary=f"One {kind.label}",
    )(one)


def _timeline(kind: StreamType) -> HTTPRouteHandler:
    async def timeline(
        request: Request[Any, Any, Any],
        ref: FromPath[str],
        at_least: AtLeast = None,
        form: Format = None,
    ) -> Items[TimelineEntry]:
        asked = Asked(at_least=at_least, form=form)
        listed: Items[TimelineEntry] = await answer(request, timeline_list(kind, ref), {}, asked)
        return listed

    timeline.__doc__ = f"Every event of one {kind.label}, in log order."
    return get(
        f"/{kind.plural}/{{ref:str}}/timeline",
        opt=READ,
        tags=TAGS,
        operation_id=f"{kind.kind}_timeline",
        summary=f"The timeline of one {kind.label}",
    )(timeline)


_LISTED_KINDS = {view.kind for _, view in LISTED}

GENERIC: tuple[StreamType, ...] = tuple(
    kind
    for kind in STREAMS
    if (kind.commands or kind.kind in _LISTED_KINDS) and kind is not INCIDENT
)
"""The kinds with commands or a generic list, and without own routes."""

ROUTES: list[HTTPRouteHandler] = [
    *(_list(projection, view) for projection, view in LISTED),
    *(make(kind) for kind in GENERIC for make in (_one, _timeline)),
]
