"""The charter and the RACI as documents, as JSON."""

import asyncio
from typing import Any

from litestar import Request, get

from consumers.read_service.governance import GovernanceDocument, governance
from consumers.read_service.items import Items
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.api.parameters import require_own
from consumers.web.api.queries import READ, TAGS, AtLeast, Limit


@get(
    "/governance",
    opt=READ,
    tags=TAGS,
    operation_id="governance",
    summary="The charter and the RACI as documents",
)
async def documents(
    request: Request[Any, Any, Any], limit: Limit = 100, at_least: AtLeast = None
) -> Items[GovernanceDocument]:
    """The governance charter and the RACI: whether each is on record, approved, and reviewed."""
    require_own(request, "the governance documents")
    ledger = await wait_for_leaf(request, at_least)
    found = await asyncio.to_thread(governance, ledger)
    return Items(items=found.items[:limit])


ROUTES = [documents]
"""`airledger governance`."""
