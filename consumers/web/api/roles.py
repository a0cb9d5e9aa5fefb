"""Roles over HTTP: who holds which, their changes, and the policy's RACI."""

import asyncio
from typing import Any

from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK

from consumers.commands.policy_history import guards_in_force
from consumers.commands.roles import CHANGES, RoleChange, RoleRecorded, change_roles
from consumers.read_service.items import Items
from consumers.read_service.persons import PersonView, persons
from consumers.read_service.roles import RaciLine, RoleView, raci_lines, roles_held
from consumers.web.api.commands import decode_body
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, AtLeast, Limit
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of, commander_of
from consumers.web.bodies import utf8_body
from consumers.web.services import services_of
from ledger.domain.command_names import COMMANDS
from ledger.vocabulary import Scope

TAGS = ["roles"]


@get("/roles", opt=READ, tags=TAGS, summary="Who holds which role")
async def roles(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[RoleView]:
    """The roles that are held now, for the organisation or one system, by holder."""
    require_own(request, "the list of roles")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(roles_held, ledger, cursor=cursor, limit=limit)


@get("/persons", opt={"scope": Scope.ADMIN}, tags=TAGS, summary="Who acts, by name and id")
async def people(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[PersonView]:
    """The persons that the ledger knows, with the ids that the log has, and joined ones."""
    require_own(request, "the list of persons")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(persons, ledger, cursor=cursor, limit=limit)


@get("/raci", opt=READ, tags=TAGS, summary="Who may send which command")
async def raci(request: Request[Any, Any, Any]) -> Items[RaciLine]:
    """Every command, with the roles that the policy makes responsible, accountable and so on."""
    store = services_of(request.app.state).ledger.store

    def run() -> Items[RaciLine]:
        return Items(items=raci_lines(guards_in_force(store)))

    return await asyncio.to_thread(run)


def _route(name: str, of: RoleChange) -> HTTPRouteHandler:
    async def change(request: Request[Any, Any, Any]) -> RoleRecorded:
        body = decode_body(of.body, await utf8_body(request), "change of roles")
        services = services_of(request.app.state).ledger.services
        caller = commander_of(caller_of(request))
        outcome = await asyncio.to_thread(change_roles, services, caller, body)
        return RoleRecorded(recorded=outcome.events > 0, position=outcome.position)

    change.__doc__ = of.body.__doc__
    return post(
        f"/roles/{name}",
        tags=TAGS,
        status_code=HTTP_200_OK,
        opt={"scope": COMMANDS[of.command].scope},
        operation_class=with_body(of.body),
        operation_id=f"role_{name}",
        summary=of.title,
    )(change)


ROUTES: list[HTTPRouteHandler] = [
    roles,
    raci,
    people,
    *(_route(name, of) for name, of in CHANGES.items()),
]
