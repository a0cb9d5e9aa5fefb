"""The check of the addresses of tickets that a store keeps against those that a log records.

A webhook about a ticket whose address is not kept, and lies before the follower's position, is
about no incident.
"""

from collections.abc import Collection
from uuid import UUID

from consumers.commands import ticket_addresses
from consumers.maintenance.followed import Followed
from ledger.store.port import Entry, Store
from ledger.store.side_records import TicketAddress


class Tickets(Followed[TicketAddress]):
    """Compares the addresses that the follower of tickets had read."""

    more = "Addresses of tickets of more incidents are not kept."

    def __init__(self, store: Store) -> None:
        super().__init__(store, ticket_addresses.FOLLOWER)

    def recorded_in(self, entry: Entry) -> Collection[TicketAddress]:
        """The addresses of tickets that an event records."""
        return ticket_addresses.addresses_in([entry])

    def missing(self, recorded: Collection[TicketAddress]) -> Collection[UUID]:
        """The incidents of which an address is not kept."""
        kept = self.store.followers.ticket_addresses({each.digest for each in recorded})
        return [each.incident for each in recorded if each not in kept]

    def fault(self, subject: UUID) -> str:
        """What it means."""
        return (
            f"The address of a ticket of incident {subject} is not kept, so that webhooks "
            f"about it are ignored: the follower {ticket_addresses.FOLLOWER} has read past it."
        )
