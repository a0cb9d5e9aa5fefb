"""Parses a body in quarantine again, by its source's present kind and scope."""

from collections.abc import Mapping

import msgspec

from consumers.access.tokens import source_token, sources_in_use
from consumers.intake.formats.registry import parse
from consumers.intake.kafka_records import came_from_kafka
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.parsing.codings import CONTENT_ENCODING
from consumers.intake.record_parser import reparse_record
from ledger.store.port import Store
from ledger.store.side_records import Quarantined
from ledger.vocabulary import Scope, SourceKind

_GZIP = b"\x1f\x8b"


class Reparsed(msgspec.Struct, frozen=True, kw_only=True):
    """A body parsed again; `scope` is its source's present scope on the way that it came."""

    source: str
    scope: Scope
    parsed: ParsedBody


def reparse(store: Store, found: Quarantined, body: bytes) -> Reparsed:
    """Parses an entry's refused parts. Blocking."""
    indexes = [part.index for part in found.parts]
    whole = None in indexes or found.parts_omitted > 0
    part_indexes = None if whole else frozenset(i for i in indexes if i is not None)
    if came_from_kafka(found.headers):
        sources = sources_in_use(store)
        record = reparse_record(found.headers, body, sources, found.arrived_at, part_indexes)
        return Reparsed(source=record.source, scope=record.scope, parsed=record.parsed)
    incoming = Incoming(
        source=found.source,
        body=body,
        digest=found.digest,
        arrived_at=found.arrived_at,
        headers=_headers(found, body),
        part_indexes=part_indexes,
    )
    return Reparsed(
        source=found.source,
        scope=_scope_now(store, found.source),
        parsed=parse(SourceKind(found.source_kind), incoming),
    )


def _headers(found: Quarantined, body: bytes) -> Mapping[str, str]:
    """The kept headers. Releases before content codings kept none; no JSON begins as gzip does."""
    binary = any(name.startswith("ce-") for name in found.headers)
    if binary or not body.startswith(_GZIP) or CONTENT_ENCODING in found.headers:
        return found.headers
    return found.headers | {CONTENT_ENCODING: "gzip"}


def _scope_now(store: Store, source: str) -> Scope:
    """A source's present scope; publish where it has no token in use."""
    token = source_token(store, source)
    return Scope.PUBLISH if token is None or token.revoked else token.scope
