"""Which incidents have a ticket of an address on record.

The index is in memory, and follows the log: the first look reads all of it, later ones what came
since. No read model is asked, for intake runs where there is none, and none is behind the log.
"""

from collections import defaultdict
from threading import Lock
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.domain.incident.events import Amended, TicketOpened
from ledger.store.port import Entry, Store

ENTRIES_PER_READ = 1_000
_TYPES = frozenset({TicketOpened.name, Amended.name})
_CORRECTS_A_TICKET = "ticket."


def comparable(address: str) -> str:
    """An address without what does not tell tickets apart: query, fragment, final slash, case."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    where = (parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"))
    return urlunsplit((*where, "", ""))


class TicketIndex:
    """Finds incidents by the addresses of their tickets. Thread-safe. Blocking."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0
        self._found: defaultdict[str, set[UUID]] = defaultdict(set)
        self._lock = Lock()

    def incidents(self, address: str) -> frozenset[UUID]:
        """Those that have recorded it, though it may have been corrected since."""
        with self._lock:
            self._catch_up()
            return frozenset(self._found.get(comparable(address), ()))

    def _catch_up(self) -> None:
        while entries := self._store.read(self._next, ENTRIES_PER_READ, sealed=False):
            for entry in entries:
                if entry.type in _TYPES and (address := _address_in(entry)):
                    self._found[comparable(address)].add(uuid_of(entry.stream))
            self._next = entries[-1].leaf + 1


def _address_in(entry: Entry) -> str:
    """The address of a ticket that an event records, or corrects; empty for another event."""
    match CODEC.decode(entry.stored, entry.leaf).event:
        case TicketOpened(url=url):
            return url
        case Amended(field=field, to=str(to)) if field.startswith(_CORRECTS_A_TICKET):
            return to
    return ""
