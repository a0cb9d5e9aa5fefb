"""How people name an incident: by its id, or by INC-<leaf index of its detection>."""

import re
from uuid import UUID

from ledger.domain import identity
from ledger.domain.envelope import id_of, stream_id
from ledger.domain.incident.events import IncidentDetected
from ledger.errors import NotFound
from ledger.store.port import Store

_REFERENCE = re.compile(r"INC-(0|[1-9][0-9]{0,17})", re.IGNORECASE)


def reference(leaf: int) -> str:
    """The reference of the incident detected at this leaf."""
    return f"INC-{leaf}"


def is_reference(text: str) -> bool:
    """Whether the text reads as a reference, be there such an incident or not."""
    return _REFERENCE.fullmatch(text) is not None


def incident_id(store: Store, ref: str, *, reporter: str | None = None) -> UUID:
    """The id behind an id or reference, or behind the key under which `reporter`, a token, reported
    the incident: that comes first. Raises NotFound. Blocking."""
    if reporter is None:
        return _named(store, ref)
    reported = identity.reported_incident(reporter, ref)
    if _exists(store, reported):
        return reported
    try:
        return _named(store, ref)
    except NotFound:
        raise NotFound(
            f"There is no incident {ref!r}, and {reporter} reported none under that key.",
            remedy="Name one by its id, its reference (INC-<number>) or the key of its report.",
        ) from None


def _named(store: Store, ref: str) -> UUID:
    if match := _REFERENCE.fullmatch(ref):
        leaf = int(match[1])
        for entry in store.read(leaf, 1, sealed=False):
            if entry.leaf == leaf and entry.type == IncidentDetected.name:
                return UUID(id_of(entry.stream))
        raise _unknown(ref)
    try:
        found = UUID(ref.removeprefix("incident/"))
    except ValueError:
        raise _unknown(ref) from None
    if not _exists(store, found):
        raise _unknown(ref)
    return found


def _exists(store: Store, incident: UUID) -> bool:
    stream = stream_id("incident", incident)
    return bool(store.load({stream: 0})[stream])


def _unknown(ref: str) -> NotFound:
    return NotFound(
        f"There is no incident {ref!r}.",
        remedy="Name one by its id or its reference (INC-<number>); see airledger incidents.",
    )
