"""What the ledger knows of one AI system beside its own stream: incidents, clocks, roles. Blocking.

All of it counts what carries any of the system's names.
"""

from typing import NamedTuple

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service import alerts, incidents
from consumers.read_service.alerts import AlertView
from consumers.read_service.coverage_facts import Heard, MonthFacts
from consumers.read_service.incident_views import IncidentView
from consumers.read_service.roles import RoleView, roles_held
from ledger.domain.system import System
from ledger.vocabulary import AlertState, RcaState, ReviewState, Status
from projections import queries
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters
from projections.values import time_text

SHOWN = 10
"""So many open incidents and alerts of a system are shown; the lists have all."""


class Iteration(NamedTuple):
    """An iteration, counted from 1, and the phase that it is in."""

    number: int
    phase: str


class SystemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a system's page.

    `roles` are those for this system, then those for the organisation. `incidents` are the newest
    open ones, `alerts` those that fire or are not heard of; `more_incidents` and `more_alerts` say
    whether there are others. `at_risk` and `breached` count analyses, `reviews` those that are not
    concluded. `count` is that of `month`, the present one.
    """

    iterations: list[Iteration]
    roles: list[RoleView]
    incidents: list[IncidentView]
    more_incidents: bool
    alerts: list[AlertView]
    more_alerts: bool
    at_risk: int
    breached: int
    reviews: int
    month: str
    count: int
    threshold: int
    heard: Heard

    @property
    def open_clocks(self) -> bool:
        """Whether anything of it is open, which who retires it has to settle or waive."""
        return bool(self.incidents or self.at_risk or self.breached or self.reviews)


def system_facts(ledger: Ledger, state: System) -> SystemFacts:
    """The facts of a registered system, as of now."""
    policy, now = policy_in_force(ledger.store), ledger.now()
    name, names, month, at = state.system, state.aliases, policy.month_of(now), time_text(now)
    opened = incidents.register(
        ledger, IncidentFilters(system=name, status=Status.OPEN), limit=SHOWN
    )
    firing = [
        alerts.list_alerts(ledger, AlertFilters(system=name, state=each), limit=SHOWN)
        for each in (AlertState.FIRING, AlertState.STALE)
    ]
    shown = [alert for each in firing for alert in each.items]
    clocks = queries.rca.count_by_state(ledger.views, RcaFilters(system=name), now=at)
    reviews = queries.counts.reviews_by_state(ledger.views, ReviewFilters(system=name), now=at)
    pairs = [(month, each) for each in (name, *names)]
    members = queries.counts.members_of(ledger.views, pairs)
    return SystemFacts(
        iterations=[
            Iteration(number, phase.label) for number, phase in enumerate(state.phases, start=1)
        ],
        roles=_roles(ledger, state),
        incidents=opened.items,
        more_incidents=opened.next is not None,
        alerts=shown[:SHOWN],
        more_alerts=len(shown) > SHOWN or any(each.next for each in firing),
        at_risk=clocks[RcaState.AT_RISK],
        breached=clocks[RcaState.BREACHED],
        reviews=sum(count for each, count in reviews.items() if each is not ReviewState.CONCLUDED),
        month=month,
        count=sum(each.total for each in members.values()),
        threshold=policy.triggers.incident_count.more_than,
        heard=MonthFacts(ledger, month, policy, now).of_system(name, names),
    )


def _roles(ledger: Ledger, state: System) -> list[RoleView]:
    """Who holds a role for the system or the organisation, those for the system first."""
    mine = [
        each
        for each in roles_held(ledger).items
        if each.in_force and each.system in {None, state.system, *state.aliases}
    ]
    return sorted(mine, key=lambda each: (each.system is None, each.label, each.person))
