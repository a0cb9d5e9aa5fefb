"""Adopting a policy."""

from ledger.domain import policy as domain
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import POLICY_STREAM, Work


def adopt_policy(request: q.AdoptPolicyRequest, context: Context, work: Work) -> Outcome:
    """Adopts a policy. Raises Invalid or StaleVersion."""
    state = work.states.loaded(POLICY_STREAM).state
    if request.first and state.digest:
        return Outcome()
    events = domain.decide(request.command, state, context.at)
    record_in_turn(POLICY_STREAM, events, context, work)
    return Outcome(events=len(events))
