"""What a body in quarantine is read as today: by who its source is now, and how it came."""

import msgspec

from consumers.access import source_token
from consumers.kafka.bodies import read_again, sources_in_use
from consumers.kafka.records import came_from_kafka
from consumers.signals.adapter import Incoming, Understood
from consumers.signals.formats import ADAPTERS
from ledger.store.port import Store
from ledger.store.records import Quarantined
from ledger.vocabulary import Scope, SourceKind


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A body read once more; `scope` is what its source may do now, where it came."""

    source: str
    scope: Scope
    understood: Understood


def reread(store: Store, found: Quarantined, body: bytes) -> Again:
    """Reads an entry's refused parts. Blocking."""
    indexes = [part.index for part in found.parts]
    only = None if None in indexes else frozenset(i for i in indexes if i is not None)
    if came_from_kafka(found.headers):
        sources = sources_in_use(store)
        read = read_again(found.headers, body, sources, found.arrived_at, only)
        return Again(source=read.source, scope=read.scope, understood=read.understood)
    incoming = Incoming(
        source=found.source,
        body=body,
        digest=found.digest,
        arrived_at=found.arrived_at,
        headers=found.headers,
        only=only,
    )
    return Again(
        source=found.source,
        scope=_scope_now(store, found.source),
        understood=ADAPTERS[SourceKind(found.source_kind)](incoming),
    )


def _scope_now(store: Store, source: str) -> Scope:
    """What a source may do now; without a token in use, no more than publish."""
    token = source_token(store, source)
    return Scope.PUBLISH if token is None or token.revoked else token.scope
