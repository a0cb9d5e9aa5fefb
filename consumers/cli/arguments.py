"""Parses a command's body from its options: the same structures and limits as over HTTP."""

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ledger.errors import Invalid

if TYPE_CHECKING:
    from ledger.domain.command import Command

C = TypeVar("C", bound="Command")

_TIME = "Write a time with its offset, such as 2026-11-23T09:30:00Z."


def parse_body(kind: type[C], fields: dict[str, Any]) -> C:
    """The command; None fields were not given. Raises Invalid, naming the option."""
    from consumers.json_decoders import invalid_member, time_fields
    from ledger.domain.rfc3339 import readable

    given = {name: value for name, value in fields.items() if value is not None}
    for name, value in given.items():
        require_text(option_name(name), value)
    given |= {name: readable(given[name]) for name in time_fields(kind) if name in given}
    try:
        return msgspec.convert(given, type=kind)
    except msgspec.ValidationError as error:
        path, rule = invalid_member(error)
        name = path.partition("[")[0]
        raise Invalid(
            f"{option_name(name)} {given.get(name)!r} is invalid: {rule.replace('`', '')}.",
            remedy=_TIME if "datetime" in rule else "",
        ) from error


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
