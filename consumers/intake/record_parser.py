"""What a record on Kafka says: whose it is, in which format, and what that format's adapter reads.

The source is the one that the header `airledger-source` names, else the one that a CloudEvent's own
`source` names; it has to be registered. The format is the header `airledger-kind`, else CloudEvents
where the record is one by the protocol binding, else what the source was registered for.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from consumers.intake.formats.registry import ADAPTERS, most_bytes, understand
from consumers.intake.kafka_records import KIND, SOURCE, TOPIC, Delivered
from consumers.intake.keeping import restored
from consumers.intake.parsed import Incoming, ParsedBody, rejected
from consumers.intake.parsing.envelopes import (
    BATCH,
    STRUCTURED,
    CloudEventError,
    media_type,
    structured,
)
from consumers.intake.parsing.texts import as_utf8
from consumers.intake.routing_key import key_in, masked
from consumers.topics.topics import COMMANDS
from ledger.domain.access import HolderKind
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart, TokenRow
from ledger.vocabulary import Scope, SourceKind

UNKNOWN_SOURCE = "kafka"
"""Whose the records are that name no source, in quarantine."""
UNKNOWN = "unknown"
SOURCE_CHARACTERS = 100
_KINDS = frozenset(kind.value for kind in ADAPTERS)

Sources = Mapping[str, TokenRow]


class ParsedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was read. `scope` is what its source may do; publish for one not known."""

    incoming: Incoming
    known: bool
    kind: str
    scope: Scope
    understood: ParsedBody

    @property
    def source(self) -> str:
        """Its source's name, or what stands for it."""
        return self.incoming.source

    def refused(self, reason: str) -> "ParsedRecord":
        """The same, refused as a whole for another reason."""
        return replace(self, understood=rejected(reason))


class _Fault(ValueError):
    """Why a record cannot be read, for people."""


def sources_in_use(store: Store) -> Sources:
    """The registered sources by name, without those revoked. Blocking."""
    rows = store.access.tokens(HolderKind.SOURCE)
    return {row.holder_name: row for row in rows if not row.revoked}


def read_record(
    record: Delivered,
    sources: Sources,
    arrived_at: datetime,
    *,
    only: frozenset[int] | None = None,
) -> ParsedRecord:
    """Reads a record; what is wrong with it is the reason why it is refused."""
    incoming = Incoming(
        source=UNKNOWN_SOURCE,
        body=record.body,
        digest="",
        arrived_at=arrived_at,
        headers=record.headers,
        only=only,
        record=record.raw,
    )
    kind, fault = _claimed_kind(record), _fault_of(record)
    row: TokenRow | None = None
    try:
        name = _source_name(record)
        incoming = replace(incoming, source=name[:SOURCE_CHARACTERS])
        row = _registered(name, sources)
        kind = _kind(record, row)
    except _Fault as error:
        fault = fault or str(error)
    incoming = _masked(incoming, kind)
    if fault is not None:
        understood = rejected(fault)
    elif len(incoming.body) > (most := most_bytes(SourceKind(kind))):
        understood = rejected(
            f"The record has {len(incoming.body)} bytes; of a source of kind {kind} at most {most} "
            "are taken. Let it send smaller ones."
        )
    else:
        understood = understand(SourceKind(kind), incoming)
    scope = row.scope if row is not None else Scope.PUBLISH
    return ParsedRecord(
        incoming=incoming,
        known=row is not None,
        kind=kind,
        scope=scope,
        understood=understood,
    )


def enforce_topic(read: ParsedRecord, topic: str, *, commands: bool) -> ParsedRecord:
    """The same without what its topic does not take: commands, or all that is no command."""
    if read.understood.refused and not read.understood.orders and not read.understood.signals:
        return read
    if not commands:
        return _without_commands(read, topic)
    if len(read.understood.orders) != 1 or read.understood.received != 1:
        return read.refused(
            f"The topic {topic} takes one command a record, a CloudEvent of type "
            "airledger.incident.<command>, and this is something else. Publish it as a signal."
        )
    return read


