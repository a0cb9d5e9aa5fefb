"""Restricted incidents: only some roles read their texts and their timeline.

The policy restricts by category and system when either comes to an incident, a person by hand.
"""

from datetime import datetime

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.rules import require_known
from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.policy import Policy


def decide_restrict(
    command: c.Restrict, state: Incident, now: datetime
) -> tuple[e.IncidentRestricted, ...]:
    """A person restricts it; one that is restricted already is nothing to do."""
    require_known(state)
    if state.restricted:
        return ()
    return (e.IncidentRestricted(at=now, basis=e.PERSON, reason=command.reason),)


def decide_unrestrict(
    command: c.Unrestrict, state: Incident, now: datetime
) -> tuple[e.RestrictionLifted, ...]:
    """A person opens it to all readers again. Raises Refused where it is not restricted."""
    require_known(state)
    if not state.restricted:
        raise Refused(
            "not_restricted", "The incident is not restricted.", remedy="Nothing is to be lifted."
        )
    return (e.RestrictionLifted(at=now, reason=command.reason),)


def by_merge(merged: Incident, target: Incident, now: datetime) -> tuple[e.IncidentRestricted, ...]:
    """The restriction of what absorbs a restricted incident."""
    if target.restricted or not merged.restricted:
        return ()
    return (e.IncidentRestricted(at=now, basis=e.ABSORBED),)


def by_policy(
    before: Incident, after: Incident, policy: Policy, now: datetime
) -> tuple[e.IncidentRestricted, ...]:
    """The restriction that events bring with them: a category or system that came with them has it.

    One that was there before has none: what a person lifted stays so.
    """
    if after.restricted:
        return ()
    privacy = policy.privacy
    categories = {after.category, after.secondary_category}
    categories -= {before.category, before.secondary_category}
    systems = {after.system} - {before.system}
    if not privacy.restricts(systems, categories):
        return ()
    return (e.IncidentRestricted(at=now, basis=e.POLICY),)
