"""The policy in force, as it was adopted: the same for HTTP and the command line."""

from ledger.domain import identity
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import stream_id
from ledger.domain.policy import PolicyAdopted
from ledger.errors import NotFound
from ledger.store.port import Store


def policy_in_force(store: Store) -> PolicyAdopted:
    """The newest adoption. Raises NotFound where there is none. Blocking."""
    stream = stream_id("policy", identity.POLICY)
    adoptions = store.load({stream: 0})[stream]
    adopted = CODEC.decode(adoptions[-1].stored, adoptions[-1].leaf).event if adoptions else None
    if not isinstance(adopted, PolicyAdopted):
        raise NotFound("No policy was adopted.", remedy="Run airledger verify.")
    return adopted
