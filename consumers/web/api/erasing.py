"""What is held of a person, and its erasure, over HTTP."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from consumers.commands.erasing import Erasure, ErasureRecorded, erase
from consumers.read_service.items import Items
from consumers.read_service.person_data import PersonData, person_data
from consumers.read_service.retention import DueErasure, due_erasures
from consumers.web.api.commands import decode_body
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import AtLeast, Limit
from consumers.web.api.schemas import with_body
from consumers.web.auth import caller_of, commander_of
from consumers.web.bodies import utf8_body
from consumers.web.services import services_of
from ledger.domain.command_names import COMMANDS, ERASE
from ledger.vocabulary import Scope

TAGS = ["erasure"]


@get(
    "/persons/{person:str}",
    opt={"scope": Scope.ADMIN},
    tags=TAGS,
    summary="What is held of a person",
)
async def held(
    request: Request[Any, Any, Any], person: FromPath[str], at_least: AtLeast = None
) -> PersonData:
    """Name, other ids, roles, open sessions, tokens, and the texts that the person wrote.

    `person` is the part of the opaque id behind "person/".
    """
    require_own(request, "the data of a person")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(person_data, ledger, f"person/{person}")


@post(
    "/erasures",
    opt={"scope": COMMANDS[ERASE].scope},
    tags=TAGS,
    status_code=HTTP_200_OK,
    operation_class=with_body(Erasure),
    summary="Erase a person or a text",
)
async def erasing(request: Request[Any, Any, Any]) -> Response[ErasureRecorded]:
    """Makes texts unreadable: a person's, with the name, one by its id, or an incident's.

    Of evidence its content goes as well, and its digest stays.

    This cannot be undone.

    Where the policy asks for two people, the answer is 202 until a second person sends the same.
    """
    body = decode_body(Erasure, await utf8_body(request), "erasure")
    services = services_of(request.app.state)
    caller = commander_of(caller_of(request))
    recorded = await asyncio.to_thread(
        erase, services.ledger.services, caller, body, lambda: services.content
    )
    return Response(recorded, status_code=HTTP_200_OK if recorded.done else HTTP_202_ACCEPTED)


@get(
    "/retention",
    opt={"scope": Scope.ADMIN},
    tags=TAGS,
    summary="Incidents whose texts are due to be erased",
)
async def due(
    request: Request[Any, Any, Any],
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> Items[DueErasure]:
    """Incidents that ended longer ago than the policy's `retention.incidents`, with their texts.

    A page may have fewer items than `limit` although another one follows.
    """
    require_own(request, "the list of what is due to be erased")
    ledger = await wait_for_leaf(request, at_least)
    return await asyncio.to_thread(due_erasures, ledger, cursor=cursor, limit=limit)


ROUTES = [held, erasing, due]
