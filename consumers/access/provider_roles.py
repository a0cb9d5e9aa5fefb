"""The roles that a provider's groups give a person who logs in."""

from typing import NamedTuple

from ledger.execute import Context, Executor
from ledger.store.port import Store


class MappedRole(NamedTuple):
    """A role that a provider's group gives, for one system, or everywhere where that is None."""

    role: str
    system: str | None


def record_provider_roles(
    store: Store,
    executor: Executor,
    context: Context,
    person: str,
    roles: tuple[MappedRole, ...],
) -> None:
    """Called after each log-in at the provider, before its session begins; `person` is opaque.

    `roles` are those of the person's groups as of now, in the order of the settings; none where
    the groups give none. Blocking. What it raises refuses the log-in.
    """
