"""Followers of the log: a position moves together with what the follower stores and causes.

The move of a position, a follower's side writes and the events it causes are one transaction. So
any number of processes of one follower have one effect, and each may be killed at any point.
"""

from msgspec.structs import replace

from ledger.domain.catalogue import KINDS
from ledger.errors import StaleVersion
from ledger.execute import bodies
from ledger.execute import requests as q
from ledger.execute.bodies import record_body
from ledger.execute.commands import execute_caused
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import PositionMove


def advance_follower(request: q.AdvanceFollower, context: Context, work: Work) -> Outcome:
    """Moves a follower on, with all that it read. Raises StaleVersion where another was first."""
    require_position(request.moved, work)
    before = len(work.events)
    for caused in request.commands:
        execute_caused(caused, replace(context, correlation=caused.correlation), work)
    for body in request.bodies:
        record_body(body, replace(context, source=f"source/{body.source}"), work)
    work.side_writes.extend((request.moved, *request.kept))
    return Outcome(events=len(work.events) - before)


def streams_of(request: q.AdvanceFollower) -> tuple[str, ...]:
    """The streams that the caused commands are for, and those of the signals' sources."""
    caused = (KINDS[each.kind].stream(each.subject) for each in request.commands)
    return (*caused, *(stream for body in request.bodies for stream in bodies.streams_of(body)))


def require_position(moved: PositionMove, work: Work) -> None:
    """Raises StaleVersion where another moved the position first, or does in this very batch."""
    at = work.positions.of(moved.follower)
    if at == moved.old and work.claims.claim_once("moved", moved.follower):
        return
    raise StaleVersion(
        f"The follower {moved.follower} is at {at}, not {moved.old}, or another request moves it "
        "now.",
        remedy="Read on from its current position.",
    )
