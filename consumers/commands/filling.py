"""A command's body from fields that somebody filled in: with the limits that HTTP bodies have."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from consumers.commands.fields import CommandField, FieldKind, fields_of, labels, number
from consumers.json_decoders import invalid_member
from ledger.domain.command import Command
from ledger.errors import Invalid
from ledger.vocabulary import YesNo

_EMPTY = ("missing required field", "length >= 1", "matching regex '\\\\S'")
"""What msgspec says of a field in which nothing stands."""
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
C = TypeVar("C", bound=Command)


def filled(body: type[C], typed: Mapping[str, str]) -> C:
    """The command that a form's fields give. Raises Invalid, naming each field that is wrong.

    An empty optional field, and a box that is not ticked, is as if absent; several texts stand on
    lines of their own; a time without an offset is UTC.
    """
    given: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for field in fields_of(body):
        text = typed.get(field.name, "").replace("\r\n", "\n").strip()
        try:
            value = _value(field, text)
        except ValueError as error:
            wrong.append((field.name, str(error)))
            continue
        if value is not None:
            given[field.name] = value
    if not wrong:
        try:
            return msgspec.convert(given, type=body)
        except msgspec.ValidationError as error:
            wrong.append(_told(error))
    raise Invalid(
        "The form has a field that is not right.",
        errors=wrong,
        remedy="Correct it and send the form again.",
    )


def _value(field: CommandField, text: str) -> Any:
    """What a field holds; None where nothing was given. Raises ValueError, for people."""
    match field.kind:
        case FieldKind.FLAG:
            return True if text else None  # a box that is not ticked states nothing
        case FieldKind.YES_NO:
            return _yes_no(text)
        case FieldKind.TEXTS:
            read = field.written or str
            return [read(line.strip()) for line in text.split("\n") if line.strip()] or None
        case FieldKind.LABELS:
            return labels(line.strip() for line in text.split("\n") if line.strip()) or None
        case _ if not text:
            return "" if field.required else None
        case FieldKind.TIME:
            return _time(text)
        case FieldKind.NUMBER:
            return _number(text)
        case _:
            return text


def _yes_no(text: str) -> bool | None:
    if text not in {"", *YesNo}:
        raise ValueError(f"expected one of {', '.join(YesNo)}")
    return text == YesNo.YES if text else None


def _number(text: str) -> float:
    found = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(found):
        raise ValueError("expected a number, such as 0.25")
    return number(found)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("expected a date and a time, such as 2026-11-28T17:30") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _told(error: msgspec.ValidationError) -> tuple[str, str]:
    """The field that msgspec refused, and why, for people."""
    path, rule = invalid_member(error)
    field = path.partition("[")[0]
    if any(words in rule for words in _EMPTY):
        return field, "must not be empty"
    return field or "form", rule.replace("`", "")
