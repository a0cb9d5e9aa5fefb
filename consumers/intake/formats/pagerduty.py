"""PagerDuty's Events API v2: one body an event, one event a signal.

Identity is the dedup_key, per routing key and so per source. PagerDuty gives a trigger without one
a random key, so that every delivery of it is another alert. Here the key comes from the body's
digest: the same body is the same alert, and sending it again after a lost answer does no harm.

A trigger's labels, which the policy's rules match: severity, source, component, group and class
as they are; system, service, job and alertname where `custom_details` has them as texts. Without
any of the first three its `system` is the component, else the source; without the fourth its
`alertname` is the class. The rest becomes annotations. An acknowledge or resolve means its alert
alone: as with PagerDuty its payload only describes, and an end is when it arrives. A `timestamp`
that cannot be read does not cost the alert: it begins on arrival, and the text is in `unread`.
Source: PagerDuty's developer documentation, "Send an Alert Event".
"""

import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from consumers.intake.format import Format
from consumers.intake.parsed import Incoming, ParsedBody, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.truncation import TooLarge, none_if_zero_time, truncate
from consumers.intake.routing_key import mask
from consumers.json_decoders import Time, decode_leniently
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.signal_state import TITLE_CHARACTERS
from ledger.vocabulary import SourceKind

MADE_KEY_CHARACTERS = 32
SYSTEM = ("system", "service", "job")
_STATUS = {
    "trigger": SignalStatus.FIRING,
    "acknowledge": SignalStatus.ACKNOWLEDGED,
    "resolve": SignalStatus.RESOLVED,
}
_NULL = msgspec.Raw(b"null")
Words = Annotated[str, Meta(pattern=r"\S")]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What a trigger says of its alert. `timestamp` is when the tool noticed it."""

    summary: Words
    source: Words
    severity: Literal["critical", "error", "warning", "info"]
    timestamp: Time | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    custom_details: Any = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A body; its routing_key is masked already and means nothing here."""

    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: Annotated[str, Meta(max_length=255)] | None = None
    payload: msgspec.Raw = _NULL
    client: str | None = None
    client_url: str | None = None
    links: Any = None
    images: Any = None


class _Keyed(msgspec.Struct):
    dedup_key: Annotated[str, Meta(max_length=255)] | None = None


_event = msgspec.json.Decoder(Event)
_keyed = msgspec.json.Decoder(_Keyed)


def dedup_key_of(body: bytes) -> str:
    """The key that a body's alert goes by: its own, or one made of the (masked) body."""
    try:
        own = _keyed.decode(body).dedup_key
    except UNREADABLE:
        own = None
    return own or hashlib.sha256(body).hexdigest()[:MADE_KEY_CHARACTERS]


def parse(incoming: Incoming) -> ParsedBody:
    """Parses an event into one signal; a body that cannot be parsed is refused as a whole."""
    try:
        require_strict(incoming.body)
        event = _event.decode(incoming.body)
    except NotStrict as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no event of PagerDuty's Events API v2: {error_text(error)}.")
    if event.event_action != "trigger" and not event.dedup_key:
        return rejected(f"It has no dedup_key, and {event.event_action} needs one.")
    try:
        payload, unread = _parse_payload(event)
        key = dedup_key_of(incoming.body)
        signal = _signal(event, payload, key, incoming.source, unread)
    except TooLarge as error:
        return rejected(f"The event is too large: {error}.")
    except UNREADABLE as error:
        return rejected(f"The event's payload is not understood: {error_text(error)}.")
    return ParsedBody(signals=(signal,))


def _parse_payload(event: Event) -> tuple[Payload | None, dict[str, str]]:
    """A trigger's payload, which it needs, another action's where it has one; and its unread times.

    Another action's time means nothing, and so is not unread.
    """
    triggers = event.event_action == "trigger"
    try:
        payload, unread = decode_leniently(Payload, event.payload)
    except UNREADABLE:
        if triggers:
            raise
        return None, {}
    named = {f"payload.{name}": text for name, text in unread.items()}
    return payload, named if triggers else {}


def _signal(
    event: Event, payload: Payload | None, key: str, source: str, unread: dict[str, str]
) -> Signal:
    triggers = event.event_action == "trigger"
    title = payload.summary.strip()[:TITLE_CHARACTERS] if payload else f"Alert {key}"
    return truncate(
        Signal(
            source=source,
            dedup_key=key,
            status=_STATUS[event.event_action],
            title=title,
            labels=_labels(payload) if payload else {},
            annotations=_annotations(event, payload),
            starts_at=none_if_zero_time(payload.timestamp) if payload and triggers else None,
            generator_url=event.client_url or "",
            kind=SourceKind.PAGERDUTY,
            unread=unread,
        )
    )


def _labels(payload: Payload) -> dict[str, str]:
    details = payload.custom_details if isinstance(payload.custom_details, dict) else {}
    named = {name: details.get(name) for name in (*SYSTEM, "alertname")}
    labels = {
        "severity": payload.severity,
        "source": payload.source,
        "component": payload.component,
        "group": payload.group,
        "class": payload.class_,
        **{name: value for name, value in named.items() if isinstance(value, str)},
    }
    found = {name: value for name, value in labels.items() if value and value.strip()}
    if not any(name in found for name in SYSTEM):
        found["system"] = found.get("component", payload.source)
    if "alertname" not in found and "class" in found:
        found["alertname"] = found["class"]
    return found


def _annotations(event: Event, payload: Payload | None) -> dict[str, str]:
    found = {
        "summary": payload.summary if payload else None,
        "custom_details": payload.custom_details if payload else None,
        "client": event.client,
        "client_url": event.client_url,
        "links": event.links,
        "images": event.images,
    }
    return {name: _text(value) for name, value in found.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


PAGERDUTY = Format(
    kind=SourceKind.PAGERDUTY,
    parse=parse,
    summary="an event of PagerDuty's Events API v2",
    description="Records a trigger, acknowledge or resolve. The `routing_key` is the token of a "
    "source.",
    setup="""\
It is the routing key of a client of PagerDuty's Events API v2, which sends to:

    {url}{path}""",
    mask=mask,
    own_path="/v2/enqueue",
)
