"""The pages of roles: who holds which, the forms that change it, and the RACI as a table."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from consumers.commands.filling import filled
from consumers.commands.permission import Permits, permits_of
from consumers.commands.policy_history import guards_in_force
from consumers.commands.roles import CHANGES, RoleChange, change_roles
from consumers.read_service.persons import persons
from consumers.read_service.roles import raci_lines, roles_held
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.auth import Caller, caller_of, commander_of, has_scope
from consumers.web.pages.acting import wanted_form, wanted_leaf
from consumers.web.pages.forms import Form, form_for
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.submitting import (
    FORM_BYTES,
    FormPage,
    Sent,
    Submission,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from ledger.domain.command import Vocabulary
from ledger.domain.command_names import COMMANDS
from ledger.domain.concern import Concern
from ledger.policy import Guards
from ledger.vocabulary import Scope

SHOWN = 500
"""The number of roles on the page; the command line and the API list all."""
_PAGE = "/roles"
_BACK = (_PAGE, "Roles")


@get(_PAGE, opt={"scope": Scope.READ})
async def roles(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Who holds which role now, and the forms of those who may change it."""
    ledger = await wait_for_leaf(request, wanted_leaf(request))
    caller = caller_of(request)

    def run() -> Response[bytes]:
        found = roles_held(ledger, limit=SHOWN)
        by_name = sorted(found.items, key=lambda each: (each.person, each.label, each.system or ""))
        permits = permits_of(ledger.store, commander_of(caller), ledger.now())
        hidden = hidden_fields(request, "")
        forms = tuple(
            _form(permits.guards, name)._replace(hidden=hidden)
            for name, of in CHANGES.items()
            if permits.may(of.command, Concern()) and _is_of_use(name, permits)
        )
        return page(
            frame_of(request),
            "roles.html",
            roles=by_name,
            own=_own(permits),
            more=found.next is not None,
            forms=forms,
            open=wanted_form(request, forms),
            enforced=permits.guards.access,
            people=persons(ledger, limit=SHOWN).items if has_scope(caller, Scope.ADMIN) else [],
        )

    return await asyncio.to_thread(run)


@get("/raci", opt={"scope": Scope.READ})
async def raci(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Who is responsible, accountable, consulted and informed, for each command; to print."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        guards = guards_in_force(store)
        return page(
            frame_of(request),
            "raci.html",
            lines=raci_lines(guards),
            enforced=guards.access,
            roles=guards.role_labels,
        )

    return await asyncio.to_thread(run)


def _is_of_use(name: str, permits: Permits) -> bool:
    """Whether a form can do anything: whoever has no role has none to delegate; admins end any."""
    if name == "end-delegation" and Scope.ADMIN in permits.asker.scopes:
        return True
    return name not in {"delegate", "end-delegation"} or bool(permits.standing.roles)


def _own(permits: Permits) -> list[str]:
    """The roles that the page's visitor may act in, in words."""
    labels = permits.guards.role_labels
    return sorted(
        labels.get(each.at.role, each.at.role)
        + (f" for {each.at.system}" if each.at.system else "")
        + (" as a deputy" if each.holder else "")
        for each in permits.standing.roles
    )


def _form(guards: Guards, name: str) -> Form:
    of = CHANGES[name]
    return form_for(
        of.body,
        name,
        title=of.title,
        action=f"{_PAGE}/{name}",
        scope=COMMANDS[of.command].scope,
        choices={Vocabulary.ROLE: tuple(guards.role_labels.items())},
    )


def _route(name: str, of: RoleChange) -> HTTPRouteHandler:
    scope = COMMANDS[of.command].scope

    async def change(request: Request[Any, Any, Any]) -> Response[bytes]:
        ledger = services_of(request.app.state).ledger

        def blank() -> FormPage:
            return FormPage(_form(guards_in_force(ledger.store), name), _BACK)

        def run(typed: Mapping[str, str], caller: Caller) -> Sent:
            body = filled(of.body, typed)
            outcome = change_roles(ledger.services, commander_of(caller), body)
            return Sent(_PAGE, f"at_least={outcome.position}")

        return await submit(request, Submission(scope, blank, run))

    return post(
        f"{_PAGE}/{name}",
        opt={"scope": scope, "form": True},
        request_max_body_size=FORM_BYTES,
        name=f"form_role_{name}",
    )(change)


ROUTES: list[HTTPRouteHandler] = [
    roles,
    raci,
    *(_route(name, of) for name, of in CHANGES.items()),
]
