"""Systems that only alerts and reports know: incidents name them, and nobody registered them."""

import msgspec

from consumers.container.ledger import Ledger
from ledger.domain.identity import system_id
from ledger.policy import UNASSIGNED
from projections.queries.incidents import filter_choices
from projections.queries.systems import registered_ids


class UnregisteredSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A system by the name that incidents carry."""

    system: str


def unregistered_systems(ledger: Ledger) -> list[UnregisteredSystem]:
    """Those that incidents name and that were never registered, by name; `unassigned` is none.

    Of very many systems, those of the newest incidents. Raises Unavailable. Blocking.
    """
    registered = registered_ids(ledger.views)
    return [
        UnregisteredSystem(system=name)
        for name in filter_choices(ledger.views).systems
        if name.casefold() != UNASSIGNED and str(system_id(name)) not in registered
    ]
