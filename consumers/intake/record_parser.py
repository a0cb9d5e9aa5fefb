"""Parses a record of Kafka: its source, its format, and its value by that format's parser.

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

from consumers.intake.formats.registry import FORMATS, parse, without_token
from consumers.intake.kafka_records import KIND, SOURCE, TOPIC, Delivered
from consumers.intake.parsed import Incoming, ParsedBody, rejected
from consumers.intake.parsing.envelopes import (
    BATCH,
    STRUCTURED,
    CloudEventError,
    media_type,
    parse_structured,
)
from consumers.intake.quarantine_headers import restored
from consumers.topics.topics import COMMANDS
from ledger.store.side_records import QuarantinePart, TokenRow
from ledger.vocabulary import Scope, SourceKind

UNKNOWN_SOURCE = "kafka"
"""The source of records in quarantine that name none."""
UNKNOWN = "unknown"
SOURCE_CHARACTERS = 100
_KINDS = frozenset(kind.value for kind, each in FORMATS.items() if each.webhook is None)
"""Webhooks that are known by their signature alone come over HTTP, where it is checked."""

Sources = Mapping[str, TokenRow]


class ParsedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed record. `scope` is that of its source; publish where the source is not known."""

    incoming: Incoming
    known: bool
    kind: str
    scope: Scope
    parsed: ParsedBody

    @property
    def source(self) -> str:
        """The name of its source, or UNKNOWN_SOURCE."""
        return self.incoming.source

    def refused(self, reason: str) -> "ParsedRecord":
        """The same, refused as a whole for another reason."""
        return replace(self, parsed=rejected(reason))


class _RecordError(ValueError):
    """The reason why a record is refused as a whole."""


def parse_record(
    record: Delivered,
    sources: Sources,
    arrived_at: datetime,
    *,
    part_indexes: frozenset[int] | None = None,
) -> ParsedRecord:
    """Parses a record. An error in it becomes the reason of its refusal; nothing is raised."""
    incoming = Incoming(
        source=UNKNOWN_SOURCE,
        body=record.body,
        digest="",
        arrived_at=arrived_at,
        headers=record.headers,
        part_indexes=part_indexes,
        record=record.raw,
    )
    kind, refusal = _claimed_kind(record), _refusal_of(record)
    row: TokenRow | None = None
    try:
        name = _source_name(record)
        incoming = replace(incoming, source=name[:SOURCE_CHARACTERS])
        row = _registered(name, sources)
        kind = _kind(record, row)
    except _RecordError as error:
        refusal = refusal or str(error)
    incoming = _masked(incoming, kind)
    if refusal is not None:
        parsed = rejected(refusal)
    elif len(incoming.body) > (most := FORMATS[SourceKind(kind)].limit):
        parsed = rejected(
            f"The record has {len(incoming.body)} bytes; a source of kind {kind} may send at "
            f"most {most}. Send smaller ones."
        )
    else:
        parsed = parse(SourceKind(kind), incoming)
    scope = row.scope if row is not None else Scope.PUBLISH
    return ParsedRecord(
        incoming=incoming,
        known=row is not None,
        kind=kind,
        scope=scope,
        parsed=parsed,
    )


def enforce_topic(record: ParsedRecord, topic: str, *, commands: bool) -> ParsedRecord:
    """Refuses what its topic does not accept: commands, or anything but one command."""
    if record.parsed.refused and not record.parsed.commands and not record.parsed.signals:
        return record
    if not commands:
        return _without_commands(record, topic)
    if len(record.parsed.commands) != 1 or record.parsed.received != 1:
        return record.refused(
            f"The topic {topic} accepts one command a record, a CloudEvent of type "
            "airledger.incident.<command>, and this is something else. Publish it as a signal."
        )
    return record


def reparse_record(
    headers: Mapping[str, str],
    body: bytes,
    sources: Sources,
    arrived_at: datetime,
    part_indexes: frozenset[int] | None,
) -> ParsedRecord:
    """Parses an entry in quarantine that came from Kafka, by the sources registered now."""
    delivered = restored(headers, body) or Delivered(
        topic=headers.get(TOPIC, ""), partition=0, offset=0, value=body, headers=headers
    )
    record = parse_record(delivered, sources, arrived_at, part_indexes=part_indexes)
    commands = delivered.topic == COMMANDS
    record = enforce_topic(record, delivered.topic, commands=commands)
    return record if commands else replace(record, scope=Scope.PUBLISH)


def _without_commands(record: ParsedRecord, topic: str) -> ParsedRecord:
    parsed = record.parsed
    if not parsed.commands:
        return record
    refused = tuple(
        QuarantinePart(
            index=embedded.index,
            reason=f"{_part_name(embedded.index)} is the command {embedded.type}; the topic "
            f"{topic} accepts none, whatever the source's scope. Publish it to {COMMANDS}.",
        )
        for embedded in parsed.commands
    )
    return replace(record, parsed=replace(parsed, commands=(), refused=(*parsed.refused, *refused)))


def _part_name(index: int | None) -> str:
    return "The event" if index is None else f"events[{index}]"


def _refusal_of(record: Delivered) -> str | None:
    """The refusal of an empty value. An event whose attributes are headers may have no data."""
    if record.body or record.is_binary:
        return None
    what = "no value: it is a tombstone" if record.value is None else "an empty value"
    return f"The record has {what}."


def _source_name(record: Delivered) -> str:
    """Raises _RecordError for a record that names none."""
    if given := record.headers.get(SOURCE, "").strip():
        return given
    content_type = media_type(record.headers)
    if content_type == STRUCTURED:
        try:
            return parse_structured(record.body).source
        except CloudEventError as error:
            raise _RecordError(f"The event {error}.") from error
    if content_type != BATCH and (given := record.headers.get("ce-source", "")):
        return unquote(given, errors="backslashreplace")
    raise _RecordError(
        f"The record names no source. Give it the header {SOURCE}, or publish a CloudEvent whose "
        "source is the name of one."
    )


def _registered(name: str, sources: Sources) -> TokenRow:
    """Raises _RecordError."""
    row = sources.get(name)
    if row is None:
        raise _RecordError(
            f"There is no source {name[:SOURCE_CHARACTERS]!r} in use. Register it with airledger "
            "source add, then retry this."
        )
    return row


def _kind(record: Delivered, row: TokenRow) -> str:
    """Raises _RecordError for a kind that is not registered."""
    kind = _claimed_kind(record)
    if kind == UNKNOWN and KIND not in record.headers:
        kind = str(row.source_kind)
    if kind not in _KINDS:
        given = record.headers.get(KIND, kind)
        raise _RecordError(
            f"The header {KIND} is {given[:100]!r}; known are {', '.join(sorted(_KINDS))}."
        )
    return kind


def _claimed_kind(record: Delivered) -> str:
    """The kind that a record claims by its header or as a CloudEvent; else UNKNOWN."""
    if (given := record.headers.get(KIND)) is not None:
        given = given.strip().lower()
        return given if given in _KINDS else UNKNOWN
    if record.is_binary or media_type(record.headers).startswith("application/cloudevents"):
        return SourceKind.CLOUDEVENTS
    return UNKNOWN


def _masked(incoming: Incoming, kind: str) -> Incoming:
    """With its digest; a token that the body carries is not kept."""
    known = None if kind == UNKNOWN else SourceKind(kind)
    body = without_token(known, incoming.body, incoming.headers)
    return replace(incoming, body=body, digest=hashlib.sha256(body).hexdigest())
