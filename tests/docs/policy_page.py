"""docs/reference/policy.md, from the policy's types and from policy.toml as shipped."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeGuard, Union, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo, fields

from ledger.policy import Policy, shipped
from ledger.policy.absent import WITHOUT
from ledger.policy.notify import TIME_OF_DAY
from tests.docs.policy_words import HEAD, MEANINGS, NAMED_BY, TAIL

_KEY = re.compile(r"([a-z_]+) = |\[+([a-z_.]+)\]+$")
_SIMPLE = {str: "string", int: "integer", float: "number", bool: "true or false"}
_SIMPLE |= {timedelta: "duration"}


class Key(NamedTuple):
    """A key by its path, and the field of the structure that holds it."""

    path: str
    field: FieldInfo


class Table(NamedTuple):
    """A table of the policy: its path, its structure and the keys that hold values."""

    path: str
    kind: type[msgspec.Struct]
    keys: list[Key]


def page() -> str:
    """The whole page."""
    return "".join([HEAD, *(part for table in tables() for part in _section(table)), TAIL])


def tables() -> list[Table]:
    """Every table of the policy, in the order of its types."""
    return list(_tables(Policy, ""))


def _tables(kind: type[msgspec.Struct], path: str) -> Iterator[Table]:
    inner: list[tuple[type[msgspec.Struct], str]] = []
    keys = []
    for field in fields(kind):
        name = f"{path}.{field.encode_name}" if path else field.encode_name
        bare = _bare(field.type)
        held = get_args(bare)[-1] if get_origin(bare) is Mapping else None
        item = get_args(bare)[0] if get_origin(bare) is tuple else None
        if _is_struct(bare):
            inner.append((bare, name))
        elif _is_struct(held):
            inner.append((held, f"{name}.<{NAMED_BY[name]}>"))
        elif _is_struct(item):
            inner.append((item, f"{name}[]"))
        else:
            keys.append(Key(name, field))
    yield Table(path, kind, keys)
    for each, name in inner:
        yield from _tables(each, name)


def _section(table: Table) -> Iterator[str]:
    if not table.keys:
        return
    yield f"\n## {_heading(table.path)}\n\n"
    intro = (getdoc(table.kind) or "").partition("\n\n")[0]
    yield f"{' '.join(intro.split())}\n"
    yield "\n| key | type | required, or what holds without it | as shipped | meaning |\n"
    yield "|---|---|---|---|---|\n"
    for key in table.keys:
        name = key.path.rsplit(".", 1)[-1]
        cells = [f"`{name}`", type_of(key.field.type), _absent(key), _value(key.path), meaning(key)]
        yield f"| {' | '.join(cells)} |\n"


def _heading(path: str) -> str:
    if not path:
        return "Top level"
    return f"[[{path[:-2]}]]" if path.endswith("[]") else f"[{path}]"


def meaning(key: Key) -> str:
    """What a key does: the comment that the shipped file has on it, else the words here."""
    return comments().get(key.path) or MEANINGS[key.path]


def comments() -> dict[str, str]:
    """The comments of policy.toml that stand above a key, by the key's path."""
    found: dict[str, str] = {}
    table, above = "", list[str]()
    for line in shipped().splitlines():
        if line.startswith("# ") and not line.startswith("# ---"):
            above.append(line.removeprefix("# "))
            continue
        if (key := _KEY.match(line)) is not None:
            table = key[2] or table
            path = key[2] or (f"{table}.{key[1]}" if table else key[1])
            if above:
                found.setdefault(path, " ".join(above))
        above = []
    return found


def type_of(hint: Any) -> str:
    """A key's type and limits in words."""
    if get_origin(hint) is Annotated:
        bare, *metas = get_args(hint)
        limits = [words for meta in metas if isinstance(meta, Meta) for words in _limits(meta)]
        return ", ".join([type_of(bare), *limits])
    if get_origin(hint) in {Union, UnionType}:
        return " or ".join(type_of(each) for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is tuple:
        return f"list of ({type_of(get_args(hint)[0])})"
    if get_origin(hint) is Mapping:
        name, held = get_args(hint)
        return f"table of ({type_of(held)}) by ({type_of(name)})"
    if get_origin(hint) is Literal:
        return " or ".join(_code(each) for each in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return " or ".join(f"`{each.value}`" for each in hint)
    return _SIMPLE[hint]


def _limits(meta: Meta) -> Iterator[str]:
    if meta.pattern is not None:
        is_time = meta.pattern == TIME_OF_DAY
        yield "from 00:00 to 23:59" if is_time else "1 to 63 lower-case letters, digits, - and _"
    if meta.max_length is not None:
        yield f"{meta.min_length or 0} to {meta.max_length} characters"
    elif meta.min_length is not None:
        yield f"at least {meta.min_length} of them"
    if meta.ge is not None and meta.le is not None:
        yield f"{meta.ge:,.0f} to {meta.le:,.0f}"


def _absent(key: Key) -> str:
    if key.field.required:
        return "required"
    return WITHOUT.get(key.path) or MEANINGS[f"without {key.path}"]


def _value(path: str) -> str:
    """What the shipped policy has there; nothing where a table can have many of its kind."""
    value: Any = tomllib.loads(shipped())
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return ""
        value = value[name]
    if isinstance(value, dict):
        return "<br>".join(f"`{name}`: {_code(each)}" for name, each in value.items()) or "empty"
    return _code(value)


def _code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _bare(hint: Any) -> Any:
    """A type without its limits and without None."""
    if get_origin(hint) in {Union, UnionType}:
        hint = next(each for each in get_args(hint) if each is not NoneType)
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
