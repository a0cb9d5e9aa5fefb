"""The page of the documents by which the organisation is governed."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from consumers.commands.policy_history import policy_in_force
from consumers.read_service.governance import GovernanceState
from consumers.read_service.governance import governance as documents
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages.acting import wanted_leaf
from consumers.web.pages.rendering import frame_of, page
from ledger.vocabulary import Scope


@get("/governance", opt={"scope": Scope.READ})
async def governance(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The charter and the RACI: who approved each, and when it is to be reviewed."""
    ledger = await wait_for_leaf(request, wanted_leaf(request))

    def run() -> Response[bytes]:
        found = documents(ledger).items
        return page(
            frame_of(request),
            "governance.html",
            documents=found,
            in_force=GovernanceState.IN_FORCE,
            roles=policy_in_force(ledger.store).guards.role_labels,
        )

    return await asyncio.to_thread(run)
