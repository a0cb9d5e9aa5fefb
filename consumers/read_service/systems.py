"""Systems that only alerts and reports know: incidents name them, and nobody registered them."""

import msgspec

from consumers.container.ledger import Ledger
from ledger.domain.identity import name_key, system_id
from ledger.policy import UNASSIGNED
from projections.queries.incidents import filter_choices
from projections.queries.system_names import own_names
from projections.queries.systems import registered_ids


class UnregisteredSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A system by the name that incidents carry."""

    system: str


def unregistered_systems(ledger: Ledger) -> list[UnregisteredSystem]:
    """Those that incidents name and that were never registered, by name; `unassigned` is none.

    Of very many systems, those of the newest incidents. Raises Unavailable. Blocking.
    """
    registered, own = registered_ids(ledger.views), own_names(ledger.views)
    return [
        UnregisteredSystem(system=name)
        for name in filter_choices(ledger.views).systems
        if name.casefold() != UNASSIGNED
        and str(system_id(own.get(name_key(name), name))) not in registered
    ]
