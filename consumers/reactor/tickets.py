"""Keeps the addresses of tickets: a follower of the sealed log, and a row for each of them."""

from collections.abc import Sequence

from consumers.commands.ticket_addresses import FOLLOWER, TYPES, addresses_in
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.store.port import Entry

MOST_BEHIND = 1_000
"""The most events without a ticket before the position is kept.

Whoever looks an address up reads the log from the position on, each time.
"""


def _process(entries: Sequence[Entry]) -> BatchResult:
    return BatchResult(read=len(entries), kept=addresses_in(entries))


def _start(services: Services) -> Follower:
    return Follower(FOLLOWER, services, types=TYPES, process=_process, most_behind=MOST_BEHIND)


TICKETS = FollowerType(name=FOLLOWER, role="reactor", start=_start)
