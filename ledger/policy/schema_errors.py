"""Every fault in the shape of a parsed document, each with its path.

msgspec stops at the first fault. Somebody who writes a policy wants them all, so this walks the
same types and asks msgspec about each leaf.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

Fault = tuple[str, str]
"""The path of a value, such as `rules[2].match[0]`, and what is wrong with it."""

_WORDS = {
    "object": "table",
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}
"""What TOML calls the types that msgspec names."""


def faults(value: object, kind: Any, path: str = "") -> Iterator[Fault]:
    """What is wrong with `value`, which is to be a `kind`: its keys, types and limits."""
    bare = unwrapped(kind)
    origin = get_origin(bare)
    inner: Iterator[Fault] = iter(())
    if isinstance(value, dict) and isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        yield from _in_struct(value, bare, path)
        return
    if isinstance(value, dict) and origin is Mapping:
        inner = _in_mapping(value, bare, path)
    elif isinstance(value, list) and origin is tuple:
        item = get_args(bare)[0]
        inner = (
            fault
            for index, entry in enumerate(value)
            for fault in faults(entry, item, f"{path}[{index}]")
        )
    first = next(inner, None)
    if first is None:
        yield from _in_leaf(value, kind, path)
    else:
        yield first
        yield from inner


def child(path: str, key: str) -> str:
    """The path of `key` in the table at `path`, quoted where TOML asks for it."""
    name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{name}" if path else name


def shown(value: object) -> str:
    """A value as a message shows it, cut where it is long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def unwrapped(kind: Any) -> Any:
    """A type without its limits, and without the None that TOML cannot say."""
    kind = _without_none(kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in {Union, UnionType}:
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _in_struct(table: dict[str, object], kind: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, value in table.items():
        if key in fields:
            yield from faults(value, fields[key].type, child(path, key))
            continue
        near = get_close_matches(key[:100], fields, n=1)
        advice = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(fields)}."
        yield child(path, key), f"This key is unknown. {advice}"
    for name, field in fields.items():
        if field.required and name not in table:
            yield child(path, name), "This key is missing. Add it; policy.toml as shipped has it."


def _in_mapping(table: dict[str, object], kind: Any, path: str) -> Iterator[Fault]:
    key_kind, value_kind = get_args(kind)
    for key, value in table.items():
        yield from _in_leaf(key, key_kind, child(path, key))
        yield from faults(value, value_kind, child(path, key))


def _in_leaf(value: object, kind: Any, path: str) -> Iterator[Fault]:
    if isinstance(value, int) and value.bit_length() > 64:  # too long to print, too, perhaps
        yield path, "The number has more than 64 bits. Write a smaller one."
        return
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at `")[0]
        for theirs, ours in _WORDS.items():
            reason = reason.replace(f"`{theirs}`", ours)
        if reason.startswith("Invalid enum value"):
            reason = "This is not among the choices"
        reason = reason.replace("`", "")
        yield path, f"{reason}; it is {shown(value)}. {_remedy(kind)}".rstrip()


def _remedy(kind: Any) -> str:
    kind = _without_none(kind)
    if get_origin(kind) is Annotated:
        return next((meta.description for meta in get_args(kind)[1:] if meta.description), "")
    kind = unwrapped(kind)
    if kind is timedelta:
        return 'Write an ISO 8601 duration of days, hours, minutes and seconds, such as "PT24H".'
    if get_origin(kind) is Literal:
        return f"Use {' or '.join(shown(choice) for choice in get_args(kind))}."
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"Use one of {', '.join(shown(member.value) for member in kind)}."
    return ""
