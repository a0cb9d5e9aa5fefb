"""Forms that act: each command of a kind of stream, for those whose token may send it.

Where somebody else changed the stream since the form's page was shown, the form comes back with
what was typed, and with what changed.
"""

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from consumers.commands.filling import filled
from consumers.commands.permission import concern_of, permits_of, roles_for
from consumers.commands.policy_history import guards_in_force
from consumers.commands.references import is_reference, reference, stream_named
from consumers.commands.service import Commands
from consumers.container.ledger import Ledger
from consumers.read_service.choices import Choices, choices_of, opening_choices
from consumers.read_service.streams import TimelineEntry, stream_timeline
from consumers.read_service.withholding import incidents_withheld
from consumers.web.auth import Caller, commander_of, has_scope, unauthorized
from consumers.web.pages.forms import Form, form_of
from consumers.web.pages.navigation import REPORTS
from consumers.web.pages.rendering import bare_frame_of
from consumers.web.pages.submitting import (
    FORM_BYTES,
    KEY,
    VERSION,
    FormPage,
    Sent,
    Submission,
    caller_in,
    form_page,
    hidden_fields,
    submit,
)
from consumers.web.reader import read_ledger
from consumers.web.services import services_of
from ledger.domain.catalogue import STREAMS
from ledger.domain.concern import Concern
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import CommandType, StreamType
from ledger.errors import LedgerError, StaleVersion
from ledger.execute import Outcome
from ledger.vocabulary import Scope

_VERSION_FORM = re.compile(r"[0-9]{1,18}")
ABOUT = ("system", "control")
"""What a link may fill in: the system and the control that a new stream is about."""
LATEST = 10
"""So many of the newest changes are shown to somebody whose page was stale."""


def forms_for(
    request: Request[Any, Any, Any],
    kind: StreamType,
    ref: str | None,
    version: int = 0,
    choices: Choices | None = None,
    concern: Concern | None = None,
) -> tuple[Form, ...]:
    """The forms of one stream, or those that open one, which the request's visitor may send.

    With `concern`, those are left out that the policy's RACI refuses him. Blocking.
    """
    caller = caller_in(request)
    if caller is None:
        return ()
    hidden = hidden_fields(request, str(version))
    sendable = [
        name
        for name, of in kind.commands.items()
        if of.opens == (ref is None) and has_scope(caller, of.scope)
    ]
    if sendable and concern is not None:
        ledger = services_of(request.app.state).ledger
        permits = permits_of(ledger.store, commander_of(caller), ledger.now())
        sendable = [name for name in sendable if permits.may(f"{kind.kind}/{name}", concern)]
    return tuple(form_of(kind, name, ref, choices)._replace(hidden=hidden) for name in sendable)


def concern_for(request: Request[Any, Any, Any], kind: StreamType, subject: UUID) -> Concern | None:
    """What commands of a stream concern; None for a visitor who may send none. Blocking.

    The stream is read where the RACI is enforced alone: elsewhere every form is offered.
    """
    caller = caller_in(request)
    if caller is None or not has_scope(caller, Scope.OPERATE):
        return None
    store = services_of(request.app.state).ledger.store
    enforced = guards_in_force(store).access.enforce
    return concern_of(store, kind, subject) if enforced else Concern()


def only_for(
    request: Request[Any, Any, Any],
    kind: StreamType,
    command: str | None,
    concern: Concern | None,
    forms: Collection[Form],
) -> tuple[str, ...]:
    """The roles that the command that is due is for, by their labels, where the RACI leaves its
    form out for the request's visitor; else none. Blocking."""
    if command is None or concern is None or command in {form.name for form in forms}:
        return ()
    guards = guards_in_force(services_of(request.app.state).ledger.store)
    return roles_for(guards, f"{kind.kind}/{command}", concern)


def opening_title(request: Request[Any, Any, Any], kind: StreamType) -> str:
    """The title of the form that opens a stream of a kind; empty where its visitor may not."""
    caller = caller_in(request)
    titles = (
        of.title
        for of in kind.commands.values()
        if of.opens and caller is not None and has_scope(caller, of.scope)
    )
    return next(titles, "")


