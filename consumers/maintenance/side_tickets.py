"""The check of the addresses of tickets that a store keeps against those that a log records.

A webhook about a ticket whose address is not kept, and lies before the follower's position, is
about no incident.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from consumers.commands import ticket_addresses
from ledger.errors import LedgerError, UnknownEvent
from ledger.store.port import Entry, Store
from ledger.store.side_records import TicketAddress

MOST_NAMED = 20
"""The most incidents that are named."""


class Tickets:
    """Follows a log's events, and compares those that the follower of tickets had read by then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._missing: dict[UUID, None] = {}
        self._failed: LedgerError | None = None
        self._processed = 0
        try:
            self._processed = store.followers.position(ticket_addresses.FOLLOWER)
        except LedgerError as error:
            self._failed = error

    def follow(self, entries: Sequence[Entry]) -> None:
        """Events in log order. Those that do not decode are the log's audit's to name."""
        if self._failed is not None or len(self._missing) > MOST_NAMED:
            return
        recorded = {each for entry in entries for each in self._addresses_in(entry)}
        if not recorded:
            return
        try:
            kept = self._store.followers.ticket_addresses({each.digest for each in recorded})
        except LedgerError as error:
            self._failed = error
            return
        self._missing |= dict.fromkeys(each.incident for each in recorded - kept)

    def _addresses_in(self, entry: Entry) -> Sequence[TicketAddress]:
        if entry.leaf >= self._processed:
            return ()
        try:
            return ticket_addresses.addresses_in([entry])
        except (UnknownEvent, ValueError):
            return ()

    def faults(self) -> Iterator[str]:
        """Incidents of which an address is not kept, in sentences. Raises LedgerError."""
        if self._failed is not None:
            raise self._failed
        for incident in sorted(self._missing)[:MOST_NAMED]:
            yield (
                f"The address of a ticket of incident {incident} is not kept, so that webhooks "
                f"about it are ignored: the follower {ticket_addresses.FOLLOWER} has read past it."
            )
        if len(self._missing) > MOST_NAMED:
            yield "Addresses of tickets of more incidents are not kept."
