"""Adopting a policy: by somebody who may, with a second person where that is needed."""

from msgspec.structs import replace

from ledger.domain import policy as domain
from ledger.domain.command_names import asked_for, require_known_commands
from ledger.domain.policy import Adopter
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.lock_out import require_adopters
from ledger.execute.standing import require_allowed
from ledger.execute.unit_of_work import POLICY_STREAM, Work
from ledger.policy import ADOPT_POLICY, digest, parse_policy


def adopt_policy(request: q.AdoptPolicyRequest, context: Context, work: Work) -> Outcome:
    """Adopts a policy, or proposes it to a second person; `Outcome.done` tells which.

    Raises Invalid, StaleVersion, Forbidden, or Refused where nobody could adopt another one then.
    """
    state = work.states.loaded(POLICY_STREAM).state
    if request.first:
        if state.digest:
            return Outcome()
        events = domain.decide(request.command, state, context.at)
        record_in_turn(POLICY_STREAM, events, context, work)
        return Outcome(events=len(events))
    allowed = require_allowed(asked_for(ADOPT_POLICY), request.asker, context, work)
    policy = parse_policy(request.command.text)
    require_known_commands(policy)
    adopter = Adopter(
        actor=context.actor,
        persons=allowed.sender.persons,
        is_person=request.asker.by.is_person,
        broke_glass=allowed.standing.broke_glass,
    )
    events = domain.decide(request.command, state, context.at, adopter)
    if events:
        require_adopters(policy.guards, context.at, work)
    record_in_turn(POLICY_STREAM, events, replace(context, acting=allowed.acting), work, known={})
    in_force = work.states.loaded(POLICY_STREAM).state.digest
    done = in_force == digest(request.command.text)
    return work.outcome_of(POLICY_STREAM, len(events), done=done)
