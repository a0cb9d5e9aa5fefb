"""The columns and cells of a list in CSV, from the types of its items.

A column is a field of the item, in the order of the type. The fields of a nested structure are
columns of their own, under both names ("rca_due_at"). A list of texts is one cell, separated by
spaces; any other list or mapping is JSON.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from ledger.policy.times import time_text

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins with one of these for a formula."""


class CsvColumn(NamedTuple):
    """A column of a CSV file: its name, and the value of an item in it."""

    name: str
    value: Callable[[Any], Any]


def columns_of(kind: type[msgspec.Struct]) -> tuple[CsvColumn, ...]:
    """The columns of the items of a type."""
    found: dict[str, CsvColumn] = {}
    for column in _columns(kind, "", lambda item: item):
        name = column.name
        if name in found:
            # A nested field has the name of an outer one: rca.preliminary.at, rca.preliminary_at.
            outer, _, inner = name.rpartition("_")
            name = f"{outer}__{inner}"
        found[name] = column._replace(name=name)
    return tuple(found.values())


def mapping_columns(names: Iterable[str]) -> tuple[CsvColumn, ...]:
    """The columns of items that are mappings with these keys."""
    return tuple(CsvColumn(name, itemgetter(name)) for name in names)


def cell(value: object) -> str:
    """A value as the text of a cell; None is empty.

    A text that a spreadsheet takes for a formula gets an apostrophe before it. Numbers do not: they
    are computed by the ledger, and never texts from outside.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return time_text(value)
        case str():
            text = str(value)
        case list() | tuple() if all(isinstance(each, str) for each in value):
            text = " ".join(value)
        case _:
            text = msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(FORMULA) else text


def _columns(
    kind: type[msgspec.Struct], before: str, of: Callable[[Any], Any]
) -> Iterator[CsvColumn]:
    for field in msgspec.structs.fields(kind):
        name = f"{before}{field.encode_name}"

        def value(item: Any, field: str = field.name) -> Any:
            owner = of(item)
            found = None if owner is None else getattr(owner, field)
            return None if found is msgspec.UNSET else found

        nested = _struct_in(field.type)
        if nested is None:
            yield CsvColumn(name, value)
        else:
            yield from _columns(nested, f"{name}_", value)


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """The structure that a field holds, optional or not; None for any other type."""
    if get_origin(kind) in {list, tuple, dict}:
        return None
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None
