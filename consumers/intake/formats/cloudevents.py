"""CloudEvents: one event, or a batch; each becomes a signal, or is a command.

An event of type `airledger.<kind>.<command>` is that command; see `cloudevent_commands`. Of any
other type:

- its source and id together are recorded once, however late they come again;
- the alert is known by `dedup_key` in its data, else by source and id: so it can be resolved later
  only by an event that names the same `dedup_key`;
- title: the data's title, summary, message or name, else the type and the subject;
- labels: type, source, subject; alertname, which is the type unless the data's labels say another;
  severity, system and service, from extension attributes or else from the data; and the data's
  labels, where these are a map of texts;
- status, starts_at, ends_at, description, annotations and url: from the data, where they are given
  as a native signal gives them. Without them it fires, since the event's time; or ended then;
- a time that cannot be read is as if absent, and its text is in `unread`;
- whatever else the data holds, as JSON, is the annotation `data`; other attributes are annotations.

Data that is no JSON is not in the event that is recorded: the body is kept, by its digest.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from consumers.intake.format import Format
from consumers.intake.list_limit import TooMany, require_few
from consumers.intake.parsed import EmbeddedCommand, Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.alert_fields import AlertFields, signal_of
from consumers.intake.parsing.cloudevent_commands import parse_command
from consumers.intake.parsing.envelopes import (
    BATCH,
    OURS,
    STRUCTURED,
    CloudEvent,
    CloudEventError,
    media_type,
    parse_binary,
    parse_structured,
)
from consumers.intake.parsing.strict_json import UNREADABLE, error_text
from consumers.intake.parsing.truncation import TooLarge, none_if_zero_time
from consumers.json_decoders import decode, time_fields, unread_text
from ledger.domain.alert import Signal, SignalStatus
from ledger.vocabulary import SourceKind

TITLES = ("title", "summary", "message", "name")
_batch = msgspec.json.Decoder(list[msgspec.Raw])
_data = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any = msgspec.json.Decoder()
_TIMES = time_fields(AlertFields)
_FIELDS = {field.name: field.type for field in msgspec.structs.fields(AlertFields)}


def parse(incoming: Incoming) -> ParsedBody:
    """Parses a body into signals and commands; a member of a batch is refused alone."""
    kind = media_type(incoming.headers)
    if kind.startswith("application/cloudevents") and kind not in {STRUCTURED, BATCH}:
        return rejected(f"The body is {kind}; of such, {STRUCTURED} and {BATCH} are read.")
    in_headers = any(name.startswith("ce-") for name in incoming.headers)
    if kind not in {STRUCTURED, BATCH} and in_headers:
        return _one(incoming, in_headers=True)
    if kind == BATCH or (kind != STRUCTURED and incoming.body.lstrip().startswith(b"[")):
        return _many(incoming)
    return _one(incoming, in_headers=False)


def _one(incoming: Incoming, *, in_headers: bool) -> ParsedBody:
    try:
        body = incoming.body
        event = parse_binary(incoming.headers, body) if in_headers else parse_structured(body)
        found = _parse_event(event, incoming, index=None, after=0)
    except (CloudEventError, TooLarge) as error:
        return rejected(f"The event {error}.")
    if isinstance(found, EmbeddedCommand):
        return ParsedBody(commands=(found,))
    return ParsedBody(signals=(found,))


def _many(incoming: Incoming) -> ParsedBody:
    try:
        require_few(incoming.body)
        members = _batch.decode(incoming.body)
    except TooMany as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no batch of CloudEvents: {error_text(error)}.")
    signals: list[Signal] = []
    commands: list[EmbeddedCommand] = []
    refused = Refusals()
    for index, raw in incoming.selected_parts(members):
        try:
            found = _parse_event(
                parse_structured(bytes(raw)), incoming, index=index, after=len(signals)
            )
        except (CloudEventError, TooLarge) as error:
            refused.add(index, f"events[{index}] {error}.")
            continue
        if isinstance(found, EmbeddedCommand):
            commands.append(found)
        else:
            signals.append(found)
    return ParsedBody(
        signals=tuple(signals),
        commands=tuple(commands),
        refused=refused.listed,
        omitted=refused.omitted,
    )


def _parse_event(
    event: CloudEvent, incoming: Incoming, *, index: int | None, after: int
) -> Signal | EmbeddedCommand:
    """Parses an event as a command or a signal. Raises CloudEventError or TooLarge."""
    if event.type.startswith(OURS):
        return parse_command(event, incoming.arrived_at, index=index, after=after)
    try:
        return _signal(event, incoming.source)
    except TooLarge as error:
        raise TooLarge(f"is too large: {error}") from error


def _signal(event: CloudEvent, source: str) -> Signal:
    data = _members(event.data)
    fields, read, unread = _parse_fields(data)
    if event.unread_time is not None:
        unread["time"] = event.unread_time
    title = next((name for name in TITLES if _is_text(data.get(name))), None)
    labels = {
        "alertname": event.type,
        **fields.labels,
        "type": event.type,
        "source": event.source,
    }
    if event.subject is not None:
        labels["subject"] = event.subject
    service = event.extensions.get("service") or _text(data.get("service"))
    if service:
        labels["service"] = service
    rest = {name: raw for name, raw in data.items() if name not in {*read, title, "service"}}
    resolved = fields.status is SignalStatus.RESOLVED
    return signal_of(
        msgspec.structs.replace(
            fields,
            system=event.extensions.get("system") or fields.system,
            severity=event.extensions.get("severity") or fields.severity,
            labels=labels,
            annotations=_annotations(event, fields, rest),
            starts_at=none_if_zero_time(fields.starts_at) or (None if resolved else event.time),
            ends_at=none_if_zero_time(fields.ends_at) or (event.time if resolved else None),
        ),
        source=source,
        dedup_key=fields.dedup_key or event.message_id,
        title=_text(data[title]) if title else _default_title(event),
        own_id=event.message_id,
        kind=SourceKind.CLOUDEVENTS,
        unread=unread,
        left_out=("data",) if event.opaque else (),
    )


def _default_title(event: CloudEvent) -> str:
    return event.type if event.subject is None else f"{event.type}: {event.subject}"


def _members(data: bytes | None) -> dict[str, msgspec.Raw]:
    """The members of data that is an object."""
    return _data.decode(data) if data is not None and data.lstrip().startswith(b"{") else {}


def _parse_fields(data: Mapping[str, msgspec.Raw]) -> tuple[AlertFields, set[str], dict[str, str]]:
    """What of the data is in the native shape, under which names, and the times that are not read.

    Raises CloudEventError.
    """
    found: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, kind in _FIELDS.items():
        if name not in data:
            continue
        try:
            found[name] = decode(kind, data[name])
        except msgspec.MsgspecError as error:
            if name == "dedup_key":  # without it, the event could never be resolved
                raise CloudEventError(
                    f"has a dedup_key in its data that is none: {error_text(error)}"
                ) from None
            if name in _TIMES and (text := unread_text(data[name])).strip():
                unread[f"data.{name}"] = text
    found = {name: value for name, value in found.items() if value is not None}
    return AlertFields(**found), set(found) - {"title"}, unread


def _annotations(
    event: CloudEvent, fields: AlertFields, rest: Mapping[str, msgspec.Raw]
) -> dict[str, str]:
    found = {
        name: value
        for name, value in event.extensions.items()
        if name not in {"severity", "system", "service"}
    }
    found |= fields.annotations
    found["id"] = event.id
    if rest:
        found["data"] = msgspec.json.encode(rest).decode()
    elif event.data is not None and not event.data.lstrip().startswith(b"{"):
        found["data"] = event.data.decode()
    return found


def _is_text(raw: msgspec.Raw | None) -> bool:
    return bool(_text(raw).strip())


def _text(raw: msgspec.Raw | None) -> str:
    value = _any.decode(raw) if raw is not None else None
    return value if isinstance(value, str) else ""


CLOUDEVENTS = Format(
    kind=SourceKind.CLOUDEVENTS,
    parse=parse,
    summary="CloudEvents 1.0: structured, a batch, or binary",
    description="Records events as signals. One of type `airledger.<kind>.<command>` is that "
    "command, where the source has scope operate; a refused command goes to quarantine.",
    content={STRUCTURED: dict[str, Any], BATCH: list[dict[str, Any]], "*/*": Any},
    content_required=False,
)
