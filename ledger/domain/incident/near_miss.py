"""Near misses: what could have done harm and did none.

A near miss stays in the register, does not count, and its RCA is optional. It keeps the alerts that
it has; one that comes later, or becomes worse, opens an incident of its own.
"""

from datetime import datetime

from ledger.domain.incident.commands import DeclareNearMiss, WithdrawNearMiss
from ledger.domain.incident.events import NearMissDeclared, NearMissWithdrawn
from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.policy import Policy


def declare_near_miss(
    command: DeclareNearMiss, state: Incident, now: datetime
) -> tuple[NearMissDeclared, ...]:
    """An open incident is one; one that is already is nothing to do."""
    return () if state.near_miss else (NearMissDeclared(at=now, reason=command.reason),)


def withdraw_near_miss(
    command: WithdrawNearMiss, state: Incident, policy: Policy, now: datetime
) -> tuple[NearMissWithdrawn, ...]:
    """An open near miss is an incident after all. Raises Refused where it is none."""
    if not state.near_miss:
        raise Refused(
            "no_near_miss",
            "The incident is no near miss.",
            remedy="Nothing is to be withdrawn.",
        )
    counts = policy.counts(state.severity)
    return (NearMissWithdrawn(at=now, reason=command.reason, counts=counts),)
