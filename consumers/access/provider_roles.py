"""The roles that a provider's groups give a person who logs in."""

from ledger.domain.access.deciding import Asker
from ledger.domain.access.roles import RenewRoles, RoleAt
from ledger.execute import ChangeRoles, Context, Executor
from ledger.vocabulary import ActsBy

BY_LEDGER = Asker(scopes=frozenset(), by=ActsBy.LEDGER)
"""The ledger itself, which renews what a provider says."""


def record_provider_roles(
    executor: Executor,
    context: Context,
    person: str,
    roles: tuple[RoleAt, ...],
) -> None:
    """Called after each log-in at the provider, before its session begins; `person` is opaque.

    `roles` are those of the person's groups as of now, in the order of the settings; none where
    the groups give none: what the provider gave before ends then. Each lasts 24 hours, and a role
    that the policy does not name is left out. Blocking. What it raises refuses the log-in.
    """
    renewed = RenewRoles(holder=person, roles=roles)
    executor.execute(ChangeRoles(command=renewed, asker=BY_LEDGER), context)
