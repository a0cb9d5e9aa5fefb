"""A command's fields as people fill them in: its options, its form and its docs derive from it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from msgspec import inspect

from ledger.domain.command import NAMES, SHOWN, VOCABULARY, WRITTEN, Command

LONG_TEXT = 500
"""A text that may have more characters is written on several lines."""

WEB = "^http"
"""What the pattern of a URL begins with."""


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    URL = "url"
    PARAGRAPHS = "paragraphs"
    TEXTS = "texts"
    LABELS = "labels"
    CHOICE = "choice"
    TIME = "time"
    NUMBER = "number"
    FLAG = "flag"
    YES_NO = "yes_no"
    """A flag that may be left unsaid."""


class CommandField(NamedTuple):
    """A field of a command.

    `choices` is the vocabulary of a choice, or of the texts of a list. `names` tells what a text
    names: a stream kind, a person, the sender. `longest` is in characters, None where nothing
    limits it. `vocabulary` is that of a choice which the policy extends. `written` reads each text
    of a list that has more than texts; it raises ValueError, for people. `shown`: a form carries
    unseen what its page shows.
    """

    name: str
    kind: FieldKind
    required: bool
    help: str = ""
    choices: type[StrEnum] | None = None
    names: str = ""
    longest: int | None = None
    vocabulary: str = ""
    written: Callable[[str], Any] | None = None
    shown: bool = False

    @property
    def label(self) -> str:
        """The name in words: "Root cause"."""
        return self.name.replace("_", " ").capitalize()


def number(value: float) -> float:
    """A number for a field: an int where it is whole, which a field of int or float takes."""
    return int(value) if value.is_integer() else value


def labels(lines: Iterable[str]) -> dict[str, str]:
    """Labels from lines of NAME=VALUE. Raises ValueError, for people."""
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals and value):
            raise ValueError(f"expected NAME=VALUE, and found {line!r}")
        if found.setdefault(name, value) != value:
            raise ValueError(f"{name!r} has two values, {found[name]!r} and {value!r}")
    return found


@cache
def fields_of(body: type[Command]) -> tuple[CommandField, ...]:
    """The fields of a command. Raises TypeError for a type that nobody could fill in."""
    info = inspect.type_info(body)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{body.__name__} is no Struct")
    return tuple(_field(body, each) for each in info.fields)


def _field(body: type[Command], field: inspect.Field) -> CommandField:
    told: dict[str, Any] = {}
    every = list(_flat(field.type, told))
    kinds = [each for each in every if not isinstance(each, inspect.NoneType)]
    kind = _kind(kinds)
    if kind is FieldKind.FLAG and len(every) > len(kinds):
        kind = FieldKind.YES_NO
    if kind is None:
        raise TypeError(f"{body.__name__}.{field.name} has a type that no form or option is for")
    first = kinds[0]
    longest = first.max_length if isinstance(first, inspect.StrType) else None
    if isinstance(first, inspect.StrType) and (first.pattern or "").startswith(WEB):
        kind = FieldKind.URL
    elif kind is FieldKind.TEXT and (longest is None or longest > LONG_TEXT):
        kind = FieldKind.PARAGRAPHS
    vocabulary = told.get(VOCABULARY, "")
    if vocabulary:
        kind = FieldKind.CHOICE
    return CommandField(
        name=field.encode_name,
        kind=kind,
        required=field.required,
        help=told.get("description", ""),
        choices=_choices(first),
        names=told.get(NAMES, ""),
        longest=longest,
        vocabulary=vocabulary,
        written=told.get(WRITTEN),
        shown=told.get(SHOWN, False),
    )


def _choices(of: inspect.Type) -> type[StrEnum] | None:
    """The vocabulary of a type, or of what a list of it has."""
    items = tuple(_flat(of.item_type, {})) if isinstance(of, inspect.ListType) else (of,)
    item = items[0]
    return item.cls if isinstance(item, inspect.EnumType) else None  # type: ignore[return-value]


def _flat(of: inspect.Type, told: dict[str, Any]) -> Iterator[inspect.Type]:
    """The members of a union, or the type itself; what their metadata says goes to `told`."""
    match of:
        case inspect.Metadata():
            told.update(of.extra_json_schema or {})
            told.update(of.extra or {})
            yield from _flat(of.type, told)
        case inspect.UnionType():
            for each in of.types:
                yield from _flat(each, told)
        case _:
            yield of


def _kind(kinds: Sequence[inspect.Type]) -> FieldKind | None:
    match kinds:
        case [inspect.ListType(), *_]:
            return FieldKind.TEXTS
        case [inspect.DictType(), *_]:
            return FieldKind.LABELS
        case [inspect.StrType()]:
            return FieldKind.TEXT
        case [inspect.StrType(), inspect.ListType()]:
            return FieldKind.TEXTS
        case [inspect.EnumType()]:
            return FieldKind.CHOICE
        case [inspect.DateTimeType()]:
            return FieldKind.TIME
        case [inspect.IntType() | inspect.FloatType(), *_]:
            return FieldKind.NUMBER
        case [inspect.BoolType()]:
            return FieldKind.FLAG
        case _:
            return None
