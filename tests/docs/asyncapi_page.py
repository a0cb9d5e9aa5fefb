"""docs/reference/asyncapi.json: what is on Kafka, both ways, as an AsyncAPI 3.0 document.

Topics, event types, commands and signals are those of the code; the words between are here. The
action of an operation is airledger's own: it receives what others publish, and sends.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from inspect import getdoc
from typing import Any, get_args, get_type_hints

import msgspec

from consumers.intake.formats.native import NativeSignal
from consumers.intake.formats.registry import FORMATS
from consumers.intake.parsing.alert_fields import AlertFields
from consumers.intake.parsing.cloudevent_commands import COMMANDS
from consumers.intake.parsing.envelopes import ATTRIBUTE_CHARACTERS
from consumers.topics import topics
from ledger.domain import catalogue
from ledger.domain.envelope import MAX_EVENT_BYTES, Envelope
from tests.docs.events_page import MEMBERS

Json = dict[str, Any]

VERSION = "1"
"""Of this document's shape; what stands in it changes with the code."""
BINDING = "0.5.0"
STRUCTURED = "application/cloudevents+json"
_SCHEMAS = "#/components/schemas/"
_TEXT: Json = {"type": "string"}
_TIME: Json = {"type": "string", "format": "date-time"}
_ATTRIBUTE: Json = {"type": "string", "minLength": 1, "maxLength": ATTRIBUTE_CHARACTERS}
_INFO = (
    "What airledger takes from Kafka and what it sends there. Trust is the broker's (SASL, ACLs): "
    "who may write airledger.commands may close incidents. A record that is not understood, of a "
    "source that is not registered, or above its topic goes to quarantine with topic, partition "
    "and offset; none is skipped. A record arrives when the broker appends it (LogAppendTime), or, "
    "with CreateTime, when it is taken. The effect of a record is there once, however often it is "
    "delivered."
)
_SOURCE = "The name of the source, as registered with `airledger source add`."
_OWN_SOURCE = "Absent: the CloudEvent's own `source`."
_OFFSETS = (
    "A JSON object: the end offset of each partition of airledger.events after all leaves below "
    "the checkpoint's size."
)
_EVENT_HEADERS = {
    "ce-id": "The event's id.",
    "leaf-index": "Its place in the log, in decimal: to tell a repeat, and a gap.",
    "leaf-hash": "SHA-256 of a zero byte and the value (RFC 6962), in hexadecimal.",
    "content-type": f"`{STRUCTURED}`",
}


