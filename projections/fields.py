"""The fields of an event as rows and views show them: JSON, times as text, without empty ones."""

from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

import msgspec

from ledger.domain.envelope import Event
from ledger.domain.text import OutsideText, plain_text, unmarked
from ledger.policy.times import time_text

_PLAIN = frozenset({bool, int, float, NoneType})


def written_fields(event: Event, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What an event holds beside its time, by the stored names of its fields.

    `without` names fields to leave out. A field that is empty, or was left out, is not in it.
    """
    found: dict[str, Any] = {}
    for name, stored_name in _names(type(event), without):
        value = plain_value(getattr(event, name))
        if value not in (None, "", [], {}):
            found[stored_name] = value
    return found


@cache
def _names(of: type[Event], without: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The fields to show, as (name, stored name)."""
    fields = msgspec.structs.fields(of)
    return tuple(
        (each.name, each.encode_name) for each in fields if each.name not in without | {"at"}
    )


def plain_value(value: Any) -> Any:
    """A value as JSON has it; a text beside the log has its mark."""
    if type(value) is str:
        return unmarked(value)
    if type(value) in _PLAIN:
        return value
    match value:
        case msgspec.UnsetType():
            return None
        case OutsideText():
            return plain_text(value)
        case datetime():
            return time_text(value)
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case list() | tuple() | frozenset():
            return [plain_value(each) for each in value]
        case dict():
            return {str(name): plain_value(each) for name, each in value.items()}
        case msgspec.Struct():
            return {
                field.encode_name: plain_value(getattr(value, field.name))
                for field in msgspec.structs.fields(value)
            }
        case _:
            return value
