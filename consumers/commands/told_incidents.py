"""The incident that the words of another stream are about: an improvement tells of its cause.

Who may not read the texts of a restricted incident reads none of those words either, also where it
was restricted after they were written.
"""

from typing import Any

from consumers.commands.references import incident_id
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import kind_of
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.errors import NotFound
from ledger.store.decoding import state_of
from ledger.store.port import Store


def incident_named(store: Store, named: str | None) -> str | None:
    """The stream of the incident that a stream, a reference or an id names; None for no incident.

    Blocking.
    """
    if not named or kind_of(named) == INCIDENT.kind:
        return named or None
    try:
        return INCIDENT.stream(incident_id(store, named))
    except NotFound:
        return None


def incident_told(store: Store, stream: str) -> str | None:
    """The stream of the incident that a stream's words are about; None for none. Blocking."""
    kind = KINDS.get(kind_of(stream))
    if kind is None or kind.tells_of is None:  # most kinds: their streams need not be read
        return None
    return incident_behind(store, kind, state_of(store, stream))


def incident_behind(store: Store, kind: StreamType, state: Any) -> str | None:
    """The same by a stream's kind and state."""
    return None if kind.tells_of is None else incident_named(store, kind.tells_of(state))