def page() -> str:
    """The whole document."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"


def document() -> Json:
    """The document as an object."""
    messages = {
        topics.SIGNALS: _signals(),
        topics.COMMANDS: _commands(),
        topics.EVENTS: _events(),
        topics.CHECKPOINTS: _checkpoints(),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "airledger",
            "version": VERSION,
            "description": _INFO,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "channels": {name: _channel(topics.topics()[name], messages[name]) for name in messages},
        "operations": {_operation_name(name): _operation(name) for name in messages},
        "components": {
            "schemas": _schemas(),
            "messages": {each["name"]: each for of in messages.values() for each in of},
        },
    }


def _channel(topic: topics.Topic, messages: Iterable[Json]) -> Json:
    settings = {
        name: value.split(",") if name == "cleanup.policy" else int(value)
        for name, value in topic.config.items()
        if name.startswith(("cleanup.", "retention."))
    }
    return {
        "address": topic.name,
        "description": topic.why,
        "messages": {
            each["name"]: {"$ref": f"#/components/messages/{each['name']}"} for each in messages
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": topic.replication,
                "topicConfiguration": settings,
                "bindingVersion": BINDING,
            }
        },
    }


def _operation_name(topic: str) -> str:
    incoming = topics.topics()[topic].direction == "in"
    return f"{'take' if incoming else 'send'}_{topic.partition('.')[2]}"


def _operation(topic: str) -> Json:
    incoming = topics.topics()[topic].direction == "in"
    return {
        "action": "receive" if incoming else "send",
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": topics.topics()[topic].why,
    }


def _message(
    name: str, about: str, payload: Json, headers: Json, key: str, kind: str = STRUCTURED
) -> Json:
    return {
        "name": name,
        "title": name,
        "description": about,
        "contentType": kind,
        "headers": headers,
        "payload": payload,
        "bindings": {
            "kafka": {"key": {"type": "string", "description": key}, "bindingVersion": BINDING}
        },
    }


def _headers(named: Mapping[str, str], *required: str) -> Json:
    return {
        "type": "object",
        "properties": {name: _TEXT | {"description": about} for name, about in named.items()},
        "required": list(required),
    }


def _signals() -> list[Json]:
    key = "One key for all signals of one alert; else their order is not promised."
    source = {"airledger-source": f"{_SOURCE} {_OWN_SOURCE}"}
    kinds = [kind.value for kind, each in FORMATS.items() if each.webhook is None]
    body = _headers({"airledger-source": _SOURCE}, "airledger-source", "airledger-kind")
    native, others = "native", [kind for kind in kinds if kind not in {"native", "cloudevents"}]
    return [
        _message(
            "signal.cloudevent",
            "A CloudEvent, structured, or binary with its attributes in headers `ce_...`, or else "
            "`ce-...`, and its data as value. Of any type that does not begin with `airledger.`.",
            _cloud_event({"data": _ref(AlertFields)}),
            _headers(source),
            key,
        ),
        _message(
            "signal.native",
            "airledger's own format: one signal, or a list of them.",
            {"oneOf": [_ref(NativeSignal), {"type": "array", "items": _ref(NativeSignal)}]},
            _with_kind(body, [native]),
            key,
            "application/json",
        ),
        _message(
            "signal.webhook",
            "The body that one of these sends to its route over HTTP, as it is.",
            {"type": "object"},
            _with_kind(body, others),
            key,
            "application/json",
        ),
    ]


def _with_kind(headers: Json, kinds: list[str]) -> Json:
    kind = {"type": "string", "enum": kinds, "description": "The format of the value."}
    return headers | {"properties": headers["properties"] | {"airledger-kind": kind}}


def _commands() -> list[Json]:
    about = f"{_SOURCE} It needs scope operate. {_OWN_SOURCE}"
    headers = _headers({"airledger-source": about})
    return [
        _message(
            name.removeprefix("airledger."),
            _prose(of.command.body),
            _cloud_event(
                {"type": {"const": name}, "data": _ref(of.command.body)},
                () if of.command.opens else ("subject",),
            ),
            headers,
            "The incident, so that its commands keep their order.",
        )
        for name, of in COMMANDS.items()
    ]


def _events() -> list[Json]:
    headers = _headers(_EVENT_HEADERS, *_EVENT_HEADERS)
    return [
        _message(
            event.name,
            _prose(event),
            {
                "allOf": [
                    {"$ref": f"{_SCHEMAS}{Envelope.__name__}"},
                    {"properties": {"type": {"const": event.name}, "data": _ref(event)}},
                ]
            },
            headers,
            "The stream, `<kind>/<uuid>`: a stream's events keep their order.",
        )
        for event in catalogue.EVENTS
    ]


def _checkpoints() -> list[Json]:
    about = (
        "The signed checkpoint (C2SP tlog-checkpoint). All leaves below its size are in "
        "airledger.events before it."
    )
    headers = _headers({"offsets": _OFFSETS}, "offsets")
    return [_message("checkpoint", about, _TEXT, headers, "The log's origin.", "text/plain")]


def _cloud_event(own: Json, required: Iterable[str] = ()) -> Json:
    """A CloudEvent 1.0, with what is particular to this one."""
    return {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _ATTRIBUTE | {"description": "With `source` it is taken once."},
            "source": _ATTRIBUTE,
            "type": _ATTRIBUTE,
            "subject": _ATTRIBUTE,
            "time": _TIME,
            **own,
        },
        "required": ["specversion", "id", "source", "type", *required],
    }


def _schemas() -> Json:
    """What events, commands and signals are made of, by name."""
    known: list[Any] = [
        *catalogue.EVENTS,
        *(of.command.body for of in COMMANDS.values()),
        NativeSignal,
        AlertFields,
    ]
    _, found = msgspec.json.schema_components(known, ref_template=f"{_SCHEMAS}{{name}}")
    schemas: Json = dict(found)
    for struct in _structs(known):
        hints = get_type_hints(struct)
        for field in msgspec.structs.fields(struct):
            if datetime in (hint := hints[field.name], *get_args(hint)):
                properties = schemas[struct.__name__]["properties"]
                _say_that_it_is_a_time(properties[field.encode_name])
    schemas[Envelope.__name__] = _envelope()
    return dict(sorted(schemas.items()))


def _structs(of: Iterable[Any]) -> dict[type[msgspec.Struct], None]:
    """These, and the structures that their fields hold."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting = list(of)
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint not in found:
            found[hint] = None
            waiting += get_type_hints(hint).values()
    return found


def _say_that_it_is_a_time(schema: Json) -> None:
    """msgspec says it only of times that must have an offset."""
    for part in (schema, *schema.get("anyOf", ())):
        if part.get("type") == "string":
            part["format"] = "date-time"


def _envelope() -> Json:
    members = msgspec.structs.fields(Envelope)
    times = {field.encode_name for field in members if field.type is datetime}
    properties = {
        name: (_TIME if name in times else {} if name == "data" else _TEXT) | {"description": about}
        for name, about in MEMBERS.items()
    }
    return {
        "title": "Envelope",
        "description": f"One stored event: CloudEvents 1.0, at most {MAX_EVENT_BYTES:,} bytes.",
        "type": "object",
        "properties": properties | {"specversion": {"const": "1.0"}},
        "required": [field.encode_name for field in members if field.required],
    }


def _ref(kind: type) -> Json:
    return {"$ref": f"{_SCHEMAS}{kind.__name__}"}


def _prose(of: type) -> str:
    return " ".join((getdoc(of) or "").split())
