"""Stubs of golden files: an event type with sample values, and the bytes that it is stored as.

`python -m tests.golden.stubs NAME ...` prints them; without a name, of every type that has none.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from ledger.domain.catalogue import CODEC, EVENTS
from ledger.domain.envelope import Event
from tests.golden.envelope import recorded
from tests.golden.test_golden import HERE

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def sample(of: type[Event]) -> Event:
    """An event of a type: every required field has a value of its type, times are one moment."""
    hints = get_type_hints(of)
    fields = msgspec.structs.fields(of)
    return of(
        **{each.name: _value(hints[each.name], each.name) for each in fields if each.required}
    )


def _value(of: Any, name: str) -> Any:
    origin, inner = get_origin(of), get_args(of)
    if origin is Annotated:
        return _value(inner[0], name)
    if origin in {Union, UnionType}:
        return _value(inner[0], name)
    if origin is tuple and inner[-1] is not Ellipsis:
        return tuple(_value(each, name) for each in inner)
    if origin in {tuple, list, frozenset}:
        return origin([_value(inner[0], name)])
    if origin is dict:
        return {"key": _value(inner[1], name)}
    known: dict[Any, Any] = {
        datetime: AT,
        timedelta: timedelta(hours=1),
        UUID: UUID(int=1),
        int: 1,
        float: 1.0,
        bool: True,
    }
    if of in known:
        return known[of]
    if isinstance(of, type) and issubclass(of, Enum):
        return next(iter(of))
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        hints = get_type_hints(of)
        given = [each.name for each in msgspec.structs.fields(of) if each.required]
        return of(**{each: _value(hints[each], each) for each in given})
    return name


def source(value: Any) -> str:
    """A value as Python, with the names that `other_events.py` imports."""
    match value:
        case msgspec.Struct():
            fields = ((each, getattr(value, each)) for each in value.__struct_fields__)
            given = ", ".join(
                f"{name}={source(each)}" for name, each in fields if each is not msgspec.UNSET
            )
            return f"{type(value).__name__}({given})"
        case Enum():
            return f"{type(value).__name__}.{value.name}"
        case datetime():
            return f"datetime({value.year}, {value.month}, {value.day}, {value.hour}, tzinfo=UTC)"
        case timedelta():
            return f"timedelta(seconds={value.total_seconds():g})"
        case UUID():
            return f'UUID("{value}")'
        case dict():
            return f"{{{', '.join(f'{source(k)}: {source(v)}' for k, v in value.items())}}}"
        case tuple():
            return f"({''.join(f'{source(each)}, ' for each in value)})"
        case _:
            return repr(value)


def missing() -> list[type[Event]]:
    """The types that have no golden file."""
    return [event for event in EVENTS if not (HERE / f"{event.name}.json").exists()]


def main(names: Iterable[str]) -> None:
    """Prints the stubs."""
    wanted = set(names)
    for event in EVENTS if wanted else missing():
        if not wanted or event.name in wanted:
            made = sample(event)
            print(source(made))
            print(CODEC.encode(recorded(made)).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
