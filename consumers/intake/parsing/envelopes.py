"""CloudEvents 1.0 as they come over HTTP: structured, batched (JSON), or binary (headers).

Read strictly, by msgspec. The project's own SDK (`cloudevents` 2.2) was tried and is not used: it
gives an event without an id a fresh one, so that no re-delivery would be recognised, without a time
the present one, and without a version 1.0; it has no batches, and base64 that is none passes. See
docs/adr/0011.

Sources: CloudEvents 1.0.2, its JSON event format and its HTTP protocol binding.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.json_decoders import Time, decode, unread_text

OURS = "airledger."
"""What the types of commands begin with."""
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
ATTRIBUTE_CHARACTERS = 1_000
MOST_ATTRIBUTES = 100
_REQUIRED = ("specversion", "id", "source", "type")
_OPTIONAL = ("subject", "datacontenttype", "dataschema")
_TIME = "ce-time"
_NAME = re.compile(r"[a-z0-9]+")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_JSON = re.compile(r"(application|text)/([^\s;/]+\+)?json", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_value = msgspec.json.Decoder()


class CloudEventError(ValueError):
    """The reason why something is no CloudEvent; continues "The event "."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `data` is its data's JSON; `opaque` says that it has data of another kind.

    `time` is None where it has none, or one that cannot be read: `unread_time` is its text then.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    unread_time: str | None
    extensions: Mapping[str, str]
    data: bytes | None
    opaque: bool
    datacontenttype: str | None

    @property
    def message_id(self) -> str:
        """Its identity, by the specification: no source has white space in it."""
        return f"{self.source} {self.id}"


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters, in lower case; empty where there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_structured(text: bytes) -> CloudEvent:
    """An event in the JSON format. Raises CloudEventError."""
    try:
        require_strict(text)
        members = _members.decode(text)
    except NotStrict as error:
        raise CloudEventError(str(error)) from error
    except UNREADABLE as error:
        raise CloudEventError(f"is no JSON object: {error_text(error)}") from error
    data, encoded = (_given(members.pop(name, None)) for name in ("data", "data_base64"))
    time = _given(members.pop("time", None)) or b"null"
    attributes = {name: _value.decode(raw) for name, raw in members.items()}
    # JSON's null is as if the attribute were not there.
    known = _checked({name: value for name, value in attributes.items() if value is not None})
    if data is not None and encoded is not None:
        raise CloudEventError("has both data and data_base64; it can have one of them")
    if encoded is not None:
        read, opaque = _read_data(_unencoded(encoded), known.get("datacontenttype"))
        return _event(known, time, read, opaque=opaque)
    if data is None or data[:1] != b'"' or _is_json(known.get("datacontenttype")):
        return _event(known, time, data, opaque=False)
    return _event(known, time, None, opaque=True)  # a text of another content type


def parse_binary(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """An event whose attributes are headers and whose data is the body. Raises CloudEventError."""
    attributes: dict[str, Any] = {}
    for header, value in headers.items():
        if header.startswith("ce-") and header != _TIME:
            attributes[header.removeprefix("ce-")] = _from_header(header, value)
    # The binding has Content-Type alone for it; some clients, such as Spring's, write both.
    if headers.get("content-type"):
        attributes["datacontenttype"] = headers["content-type"]
    known = _checked(attributes)
    data, opaque = _read_data(body, known.get("datacontenttype"))
    return _event(known, _time_in(headers), data, opaque=opaque)


def _given(raw: msgspec.Raw | None) -> bytes | None:
    return None if raw is None or bytes(raw) == b"null" else bytes(raw)


def _time_in(headers: Mapping[str, str]) -> bytes:
    """The header ce-time as JSON; what is no text of the binding's stands there as it is."""
    given = headers.get(_TIME, "")
    with suppress(CloudEventError):
        given = _from_header(_TIME, given)
    return msgspec.json.encode(given)


def _event(known: dict[str, str], time: bytes, data: bytes | None, *, opaque: bool) -> CloudEvent:
    moment, unread_time = _time_of(time)
    extensions = {
        name: value for name, value in known.items() if name not in {*_REQUIRED, *_OPTIONAL}
    }
    if "dataschema" in known:
        extensions["dataschema"] = known["dataschema"]
    return CloudEvent(
        id=known["id"],
        source=known["source"],
        type=known["type"],
        subject=known.get("subject"),
        time=moment,
        unread_time=unread_time,
        extensions=extensions,
        data=data,
        opaque=opaque,
        datacontenttype=known.get("datacontenttype"),
    )


def _checked(attributes: dict[str, Any]) -> dict[str, str]:
    """The attributes as texts; an empty one is as if it were not there. Raises CloudEventError."""
    if len(attributes) > MOST_ATTRIBUTES:
        raise CloudEventError(
            f"has {len(attributes)} attributes; at most {MOST_ATTRIBUTES} are read"
        )
    for name in attributes:
        if _NAME.fullmatch(name) is None:
            raise CloudEventError(
                f"has an attribute named {name[:100]!r}; "
                "the names of attributes are lower-case letters and digits"
            )
    version = attributes.get("specversion")
    if version != "1.0":
        what = "has no specversion" if version is None else f"is of specversion {version!r:.50}"
        raise CloudEventError(f"{what}; 1.0 is read")
    texts = {name: _text(name, value) for name, value in attributes.items()}
    known = {name: text for name, text in texts.items() if text}
    for name in _REQUIRED:
        if not known.get(name, "").strip():
            raise CloudEventError(f"has no {name}; it needs one that is not empty")
    if re.search(r"\s", known["source"]):
        raise CloudEventError("has white space in its source; that is a URI or a path of one")
    return known


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int) and name not in {*_REQUIRED, *_OPTIONAL}:
        text = str(value)
    elif isinstance(value, str):
        text = value
    else:
        raise CloudEventError(f"has the attribute {name}, which is no text: {str(value)[:50]!r}")
    if len(text) > ATTRIBUTE_CHARACTERS:
        raise CloudEventError(
            f"has the attribute {name} of {len(text)} characters; "
            f"at most {ATTRIBUTE_CHARACTERS} are read"
        )
    if _FORBIDDEN.search(text):
        raise CloudEventError(
            f"has control characters in the attribute {name}, which none may have"
        )
    return text


def _time_of(raw: bytes) -> tuple[datetime | None, str | None]:
    """A time in JSON; or the text of one that cannot be read, where that is not blank."""
    try:
        return decode(Time | None, raw), None  # type: ignore[arg-type]
    except msgspec.MsgspecError:
        text = unread_text(raw)
        return None, text if text.strip() else None


def _from_header(header: str, value: str) -> str:
    """A header's value as the binding writes it: double quotes off, one round of %-decoding."""
    value = value.strip()
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    if not value.isascii():
        raise CloudEventError(
            f"has a header {header} that is not ASCII; write it in %-encoded UTF-8"
        )
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise CloudEventError(f"has a header {header} that is no %-encoded UTF-8") from None


def _is_json(content_type: str | None) -> bool:
    return content_type is None or _JSON.match(content_type) is not None


def _read_data(content: bytes, content_type: str | None) -> tuple[bytes | None, bool]:
    """The data where it is JSON, and whether it is something else. Raises CloudEventError."""
    if not content:
        return None, False
    if not _is_json(content_type):
        return None, True
    try:
        require_strict(content)
    except NotStrict as error:
        if content_type is None:
            return None, True
        raise CloudEventError(
            f"has data that {error}, though its content type says JSON"
        ) from error
    return content, False


def _unencoded(raw: bytes) -> bytes:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise CloudEventError("has a data_base64 that is no base64 text") from error
