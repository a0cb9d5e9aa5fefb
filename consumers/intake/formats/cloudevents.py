"""CloudEvents: one event, or a batch; each becomes a signal, or is a command for an incident.

An event of type `airledger.incident.<command>` is that command; see `ordering`. Of any other:

- its id is taken once: source and id together, however late they come again;
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

from consumers.intake.members import TooMany, require_few
from consumers.intake.parsed import EmbeddedCommand, Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.alert_fields import Claims, signal_of
from consumers.intake.parsing.cloudevent_commands import order_of
from consumers.intake.parsing.envelopes import (
    BATCH,
    OURS,
    STRUCTURED,
    CloudEvent,
    CloudEventError,
    binary,
    media_type,
    structured,
)
from consumers.intake.parsing.strict_json import UNREADABLE, told
from consumers.intake.parsing.truncation import TooLarge, none_if_zero_time
from consumers.json_decoders import decode, time_fields, unread_text
from ledger.domain.alert import Signal, SignalStatus
from ledger.vocabulary import SourceKind

TITLES = ("title", "summary", "message", "name")
_batch = msgspec.json.Decoder(list[msgspec.Raw])
_data = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any = msgspec.json.Decoder()
_TIMES = time_fields(Claims)
_CLAIMED = {field.name: field.type for field in msgspec.structs.fields(Claims)}


def understand(incoming: Incoming) -> ParsedBody:
    """The signals and commands of a body; a member of a batch is refused alone."""
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
        event = binary(incoming.headers, body) if in_headers else structured(body)
        found = _understood(event, incoming, index=None, after=0)
    except (CloudEventError, TooLarge) as error:
        return rejected(f"The event {error}.")
    if isinstance(found, EmbeddedCommand):
        return ParsedBody(orders=(found,))
    return ParsedBody(signals=(found,))


def _many(incoming: Incoming) -> ParsedBody:
    try:
        require_few(incoming.body)
        members = _batch.decode(incoming.body)
    except TooMany as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no batch of CloudEvents: {told(error)}.")
    signals: list[Signal] = []
    orders: list[EmbeddedCommand] = []
    refused = Refusals()
    for index, raw in incoming.taken(members):
        try:
            found = _understood(structured(bytes(raw)), incoming, index=index, after=len(signals))
        except (CloudEventError, TooLarge) as error:
            refused.add(index, f"events[{index}] {error}.")
            continue
        if isinstance(found, EmbeddedCommand):
            orders.append(found)
        else:
            signals.append(found)
    return ParsedBody(
        signals=tuple(signals),
        orders=tuple(orders),
        refused=refused.listed,
        omitted=refused.omitted,
    )


def _understood(
    event: CloudEvent, incoming: Incoming, *, index: int | None, after: int
) -> Signal | EmbeddedCommand:
    """What an event is. Raises CloudEventError or TooLarge."""
    if event.type.startswith(OURS):
        return order_of(event, incoming.arrived_at, index=index, after=after)
    try:
        return _signal(event, incoming.source)
    except TooLarge as error:
        raise TooLarge(f"is too large: {error}") from error


def _signal(event: CloudEvent, source: str) -> Signal:
    data = _members(event.data)
    claims, read, unread = _claimed(data)
    if event.unread_time is not None:
        unread["time"] = event.unread_time
    title = next((name for name in TITLES if _is_text(data.get(name))), None)
    labels = {
        "alertname": event.type,
        **claims.labels,
        "type": event.type,
        "source": event.source,
    }
    if event.subject is not None:
        labels["subject"] = event.subject
    service = event.extensions.get("service") or _text(data.get("service"))
    if service:
        labels["service"] = service
    rest = {name: raw for name, raw in data.items() if name not in {*read, title, "service"}}
    resolved = claims.status is SignalStatus.RESOLVED
    return signal_of(
        msgspec.structs.replace(
            claims,
            system=event.extensions.get("system") or claims.system,
            severity=event.extensions.get("severity") or claims.severity,
            labels=labels,
            annotations=_annotations(event, claims, rest),
            starts_at=none_if_zero_time(claims.starts_at) or (None if resolved else event.time),
            ends_at=none_if_zero_time(claims.ends_at) or (event.time if resolved else None),
        ),
        source=source,
        dedup_key=claims.dedup_key or event.own_id,
        title=_text(data[title]) if title else _named(event),
        own_id=event.own_id,
        kind=SourceKind.CLOUDEVENTS,
        unread=unread,
        left_out=("data",) if event.opaque else (),
    )


def _named(event: CloudEvent) -> str:
    return event.type if event.subject is None else f"{event.type}: {event.subject}"


def _members(data: bytes | None) -> dict[str, msgspec.Raw]:
    """The members of data that is an object."""
    return _data.decode(data) if data is not None and data.lstrip().startswith(b"{") else {}


def _claimed(data: Mapping[str, msgspec.Raw]) -> tuple[Claims, set[str], dict[str, str]]:
    """What of the data is in the native shape, under which names, and the times that are not read.

    Raises CloudEventError.
    """
    found: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, kind in _CLAIMED.items():
        if name not in data:
            continue
        try:
            found[name] = decode(kind, data[name])
        except msgspec.MsgspecError as error:
            if name == "dedup_key":  # without it, the event could never be resolved
                raise CloudEventError(
                    f"has a dedup_key in its data that is none: {told(error)}"
                ) from None
            if name in _TIMES and (text := unread_text(data[name])).strip():
                unread[f"data.{name}"] = text
    found = {name: value for name, value in found.items() if value is not None}
    return Claims(**found), set(found) - {"title"}, unread


def _annotations(
    event: CloudEvent, claims: Claims, rest: Mapping[str, msgspec.Raw]
) -> dict[str, str]:
    found = {
        name: value
        for name, value in event.extensions.items()
        if name not in {"severity", "system", "service"}
    }
    found |= claims.annotations
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
