"""What another policy has otherwise: its values by TOML path, and its text line by line.

Both texts are taken as TOML and no more, so that a policy of an older program compares, too.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from functools import lru_cache
from typing import Any, Literal

import msgspec

from ledger.policy.parser import digest
from ledger.policy.schema_errors import child

Kind = Literal["changed", "added", "removed", "reordered"]
_NAMES = ("name", "id")
"""What the tables of an array are known by, so that one more does not move all the others."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A value that differs, by its path (`rca.due_after`, `rules[urgent].opens`).

    `before` and `after` are as TOML says them, None where there is none; of what is reordered they
    are the names.
    """

    path: str
    kind: Kind
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        match self.kind:
            case "added":
                return f"{self.path} added: {written(self.after)}"
            case "removed":
                return f"{self.path} removed; it was {written(self.before)}"
            case _:
                reordered = " reordered" if self.kind == "reordered" else ""
                return f"{self.path}{reordered}: {written(self.before)} -> {written(self.after)}"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """From one text to another: the values that differ, and a unified diff of the lines."""

    changes: tuple[Change, ...] = ()
    diff: str = ""


@lru_cache(maxsize=128)
def difference(before: str, after: str) -> Difference:
    """What `after` has otherwise; with no values in it, comments or layout alone differ."""
    changes = tuple(_in_tables(tomllib.loads(before), tomllib.loads(after), ""))
    lines = unified_diff(_lines(before), _lines(after), digest(before), digest(after))
    return Difference(changes=changes, diff="".join(lines))


def written(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{child('', key)} = {written(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)


def _in_tables(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Change]:
    for key in _either(old, new):
        yield from _at(child(path, key), old.get(key), new.get(key))


def _at(path: str, old: Any, new: Any) -> Iterator[Change]:
    """The changes of one value; TOML has no null, so None is nothing there."""
    if old is None or new is None:
        yield Change(path=path, kind="added" if old is None else "removed", before=old, after=new)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _in_tables(old, new, path)
    elif (was := _by_name(old)) and (now := _by_name(new)):
        for name in _either(was, now):
            yield from _at(f"{path}[{name}]", was.get(name), now.get(name))
        if [name for name in was if name in now] != [name for name in now if name in was]:
            yield Change(path=path, kind="reordered", before=list(was), after=list(now))
    elif old != new:
        yield Change(path=path, kind="changed", before=old, after=new)


def _by_name(value: Any) -> dict[str, Any]:
    """The tables of an array by their names; none where they have none of their own."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return {}
    for key in _NAMES:
        names = [each.get(key) for each in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(names, value, strict=True))
    return {}


def _either(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [*old, *(key for key in new if key not in old)]


def _lines(text: str) -> Sequence[str]:
    """Lines as TOML ends them; the last one may lack its end, which is said as `diff` does."""
    *lines, last = text.split("\n")
    ended = [f"{line}\n" for line in lines]
    return [*ended, f"{last}\n\\ No newline at end of file\n"] if last else ended
