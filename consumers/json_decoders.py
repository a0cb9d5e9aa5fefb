"""Decoders of JSON, one for each kind, built by one thread at a time.

msgspec (0.22) ends the process with a segmentation fault where two threads are the first to look
into the same nested Struct. What is built when a module is imported is out of that danger; what is
decoded by a kind that only the request names goes through here.

Times are read as `rfc3339` says, in the members that are times by their kind, and in no others.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Annotated, Any, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import Meta

from ledger.domain.rfc3339 import readable

UNREAD_CHARACTERS = 200
"""So much is kept of a text that was to be a time."""

T = TypeVar("T")
Time = Annotated[datetime, Meta(tz=True)]
"""A time with its offset."""
_BUILDING = Lock()
_DECODERS: dict[Any, "_Known"] = {}
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder()
_LONG = re.compile(rb"\.[0-9]{7}")
_FIELD = re.compile(r"field `([^`]+)`")
_LEAP, _ESCAPE = b":60", b"\\u"


class _Known(NamedTuple):
    """A kind's decoder. `times` are its members that are times, and whether each may be absent."""

    decoder: msgspec.json.Decoder[Any]
    is_time: bool
    times: Mapping[str, bool]


def decode(kind: type[T], data: bytes | msgspec.Raw) -> T:
    """What JSON says, as a `kind`. Raises msgspec's errors."""
    known = _known(kind)
    if (known.times or known.is_time) and _may_need_it(bytes(data)):
        data = _with_readable(known, data)
    return known.decoder.decode(data)  # type: ignore[no-any-return]


def decode_leniently(kind: type[T], data: bytes | msgspec.Raw) -> tuple[T, dict[str, str]]:
    """As `decode`; a time that may be absent and cannot be read is left out.

    The text of each that was left out is returned by its member's name, cut to 200 characters; a
    blank one says nothing. Raises msgspec's errors.
    """
    try:
        return decode(kind, data), {}
    except msgspec.ValidationError:
        less, unread = _without_unreadable(_known(kind), data)
        if not unread:
            raise
        return decode(kind, less), {name: text for name, text in unread.items() if text.strip()}


def invalid_member(error: Exception) -> tuple[str, str]:
    """The member that msgspec refused, as a path without `$.`, and its message without that path.

    The path is empty where the value as a whole is refused; a missing member is named by its name.
    """
    message, _, path = str(error).partition(" - at `$")
    member = path.strip("`").lstrip(".")
    if not member and (named := _FIELD.search(message)):
        member = named[1]
    return member, message


def unread_text(raw: bytes | msgspec.Raw) -> str:
    """What stands in JSON where a time was expected: a text itself, else its JSON; cut."""
    value = _ANY.decode(raw)
    text = value if isinstance(value, str) else bytes(raw).decode()
    return text[:UNREAD_CHARACTERS]


def time_fields(kind: type[msgspec.Struct]) -> Mapping[str, bool]:
    """The names in JSON of a Struct's fields that are times, and whether each may be absent."""
    return {
        field.encode_name: not field.required
        for field in msgspec.structs.fields(kind)
        if _is_time(field.type)
    }


def _known(kind: Any) -> _Known:
    if (known := _DECODERS.get(kind)) is None:
        with _BUILDING:
            is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
            known = _DECODERS[kind] = _Known(
                msgspec.json.Decoder(kind), _is_time(kind), time_fields(kind) if is_struct else {}
            )
    return known


def _is_time(kind: Any) -> bool:
    """Whether a type is a time, or may be one: `datetime`, annotated, or in a union."""
    return kind is datetime or any(_is_time(each) for each in get_args(kind))


def _may_need_it(data: bytes) -> bool:
    """Whether a time may be in it that msgspec would round, or refuse for a leap second. Cheap."""
    return _LEAP in data or _ESCAPE in data or _LONG.search(data) is not None


def _with_readable(known: _Known, data: bytes | msgspec.Raw) -> bytes | msgspec.Raw:
    """The same JSON with readable times; what is no object or text is the decoder's to refuse."""
    try:
        if known.is_time:
            return _readable_raw(data)
        members = _MEMBERS.decode(data)
        times = {name: _readable_raw(members[name]) for name in known.times if name in members}
    except msgspec.MsgspecError:
        return data
    return msgspec.json.encode({**members, **{n: msgspec.Raw(raw) for n, raw in times.items()}})


def _readable_raw(raw: bytes | msgspec.Raw) -> bytes:
    value = _ANY.decode(raw)
    return msgspec.json.encode(readable(value)) if isinstance(value, str) else bytes(raw)


def _without_unreadable(known: _Known, data: bytes | msgspec.Raw) -> tuple[bytes, dict[str, str]]:
    """The object without optional times that no decoder reads, and what stood there."""
    try:
        members = _MEMBERS.decode(data)
    except msgspec.MsgspecError:
        return bytes(data), {}
    unread = {
        name: unread_text(members[name])
        for name, optional in known.times.items()
        if optional and name in members and not _is_read(members[name])
    }
    rest = {name: raw for name, raw in members.items() if name not in unread}
    return msgspec.json.encode(rest), unread


def _is_read(raw: msgspec.Raw) -> bool:
    try:
        decode(Time | None, raw)  # type: ignore[arg-type]
    except msgspec.MsgspecError:
        return False
    return True


class RepeatedMember(ValueError):
    """An object has a member twice; continues "The body "."""


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object, as `object_pairs_hook` has them. Raises RepeatedMember."""
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RepeatedMember(f"has the member {name[:100]!r} twice in one object")
            seen.add(name)
    return members
