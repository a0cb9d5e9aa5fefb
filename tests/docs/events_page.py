"""docs/reference/events.md, from the catalogue: every event type with its fields and an example."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from inspect import getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec.structs import FieldInfo, fields

from ledger.domain import catalogue
from ledger.domain.envelope import MAX_EVENT_BYTES, Envelope, Event
from ledger.domain.text import OutsideText

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WHOLE = "incident.ticket_opened.v1"
"""The event that is shown with its envelope; of the others only `data` is."""
COMMAND = "python -m tests.docs.generate"

_SIMPLE = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "true or false",
    datetime: "time",
    timedelta: "duration",
    UUID: "UUID",
    NoneType: "null",
    OutsideText: "text beside the log",
}

_HEAD = f"""\
# Events

<!-- Generated from ledger.domain.catalogue by `{COMMAND}`; do not edit. -->

Every event type that this ledger stores, with its fields. The order within a stream kind is that
of the catalogue. What was stored under a name decodes for ever; a change of shape gets a new name
(`.v2`), and the old bytes stay as they are.

## The envelope

The stored bytes of an event are one CloudEvents 1.0 JSON object in UTF-8, with its members in this
order, at most {MAX_EVENT_BYTES:,} bytes long. These bytes are what is hashed into
[the log](../explanation/the-log.md), and what `airledger replay` prints.

| member | holds |
|---|---|
"""

MEMBERS = {
    "specversion": "`1.0`",
    "id": "the event's own id: a UUIDv7",
    "source": "where it came from: `source/<name>`, or `airledger`",
    "type": "the stored name, such as `incident.detected.v1`",
    "subject": "the stream: `<kind>/<uuid>`",
    "time": "when it happened; it may lie in the past. The same as `at` in `data`",
    "recordedtime": "when the ledger recorded it; within a stream it never goes backwards",
    "sequence": "the stream's version, from `0000000001`",
    "actor": "who did it, opaque: `person/<uuid>`, `source/<name>` or `airledger`. Names of "
    "people are kept outside the log",
    "correlationid": "shared by all events of one request",
    "causationid": "the `id` of the event that led to this one; absent where none did",
    "policydigest": "`sha256:` and the digest of the policy in force, in hexadecimal; absent "
    "before the first one",
    "bodydigest": "SHA-256, in hexadecimal, of the body from outside that caused it; or `hmac:` "
    "and its HMAC-SHA256 under the key of a text beside the log that came with it; absent "
    "where none did",
    "actingrole": "the role that the actor acted in; absent where the policy's RACI asks for none",
    "actingfor": "whose deputy the actor was in that role; absent where it is the actor's own",
    "racirefusal": "the row of the policy's RACI that would have refused the command, if it were "
    "enforced; absent where it would not",
    "datacontenttype": "`application/json`",
    "data": "the event's fields, as below",
}

_TYPES = """\

Times are RFC 3339 in UTC. "Text" is a string, or, where the policy's `privacy` says so, an object:
`text` is the id of a text beside the log, and `commitment` the HMAC-SHA256 (hex) of its UTF-8 bytes
under a random key that is stored with it. Every event has the field `at`, a time:
when it happened. A field with a default may be absent; "absent" is the default of one that is not
written where it says nothing. Below the fields of an event stands
an example of its `data`.
"""


def page() -> str:
    """The whole page."""
    members = msgspec.structs.fields(Envelope)
    parts = [_HEAD]
    parts += [f"| `{field.encode_name}` | {MEMBERS[field.encode_name]} |\n" for field in members]
    if (whole := _example(WHOLE)) is not None:
        parts.append("\nLaid out for people (the stored bytes have no spaces between members):\n")
        parts.append(_shown(whole))
    parts.append(_TYPES)
    for kind, streams in catalogue.KINDS.items():
        parts.append(f"\n## Stream kind `{kind}`\n")
        for event in streams.events:
            parts += _event(event)
    parts += _parts_of_events()
    return "".join(parts)


def _event(event: type[Event]) -> Iterator[str]:
    yield f"\n### `{event.name}`\n\n{_prose(event)}\n"
    own = [field for field in fields(event) if field.name != "at"]
    if own:
        yield from _table(event, own)
    if (example := _example(event.name)) is not None:
        yield _shown(example["data"])


def _parts_of_events() -> Iterator[str]:
    """The structures that fields hold, and the words of the closed vocabularies."""
    held = list(dict.fromkeys(_held(catalogue.EVENTS)))
    yield "\n## Structures within events\n"
    for part in held:
        if issubclass(part, msgspec.Struct):
            yield f"\n### {part.__name__}\n\n{_prose(part)}\n"
            yield from _table(part, fields(part))
    yield "\n## Closed vocabularies\n\n| name | words |\n|---|---|\n"
    for part in sorted(held, key=lambda each: each.__name__):
        if issubclass(part, StrEnum):
            yield f"| {part.__name__} | {', '.join(f'`{word.value}`' for word in part)} |\n"


def _table(of: type[msgspec.Struct], shown: Iterable[FieldInfo]) -> Iterator[str]:
    hints = get_type_hints(of, include_extras=False)
    yield "\n| field | type | default |\n|---|---|---|\n"
    for field in shown:
        yield f"| `{field.encode_name}` | {_type(hints[field.name])} | {_default(field)} |\n"


def _type(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        inner = tuple(each for each in inner if each is not msgspec.UnsetType)
        if set(inner) >= {str, OutsideText}:
            rest = [each for each in inner if each not in {str, OutsideText}]
            return " or ".join(["text", *map(_type, rest)])
        return " or ".join(map(_type, inner))
    if origin is tuple and inner[-1] is not Ellipsis:
        return f"list of {len(inner)}: {', '.join(map(_type, inner))}"
    if origin in {tuple, list, frozenset}:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"object of {_type(inner[1])}"
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if issubclass(hint, StrEnum):
        return f"[{hint.__name__}](#closed-vocabularies)"
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def _default(field: FieldInfo) -> str:
    if field.required:
        return ""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is msgspec.UNSET:
        return "absent"
    return f"`{msgspec.json.encode(value).decode()}`"


def _held(structs: Iterable[type[msgspec.Struct]]) -> Iterator[type]:
    """Structures and vocabularies in the fields of these, deepest last, some of them repeatedly."""
    for struct in structs:
        for hint in get_type_hints(struct).values():
            for leaf in _leaves(hint):
                if isinstance(leaf, type) and issubclass(leaf, msgspec.Struct | StrEnum):
                    if leaf is OutsideText:
                        continue
                    yield leaf
                    if issubclass(leaf, msgspec.Struct):
                        yield from _held([leaf])


def _leaves(hint: Any) -> Iterator[Any]:
    inner = get_args(hint)
    if not inner:
        yield hint
    for each in inner:
        yield from _leaves(each)


def _prose(of: type) -> str:
    """The docstring, as markdown shows it."""
    text = getdoc(of) or ""
    return re.sub(r"\n(?=\S)", " ", text).replace("\n ", "\n\n").strip()


def _example(name: str) -> dict[str, Any] | None:
    """The golden bytes of this type and version, read; None without such a file."""
    file = GOLDEN / f"{name}.json"
    return json.loads(file.read_bytes()) if file.exists() else None


def _shown(example: Any) -> str:
    return f"\n```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"
