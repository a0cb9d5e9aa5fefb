"""Incidents that nobody was told of, and who is told of what by the policy in force."""

import asyncio
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery

from consumers.commands.policy_history import policy_in_force
from consumers.read_service.incident_views import IncidentView
from consumers.read_service.items import Items
from consumers.read_service.list_types import UNTOLD
from consumers.read_service.notify_rules import NoticeRules, notify_rules
from consumers.web.api.exports import Asked, Format, Sort, answer
from consumers.web.api.queries import READ, TAGS, AtLeast, Limit
from consumers.web.services import services_of


@get(
    "/deliveries/untold",
    opt=READ,
    tags=TAGS,
    operation_id="untold_list",
    summary="Open incidents that nobody was told of",
)
async def untold(
    request: Request[Any, Any, Any],
    sort: Sort = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 100,
    at_least: AtLeast = None,
    form: Format = None,
) -> Items[IncidentView]:
    """Open incidents to which a rule of the policy in force applies that tells of opened ones, and
    of which no notification was ever requested: as `untold=true` of the register.
    """
    asked = Asked(sort, cursor, limit, at_least, form)
    listed: Items[IncidentView] = await answer(request, UNTOLD, {}, asked)
    return listed


@get(
    "/notify/rules",
    opt=READ,
    tags=TAGS,
    operation_id="notify_rules",
    summary="Who is told of what",
)
async def rules(request: Request[Any, Any, Any]) -> Items[NoticeRules]:
    """Every notice, with the rules of the policy in force that tell of it, in words."""
    store = services_of(request.app.state).ledger.store

    def run() -> Items[NoticeRules]:
        return Items(items=notify_rules(policy_in_force(store)))

    return await asyncio.to_thread(run)


ROUTES = [untold, rules]
