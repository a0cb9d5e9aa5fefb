"""Parses a command's body from its options: the same structures and limits as over HTTP."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from consumers.cli.errors import report
from ledger.errors import Invalid

if TYPE_CHECKING:
    from consumers.cli.times import Times
    from ledger.domain.command import Command

C = TypeVar("C", bound="Command")

_TIME = "Write a time with its offset, such as 2026-11-23T09:30:00Z."


def parse_body(kind: type[C], fields: dict[str, Any], times: "Times | None" = None) -> C:
    """The command; None fields were not given. Raises Invalid, naming the option.

    A time may stand as people write it; how it was read is reported on stderr.
    """
    from consumers.commands.fields import FieldKind, fields_of, labels, number
    from consumers.json_decoders import invalid_member
    from ledger.domain.rfc3339 import readable

    given: dict[str, Any] = {
        name: number(value) if isinstance(value, float) else value
        for name, value in fields.items()
        if value is not None
    }
    for name, value in given.items():
        require_text(option_name(name), value)
    given |= {
        name: readable(_time(option_name(name), given[name], times))
        for name in _times_in(kind, given)
        if name in given
    }
    for field in fields_of(kind):
        if field.name not in given:
            continue
        try:
            if field.kind is FieldKind.LABELS:
                given[field.name] = labels(given[field.name])
            elif field.written is not None:
                given[field.name] = [field.written(text) for text in given[field.name]]
        except ValueError as error:
            raise Invalid(f"{option_name(field.name)}: {error}.") from error
    try:
        return msgspec.convert(given, type=kind)
    except msgspec.ValidationError as error:
        path, rule = invalid_member(error)
        name = path.partition("[")[0]
        raise Invalid(
            f"{option_name(name)} {given.get(name)!r} is invalid: {rule.replace('`', '')}.",
            remedy=_TIME if "datetime" in rule else "",
        ) from error


def _times_in(kind: type[C], given: dict[str, Any]) -> Collection[str]:
    """The names of the fields that hold a time; of a correction, if it is one of a time."""
    from consumers.json_decoders import time_fields
    from ledger.domain.incident.amending import TIMES
    from ledger.domain.incident.commands import Amend
    from ledger.domain.incident.written import place_of

    if kind is Amend and given.get("to"):
        field = given.get("field", "")
        place = place_of(field)
        if field in TIMES or (place is not None and place.field == "at"):
            return ("to",)
    return time_fields(kind)


def _time(option: str, text: str, times: "Times | None") -> str:
    """A time in RFC 3339, from what people write."""
    from consumers.cli.times import Times, has_offset

    return text if has_offset(text) else told_time(option, text, times or Times()).isoformat()


def told_time(option: str, text: str, times: "Times", *, ends: bool = False) -> datetime:
    """The time that a text names, in UTC; how it was read is reported on stderr."""
    at = times.parse(option, text, ends=ends)
    local = times.local(at)
    utc = at.astimezone(UTC)
    report(f"{option} {text!r} is {local:%Y-%m-%d %H:%M:%S %Z} ({utc:%Y-%m-%dT%H:%M:%SZ}).")
    return utc


def option_name(name: str) -> str:
    """The option of a field."""
    return f"--{name.replace('_', '-')}"


def require_text(name: str, value: object) -> None:
    """Raises Invalid for a value that is not UTF-8 text."""
    for text in value if isinstance(value, (list, tuple)) else (value,):
        try:
            str(text).encode()
        except UnicodeEncodeError as error:
            raise Invalid(
                f"{name} {text!r} is invalid: it is not UTF-8.",
                remedy="Use UTF-8.",
            ) from error
