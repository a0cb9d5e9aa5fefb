"""JMESPath expressions of a mapping, and what they are evaluated on.

An expression is evaluated on the item at hand. `$.` before it means the whole file, `$name.` the
item of the level that is called so. `{name}` in it is the name or the index of such an item, or
what a pattern found: as an identifier (`results.{task}`), as a string in backticks, or as an index.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jmespath
from jmespath.exceptions import JMESPathError

_CONTEXT = re.compile(r"\$([a-z_][a-z0-9_]*)?(?:\.|(?=\[|\s*\|)|$)")
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_INDEX = re.compile(r"\[\{[a-z_][a-z0-9_]*\}\]")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ERRORS = (JMESPathError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What JMESPath's library raises for an expression or for the data that it meets."""


class BadExpression(ValueError):
    """What is wrong with an expression."""


class Item(NamedTuple):
    """A value in a file, and where it is."""

    data: Any
    path: str


class ItemScope(NamedTuple):
    """What an expression sees: the whole file, the items of the levels, and names of their own.

    `levels` has the item at hand under "".
    """

    root: Item
    levels: Mapping[str, Item]
    names: Mapping[str, str | int]

    def inside(self, item: Item, called: str | None, names: Mapping[str, str | int]) -> "ItemScope":
        """The scope of an item of a level."""
        levels = {**self.levels, "": item}
        if called is not None:
            levels[called] = item
        return ItemScope(self.root, levels, {**self.names, **names})


class Expression(NamedTuple):
    """An expression as it was written: of which item, and what."""

    context: str | None
    text: str

    def names(self) -> set[str]:
        """The names in braces."""
        return set(_PLACE.findall(self.text))


@lru_cache(maxsize=1_024)
def parsed(text: str) -> Expression:
    """The expression that a text is. Raises BadExpression."""
    found = _CONTEXT.match(text)
    context = (found[1] or "$") if found else None
    rest = (text[found.end() :].strip() if found else text) or "@"
    if rest.startswith("|"):
        rest = f"@ {rest}"
    compiled(_PLACE.sub('"x"', _INDEX.sub("[0]", rest)))
    return Expression(context, rest)


@lru_cache(maxsize=4_096)
def compiled(text: str) -> Any:
    """The compiled JMESPath. Raises BadExpression."""
    try:
        return jmespath.compile(text)
    except _ERRORS as error:
        first = str(error).partition("\n")[0]
        raise BadExpression(f"is no JMESPath: {first[:160]}") from None


def evaluate(expression: Expression, scope: ItemScope) -> Item:
    """What an expression finds, and the path of that. Raises BadExpression."""
    at = scope.root if expression.context == "$" else scope.levels[expression.context or ""]
    text = _PLACE.sub(lambda found: _inserted(scope.names[found[1]]), expression.text)
    try:
        data = compiled(text).search(at.data)
    except _ERRORS as error:
        first = str(error).partition("\n")[0]
        raise BadExpression(f"cannot be evaluated: {first[:160]}") from None
    return Item(data, joined(at.path, text))


def filled(text: str, names: Mapping[str, str | int]) -> str:
    """A text with what stands in braces in it filled in."""
    return _PLACE.sub(lambda found: str(names.get(found[1], found[0])), text)


def names_in(text: str) -> set[str]:
    """The names in braces in a text."""
    return set(_PLACE.findall(text))


def joined(path: str, inner: str) -> str:
    """The path of something inside of a path."""
    if inner == "@":
        return path
    if not path:
        return inner
    if path.startswith("line ") and ":" not in path:
        return f"{path}: {inner}"
    return f"{path}{inner}" if inner.startswith("[") else f"{path}.{inner}"


def member(key: str | int) -> str:
    """How a path names a member."""
    if isinstance(key, int):
        return f"[{key}]"
    return key if _PLAIN.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _inserted(name: str | int) -> str:
    return str(name) if isinstance(name, int) else json.dumps(name).replace("`", "\\u0060")