def read_again(
    headers: Mapping[str, str],
    body: bytes,
    sources: Sources,
    arrived_at: datetime,
    only: frozenset[int] | None,
) -> ParsedRecord:
    """An entry in quarantine that came from Kafka, read by what is registered now."""
    record = restored(headers, body) or Delivered(
        topic=headers.get(TOPIC, ""), partition=0, offset=0, value=body, headers=headers
    )
    read = read_record(record, sources, arrived_at, only=only)
    commands = record.topic == COMMANDS
    read = enforce_topic(read, record.topic, commands=commands)
    return read if commands else replace(read, scope=Scope.PUBLISH)


def _without_commands(read: ParsedRecord, topic: str) -> ParsedRecord:
    understood = read.understood
    if not understood.orders:
        return read
    refused = tuple(
        QuarantinePart(
            index=order.index,
            reason=f"{'The event' if order.index is None else f'events[{order.index}]'} is the "
            f"command {order.type}; the topic {topic} takes none, whatever the source's scope. "
            f"Publish it to {COMMANDS}.",
        )
        for order in understood.orders
    )
    return replace(
        read, understood=replace(understood, orders=(), refused=(*understood.refused, *refused))
    )


def _fault_of(record: Delivered) -> str | None:
    """An event whose attributes are headers may have no data; nothing else may be empty."""
    if record.body or record.is_binary:
        return None
    what = "no value: it is a tombstone" if record.value is None else "an empty value"
    return f"The record has {what}."


def _source_name(record: Delivered) -> str:
    """Raises _Fault for a record that names none."""
    if given := record.headers.get(SOURCE, "").strip():
        return given
    content_type = media_type(record.headers)
    if content_type == STRUCTURED:
        try:
            return structured(record.body).source
        except CloudEventError as error:
            raise _Fault(f"The event {error}.") from error
    if content_type != BATCH and (given := record.headers.get("ce-source", "")):
        return unquote(given, errors="backslashreplace")
    raise _Fault(
        f"The record names no source. Give it the header {SOURCE}, or publish a CloudEvent whose "
        "source is the name of one."
    )


def _registered(name: str, sources: Sources) -> TokenRow:
    """Raises _Fault."""
    row = sources.get(name)
    if row is None:
        raise _Fault(
            f"There is no source {name[:SOURCE_CHARACTERS]!r} in use. Register it with airledger "
            "source add, then retry this."
        )
    return row


def _kind(record: Delivered, row: TokenRow) -> str:
    """Raises _Fault for a kind that is not read."""
    kind = _claimed_kind(record)
    if kind == UNKNOWN and KIND not in record.headers:
        kind = str(row.source_kind)
    if kind not in _KINDS:
        given = record.headers.get(KIND, kind)
        raise _Fault(
            f"The header {KIND} is {given[:100]!r}; known are {', '.join(sorted(_KINDS))}."
        )
    return kind


def _claimed_kind(record: Delivered) -> str:
    """What a record itself says that it is."""
    if (given := record.headers.get(KIND)) is not None:
        given = given.strip().lower()
        return given if given in _KINDS else UNKNOWN
    if record.is_binary or media_type(record.headers).startswith("application/cloudevents"):
        return SourceKind.CLOUDEVENTS
    return UNKNOWN


def _masked(incoming: Incoming, kind: str) -> Incoming:
    """With its digest; PagerDuty's routing key is a source's token, and is not kept."""
    body = incoming.body
    if kind in {SourceKind.PAGERDUTY, UNKNOWN}:
        text = as_utf8(body, incoming.headers)
        if (key := key_in(text)) is not None:
            body = masked(text, key)
    return replace(incoming, body=body, digest=hashlib.sha256(body).hexdigest())
