"""An improvement's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.improvement import events as e
from ledger.domain.improvement.words import ImprovementKind, ImprovementStatus
from ledger.domain.text import Text


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """Where an improvement stands; `status` is None where none was proposed."""

    status: ImprovementStatus | None = None
    title: Text = ""
    system: str = ""
    improvement_kind: ImprovementKind | None = None
    cause: e.ImprovementCause | None = None
    action: Text = ""
    owner: str | None = None
    due: datetime | None = None
    success: Text = ""
    reason: Text = ""


def evolve(state: Improvement, event: e.ImprovementEvent) -> Improvement:
    """The state after an event."""
    match event:
        case e.ImprovementProposed():
            return Improvement(
                status=ImprovementStatus.PROPOSED,
                title=event.title,
                system=event.system,
                improvement_kind=event.improvement_kind,
                cause=event.cause,
                action=event.action or "",
            )
        case e.ImprovementAccepted():
            return replace(
                state,
                status=ImprovementStatus.ACCEPTED,
                owner=event.owner,
                due=event.due,
                success=event.success or "",
            )
        case e.ImprovementRejected():
            return replace(state, status=ImprovementStatus.REJECTED, reason=event.reason)
        case _:
            assert_never(event)
