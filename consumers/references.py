"""How people name an incident: by its id, or by INC-<leaf index of its detection>."""

import re
from uuid import UUID

from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import IncidentDetected
from ledger.errors import NotFound
from ledger.store.port import Store

_REFERENCE = re.compile(r"INC-(0|[1-9][0-9]{0,17})", re.IGNORECASE)


def reference(leaf: int) -> str:
    """The reference of the incident detected at this leaf."""
    return f"INC-{leaf}"


def incident_id(store: Store, ref: str) -> UUID:
    """The id behind an id or reference. Raises NotFound. Blocking."""
    if match := _REFERENCE.fullmatch(ref):
        leaf = int(match[1])
        for entry in store.read(leaf, 1, sealed=False):
            if entry.leaf == leaf and entry.type == IncidentDetected.name:
                return UUID(entry.stream.partition("/")[2])
        raise _unknown(ref)
    try:
        found = UUID(ref.removeprefix("incident/"))
    except ValueError:
        raise _unknown(ref) from None
    stream = stream_id("incident", found)
    if not store.load({stream: 0})[stream]:
        raise _unknown(ref)
    return found


def _unknown(ref: str) -> NotFound:
    return NotFound(
        f"There is no incident {ref!r}.",
        remedy="Name one by its id or its reference (INC-<number>); see airledger incidents.",
    )