def wanted_leaf(request: Request[Any, Any, Any]) -> int | None:
    """The leaf that a page is to show, where it follows upon a form: `at_least` in its address."""
    given = request.query_params.get("at_least", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else None


def wanted_form(request: Request[Any, Any, Any], forms: tuple[Form, ...]) -> str | None:
    """The form that a page is to unfold: `form` in its address."""
    given = request.query_params.get("form", "")
    return given if given in {each.name for each in forms} else None


def _submission(
    request: Request[Any, Any, Any], kind: StreamType, name: str, of: CommandType, ref: str | None
) -> Submission:
    ledger = services_of(request.app.state).ledger

    def blank() -> FormPage:
        choices = opening_choices(ledger, kind) if ref is None else None
        return _page_of(request, kind, form_of(kind, name, ref, choices), ref)

    def run(typed: Mapping[str, str], caller: Caller) -> Sent:
        command, key = filled(of.body, typed), typed.get(KEY) or None
        outcome = Commands(ledger.services).send(
            commander_of(caller), kind, ref, command, key=key, if_match=_seen(typed)
        )
        pages = f"/{kind.plural}" if has_scope(caller, Scope.READ) else REPORTS
        where = f"{pages}/{_reference(ledger, kind, ref, outcome)}"
        return Sent(where, f"at_least={outcome.position}")

    def again(typed: Mapping[str, str], error: LedgerError) -> FormPage:
        return _again(request, kind, name, ref, typed, error)

    return Submission(of.scope, blank, run, again)


def _page_of(
    request: Request[Any, Any, Any], kind: StreamType, form: Form, ref: str | None
) -> FormPage:
    """A form as a page below its stream's, or below the list of its kind where it opens one.

    Incidents, which have no such list, are below the first page.
    """
    if ref is not None:
        return FormPage(form, (f"/{kind.plural}/{ref}", ref))
    frame, path = bare_frame_of(request), f"/{kind.plural}"
    links = (link for place in frame.places for link in place.links)
    back = next((link for link in links if link.path == path), frame.home)
    return FormPage(form, (back.path, back.name), at=f"{path}/new")


def _seen(typed: Mapping[str, str]) -> int | None:
    """The version that the form's page showed."""
    version = typed.get(VERSION, "")
    return int(version) if _VERSION_FORM.fullmatch(version) else None


def _reference(ledger: Ledger, kind: StreamType, ref: str | None, outcome: Outcome) -> str:
    """The reference of the stream that was commanded. Blocking."""
    if ref is not None and is_reference(ref, kind):
        return ref
    stream = outcome.stream or ""
    return reference(ledger.store.load({stream: 0})[stream][0].leaf, kind)


def _again(
    request: Request[Any, Any, Any],
    kind: StreamType,
    name: str,
    ref: str | None,
    typed: Mapping[str, str],
    error: LedgerError,
) -> FormPage:
    """The form as it is now, and what others recorded. Blocking."""
    version, entries = 0, list[TimelineEntry]()
    ledger = read_ledger(request)
    choices: Choices = {}
    if ref is None:
        choices = opening_choices(ledger, kind)
    else:
        subject = stream_named(ledger.store, kind, ref)
        choices = choices_of(ledger, kind, subject)
        entries = stream_timeline(ledger, kind, subject).items
        version = entries[-1].version
        if kind is INCIDENT and incidents_withheld(ledger, [str(subject)]):
            entries = []
    hidden = hidden_fields(request, str(version))
    form = form_of(kind, name, ref, choices)._replace(hidden=hidden)
    seen = (_seen(typed) or 0) if isinstance(error, StaleVersion) else version
    changed = tuple(each for each in entries if each.version > seen)[-LATEST:]
    return _page_of(request, kind, form, ref)._replace(changed=changed)


def _route(kind: StreamType, name: str, of: CommandType) -> HTTPRouteHandler:
    async def act(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
        return await submit(request, _submission(request, kind, name, of, ref))

    return post(
        f"/{kind.plural}/{{ref:str}}/{name}",
        opt={"scope": of.scope, "form": True},
        request_max_body_size=FORM_BYTES,
        name=f"form_{kind.kind}_{name}",
    )(act)


def _opening(kind: StreamType, name: str, of: CommandType) -> tuple[HTTPRouteHandler, ...]:
    async def act(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await submit(request, _submission(request, kind, name, of, None))

    async def show(request: Request[Any, Any, Any]) -> Response[bytes]:
        if caller_in(request) is None:
            raise unauthorized("A valid token is needed.")
        ledger = services_of(request.app.state).ledger
        choices = await asyncio.to_thread(opening_choices, ledger, kind)
        form = form_of(kind, name, None, choices)._replace(hidden=hidden_fields(request, "0"))
        form = form.with_values({name: request.query_params.get(name, "") for name in ABOUT})
        return form_page(request, _page_of(request, kind, form, None))

    needs = {"scope": of.scope, "form": True}
    return (
        post(
            f"/{kind.plural}",
            opt=needs,
            request_max_body_size=FORM_BYTES,
            name=f"form_{kind.kind}_{name}",
        )(act),
        get(f"/{kind.plural}/new", opt={"scope": of.scope}, name=f"new_{kind.kind}")(show),
    )


def _routes() -> list[HTTPRouteHandler]:
    found: list[HTTPRouteHandler] = []
    for kind in STREAMS:
        for name, of in kind.commands.items():
            found += _opening(kind, name, of) if of.opens else [_route(kind, name, of)]
    return found


ROUTES = _routes()
