"""AI systems that incidents name and nobody registered."""

import asyncio
from typing import Any

from litestar import Request, get

from consumers.read_service.items import Items
from consumers.read_service.systems import UnregisteredSystem, unregistered_systems
from consumers.web.api.queries import READ, TAGS
from consumers.web.services import services_of


@get(
    "/systems/unregistered",
    opt=READ,
    tags=TAGS,
    operation_id="unregistered_systems",
    summary="Systems that nobody registered",
)
async def unregistered(request: Request[Any, Any, Any]) -> Items[UnregisteredSystem]:
    """Systems that incidents name and that were never registered, by name."""
    ledger = services_of(request.app.state).ledger
    return await asyncio.to_thread(lambda: Items(items=unregistered_systems(ledger)))


ROUTES = [unregistered]
