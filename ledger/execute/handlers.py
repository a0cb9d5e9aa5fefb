"""The handler of each kind of request: which streams to load ahead, and what then happens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ledger.execute import (
    access,
    adoption,
    bodies,
    commands,
    deadlines,
    erasure,
    follower_handlers,
    listening,
    reads,
    roles,
    sending,
)
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.follower_handlers import require_position
from ledger.execute.unit_of_work import Work


def _nothing(_: Any) -> tuple[Any, ...]:
    return ()


class Handler(NamedTuple):
    """How a kind of request is handled.

    `run` lets the domain decide and records its events; it raises a LedgerError that refuses.
    `streams` gives what it will load, `bodies` the bodies whose signals it brings.
    """

    run: Callable[[Any, Context, Work], Outcome]
    streams: Callable[[Any], Iterable[str]] = _nothing
    bodies: Callable[[Any], Iterable[q.RecordSignals]] = _nothing


HANDLERS: Mapping[type, Handler] = {
    q.RecordSignals: Handler(
        bodies.record_body, bodies.streams_of, bodies=lambda request: (request,)
    ),
    q.RecordBodies: Handler(
        bodies.record_bodies,
        bodies.streams_of_all,
        bodies=lambda request: (part for part, _ in request.parts),
    ),
    q.ExecuteCommand: Handler(commands.execute_command, commands.streams_of),
    q.ExecuteCommands: Handler(commands.execute_commands, commands.streams_of_all),
    q.AdoptPolicyRequest: Handler(adoption.adopt_policy),
    q.GrantAccess: Handler(access.grant_access, access.streams_of),
    q.RevokeAccess: Handler(access.revoke_access, access.streams_of),
    q.ChangeRoles: Handler(roles.change_roles, roles.streams_of),
    q.CheckAccess: Handler(roles.check_access),
    q.MakeLink: Handler(access.make_link, access.streams_of_link),
    q.RegisterPerson: Handler(access.register_person),
    q.AdvanceFollower: Handler(
        follower_handlers.advance_follower,
        follower_handlers.streams_of,
        bodies=lambda request: request.bodies,
    ),
    q.EraseSubject: Handler(erasure.erase_subject),
    q.EraseAgain: Handler(erasure.erase_again),
    q.RecordReads: Handler(reads.record_reads, reads.streams_of),
    q.ClaimSending: Handler(sending.claim_sending, sending.streams_of),
    q.RecordSending: Handler(sending.record_sending, sending.streams_of),
    q.UseAcknowledgement: Handler(sending.use_acknowledgement, sending.streams_of_link),
    q.GiveSign: Handler(listening.give_sign, listening.streams_of_sign),
    q.CheckSources: Handler(listening.check_sources),
    q.CheckQuarantine: Handler(listening.check_quarantine, listening.streams_of_sign),
    q.CheckDeadline: Handler(deadlines.check_deadline, deadlines.streams_of),
}
"""The registry of requests."""


def handler_of(request: q.Request) -> Handler:
    """The handler of a request. Raises TypeError where no registry lists it: a fault of ours."""
    try:
        return HANDLERS[type(request)]
    except KeyError:
        raise TypeError(f"no handler is registered for {type(request).__name__}") from None


def handle(request: q.Request, context: Context, work: Work) -> Outcome:
    """What a request comes to. Raises a LedgerError when it is refused.

    Where it was read from moves on with it, whatever it comes to.
    """
    run = handler_of(request).run
    if context.moved is None:
        return run(request, context, work)
    require_position(context.moved, work)
    outcome = run(request, context, work)
    work.side_writes.append(context.moved)
    return outcome


def weight_of(request: q.Request) -> int:
    """How many signals it brings; a command is as one. Raises TypeError as `handler_of`."""
    return max(1, sum(len(body.signals) for body in handler_of(request).bodies(request)))
