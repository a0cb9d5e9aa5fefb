"""Addresses of tickets: which incidents an event records one of, and how they are compared.

The follower FOLLOWER keeps a digest of each in the store. An address that was corrected stays:
whoever looks one up reads the incident.
"""

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.domain.incident.events import Amended, TicketOpened
from ledger.store.port import Entry
from ledger.store.side_records import TicketAddress

FOLLOWER = "tickets"
TYPES = frozenset({TicketOpened.name, Amended.name})
_CORRECTS_A_TICKET = "ticket."


def comparable(address: str) -> str:
    """An address without what does not tell tickets apart: query, fragment, final slash, case."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    where = (parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"))
    return urlunsplit((*where, "", ""))


def digest_of(address: str) -> str:
    """What an address is kept under: the SHA-256 of its comparable form, hex."""
    return sha256(comparable(address).encode(errors="surrogatepass")).hexdigest()


def addresses_in(entries: Sequence[Entry]) -> tuple[TicketAddress, ...]:
    """The addresses that events record, or correct. Raises UnknownEvent."""
    found = {
        TicketAddress(digest=digest_of(address), incident=uuid_of(entry.stream)): None
        for entry in entries
        if entry.type in TYPES and (address := _address_in(entry))
    }
    return tuple(found)


def _address_in(entry: Entry) -> str:
    """The address of a ticket that an event records, or corrects; empty for another event."""
    match CODEC.decode(entry.stored, entry.leaf).event:
        case TicketOpened(url=url):
            return url
        case Amended(field=field, to=str(to)) if field.startswith(_CORRECTS_A_TICKET):
            return to
    return ""
