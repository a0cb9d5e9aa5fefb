"""What a body in quarantine is read as today: by who its source is now, and how it came."""

from collections.abc import Mapping

import msgspec

from consumers.access.tokens import source_token
from consumers.intake.formats.registry import understand
from consumers.intake.kafka_records import came_from_kafka
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.parsing.codings import CONTENT_ENCODING
from consumers.intake.record_parser import read_again, sources_in_use
from ledger.store.port import Store
from ledger.store.side_records import Quarantined
from ledger.vocabulary import Scope, SourceKind

_GZIP = b"\x1f\x8b"


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A body read once more; `scope` is what its source may do now, where it came."""

    source: str
    scope: Scope
    understood: ParsedBody


def reread(store: Store, found: Quarantined, body: bytes) -> Again:
    """Reads an entry's refused parts. Blocking."""
    indexes = [part.index for part in found.parts]
    whole = None in indexes or found.parts_omitted > 0
    only = None if whole else frozenset(i for i in indexes if i is not None)
    if came_from_kafka(found.headers):
        sources = sources_in_use(store)
        read = read_again(found.headers, body, sources, found.arrived_at, only)
        return Again(source=read.source, scope=read.scope, understood=read.understood)
    incoming = Incoming(
        source=found.source,
        body=body,
        digest=found.digest,
        arrived_at=found.arrived_at,
        headers=_headers(found, body),
        only=only,
    )
    return Again(
        source=found.source,
        scope=_scope_now(store, found.source),
        understood=understand(SourceKind(found.source_kind), incoming),
    )


def _headers(found: Quarantined, body: bytes) -> Mapping[str, str]:
    """How it came; releases that read no content coding kept none, and gzip begins like no JSON."""
    binary = any(name.startswith("ce-") for name in found.headers)
    if binary or not body.startswith(_GZIP) or CONTENT_ENCODING in found.headers:
        return found.headers
    return found.headers | {CONTENT_ENCODING: "gzip"}


def _scope_now(store: Store, source: str) -> Scope:
    """What a source may do now; without a token in use, no more than publish."""
    token = source_token(store, source)
    return Scope.PUBLISH if token is None or token.revoked else token.scope
