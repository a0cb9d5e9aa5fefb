"""Generic pages: the list of a read model, and one stream with its timeline."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from consumers.access.people import display_names
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.lists import incident_references, list_items
from consumers.read_service.streams import stream_with_timeline
from consumers.read_service.systems import unregistered_systems
from consumers.read_service.untold import count_untold
from consumers.text_safety import printable_line
from consumers.web.api.streams import GENERIC
from consumers.web.pages import acting
from consumers.web.pages.improvement_list import IMPROVEMENTS_HEAD
from consumers.web.pages.list_heads import NO_HEAD, ListHead
from consumers.web.pages.list_params import LABELS, ListSpec, list_params
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.risk_list import RISKS_HEAD
from consumers.web.reader import read_ledger
from ledger.domain.catalogue import STREAMS
from ledger.domain.control import CONTROL
from ledger.domain.evidence import EVIDENCE
from ledger.domain.improvement import IMPROVEMENT
from ledger.domain.release import RELEASE
from ledger.domain.release.words import ReleaseNeed
from ledger.domain.review import REVIEW
from ledger.domain.risk import RISK
from ledger.domain.standard import STANDARD
from ledger.domain.stream_type import StreamType
from ledger.domain.system import SYSTEM
from ledger.vocabulary import Scope
from projections.deliveries import DELIVERIES
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.improvements import IMPROVEMENTS
from projections.queries import lists
from projections.queries.releases import count_by_need
from projections.releases import RELEASES
from projections.risks import RISKS
from projections.systems import SYSTEMS

READ = {"scope": Scope.READ}
NAMED = 10
"""So many systems that nobody registered are named above the list."""


class Note(NamedTuple):
    """A note above a list: a link, what it reads, and the text behind it."""

    link: str
    linked: str
    text: str


def _untold(ledger: Ledger) -> Iterator[Note]:
    count = count_untold(ledger)
    if not count:
        return
    are = "open incident is" if count == 1 else "open incidents are"
    yield Note(
        "/?untold=true",
        f"{count} {are} untold",
        ": a rule of the policy in force tells of it, and no notification was ever requested.",
    )


def _unregistered(ledger: Ledger) -> Iterator[Note]:
    found = unregistered_systems(ledger)
    if not found:
        return
    are = "system is" if len(found) == 1 else "systems are"
    names = ", ".join(printable_line(each.system) for each in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    yield Note(
        "/systems/new",
        f"{len(found)} {are} not registered",
        f": incidents name {names}{more}.",
    )


def _needing(ledger: Ledger) -> Iterator[Note]:
    counts = count_by_need(ledger.views)
    for need, one, many, text in (
        (
            ReleaseNeed.OVERDUE,
            "emergency release is overdue",
            "emergency releases are overdue",
            ": each runs, and was not decided in time.",
        ),
        (
            ReleaseNeed.NONCONFORMING,
            "release is nonconforming",
            "releases are nonconforming",
            ": each runs, and something that had passed does so no more.",
        ),
        (
            ReleaseNeed.RUNS_UNDECIDED,
            "emergency release waits",
            "emergency releases wait",
            " for sign-off or decision: each runs meanwhile.",
        ),
        (ReleaseNeed.UNDECIDED, "release waits", "releases wait", " for sign-off or decision."),
    ):
        if count := counts[need]:
            are = one if count == 1 else many
            yield Note(f"/releases?needs={need}", f"{count} {are}", text)


NOTES: Mapping[str, Callable[[Ledger], Iterable[Note]]] = {
    DELIVERIES.name: _untold,
    SYSTEMS.name: _unregistered,
    RELEASES.name: _needing,
}
"""The notes above lists, by the read model."""


def _notes(ledger: Ledger, projection: Projection) -> list[Note]:
    found = NOTES.get(projection.name)
    return [] if found is None else list(found(ledger))


HEADS: Mapping[str, ListHead] = {RISKS.name: RISKS_HEAD, IMPROVEMENTS.name: IMPROVEMENTS_HEAD}
"""What is above lists beside their notes, by the read model."""


def _list(projection: Projection, view: ListView) -> HTTPRouteHandler:
    [kind] = (each for each in STREAMS if each.kind == view.kind)
    head = HEADS.get(projection.name, NO_HEAD)
    listing = ListSpec(
        path=f"/{view.path}",
        name=f"The list of {view.path}",
        filters={**view.filters, **head.filters},
        sort=lists.DEFAULT_SORT,
        source=f"/v1/{view.path}",
        page_only=frozenset(head.filters),
        labels={**LABELS, **view.labels},
    )

    async def rows(request: Request[Any, Any, Any]) -> Response[bytes]:
        ledger = read_ledger(request)

        def run() -> Response[bytes]:
            params = list_params(listing, request.query_params)
            found = list_items(
                ledger,
                projection,
                view,
                {name: params.filters[name] for name in view.filters},
                sort=params.sort,
                cursor=params.cursor,
                limit=params.limit,
            )
            people = {each.filter_name for each in view.columns if each.person}
            words = head.words(ledger)
            fields = []
            for name, vocabulary in view.filters.items():
                if name in head.unshown:
                    continue
                if vocabulary is None:
                    values, complete = lists.filter_choices(ledger.views, projection, name)
                    if name in people:
                        names = display_names(ledger.store)
                        values = sorted({names.get(each, each) for each in values})
                    labels = {each: words.get(name, {}).get(each, each) for each in values}
                    fields.append(params.field(name, labels=labels, complete=complete))
                else:
                    fields.append(params.field(name))
            return page(
                frame_of(request),
                head.template,
                params=params,
                fields=fields,
                view=view,
                opening=acting.opening_title(request, kind) if kind.plural == view.path else "",
                rows=[
                    row | {name: of.get(row[name], row[name]) for name, of in words.items()}
                    for row in found.items
                ],
                notes=_notes(ledger, projection),
                references=incident_references(ledger, view, found.items),
                next=found.next,
                **head.context(ledger, params),
            )

        return await asyncio.to_thread(run)

    return get(f"/{view.path}", opt=READ, name=f"list_{view.path}")(rows)


def _one(kind: StreamType) -> HTTPRouteHandler:
    async def one(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
        ledger = read_ledger(request)

        def run() -> Response[bytes]:
            subject = stream_named(ledger.store, kind, ref)
            view, timeline = stream_with_timeline(ledger, kind, subject)
            return page(
                frame_of(request),
                "stream.html",
                forms=acting.forms_for(request, kind, view.reference, view.version),
                kind=kind,
                stream=view,
                timeline=timeline.items,
            )

        return await asyncio.to_thread(run)

    return get(f"/{kind.plural}/{{ref:str}}", opt=READ, name=f"page_{kind.kind}")(one)


OWN_PAGES = (CONTROL, EVIDENCE, IMPROVEMENT, RELEASE, REVIEW, RISK, STANDARD, SYSTEM)
"""The kinds whose streams have a page of their own."""

ROUTES: list[HTTPRouteHandler] = [
    *(_list(projection, view) for projection, view in lists.LISTED),
    *(_one(kind) for kind in GENERIC if kind not in OWN_PAGES),
]
