"""Which incidents have a ticket of an address on record.

A follower of the log keeps addresses in the store. What it has yet to read is read here, each time:
so no address is missed where it is behind or does not run, and memory does not grow with the log.
"""

from uuid import UUID

from consumers.commands.ticket_addresses import FOLLOWER, addresses_in, digest_of
from ledger.store.port import Store

ENTRIES_PER_READ = 1_000


def incidents_with_ticket(store: Store, address: str) -> frozenset[UUID]:
    """Those that have recorded the address, though it may have been corrected since. Blocking."""
    at = store.followers.position(FOLLOWER)  # first: what it passes from here on is read twice
    digest = digest_of(address)
    found = set(store.followers.ticket_addresses([digest]))
    while entries := store.read(at, ENTRIES_PER_READ, sealed=False):
        found.update(each for each in addresses_in(entries) if each.digest == digest)
        at = entries[-1].leaf + 1
    return frozenset(each.incident for each in found)
