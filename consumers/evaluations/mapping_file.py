"""The form of a mapping file: which values a tool's files hold, and where.

Where a key takes a table of how to find something, a plain text is short for its usual member: a
text as it stands for `metric`, `unit` and `direction`, a JMESPath for the others. `n` may be a
number.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Path = Annotated[str, Meta(min_length=1, max_length=2_000)]
Key = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_][a-z0-9_]*$",
        description="Use small letters, digits and underscores, such as task_1.",
    ),
]


class MappedText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How something is found: the first of text, column and path that is there.

    `pattern` (RE2) takes a part of it, `words` names the table that translates it; what is in no
    table is `otherwise`, or unknown.
    """

    text: Annotated[str, Meta(max_length=500)] | None = None
    column: Name | None = None
    path: Path | None = None
    pattern: Path | None = None
    words: Name | None = None
    otherwise: Name | None = None


class MappedTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a time is found, and read.

    `format` is "iso" (ISO 8601), "s" or "ms" (since 1970), or one of `strptime`. `zone` is for
    times without an offset; without it whoever sends the file declares one.
    """

    column: Name | None = None
    path: Path | None = None
    format: Name = "iso"
    zone: Name | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list or an object whose items are looked at one by one.

    `called` names the items for `$name.` and their index or name for `{name}`. `pattern` (RE2) lets
    those pass whose name matches as a whole; its named groups are names as well. `names` has more
    of them: what is found in the item.
    """

    inside: Path = "@"
    called: Key | None = None
    pattern: Path | None = None
    names: Mapping[Key, Path] = {}


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold, else the whole file, or the value, is refused with the reason."""

    that: Path = ""
    reason: Annotated[str, Meta(max_length=300)] = ""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a value besides its number; of a shape, for all of its values.

    `segment` are labels. So are those of `apart`, where several values of a file have one name.
    """

    unit: MappedText | None = None
    direction: MappedText | None = None
    n: MappedText | None = None
    since: MappedTime | None = None
    until: MappedTime | None = None
    segment: Mapping[Name, MappedText] = {}
    apart: Mapping[Name, MappedText] = {}
    model: MappedText | None = None
    dataset_name: MappedText | None = None
    dataset_digest: MappedText | None = None
    judge_model: MappedText | None = None


class MappedValue(Circumstances, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value for each item of the innermost level that `where` lets pass.

    `over` divides: a share of a count. `take` makes one value of a list: the mean of the samples
    that have a value, n of them; or the share of those that have none. `single`: one value of a
    name is allowed, whatever its time.
    """

    each: tuple[Level, ...] = ()
    where: Path | None = None
    require: tuple[Condition, ...] = ()
    metric: MappedText | None = None
    value: MappedText | None = None
    over: MappedText | None = None
    take: Literal["mean", "share_missing"] | None = None
    single: bool = False


class Shape(Circumstances, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One form that a tool's files have: those of some versions of it. The first that fits is used.

    `when` (JMESPath) tells it from other shapes. `member` is what is read of a zip archive;
    one with `unfinished` and without `member` is of a run that did not end. `columns` names
    the columns of a file without a header; `keep` is which lines of JSON Lines are looked at.
    """

    name: Name = "file"
    format: Literal["json", "jsonl", "csv"] = "json"
    member: Name | None = None
    unfinished: Name | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    columns: tuple[Name, ...] = ()
    keep: Path | None = None
    when: Path | None = None
    require: tuple[Condition, ...] = ()
    tool_version: MappedText | None = None
    values: tuple[MappedValue, ...] = ()


class MappingFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping file as a whole. `words` are tables that translate what files say."""

    tool: Name = ""
    title: Annotated[str, Meta(max_length=300)] = ""
    words: Mapping[Name, Mapping[str, Name]] = {}
    shapes: tuple[Shape, ...] = ()


TEXTS = {"metric", "unit", "direction"}
"""Keys whose plain text is a text; that of other keys is a path."""
FOUND = {
    *("value", "over", "n", "since", "until", "model"),
    *("dataset_name", "dataset_digest", "judge_model", "tool_version"),
}

LABELS = ("segment", "apart")


def written_out(document: Any) -> Any:
    """The mapping's TOML with plain texts as the tables that they are short for."""
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        return document
    return {**document, "shapes": [_shape(each) for each in document["shapes"]]}


def _shape(table: Any) -> Any:
    if not isinstance(table, dict):
        return table
    made = _circumstances(table)
    if isinstance(values := table.get("values"), list):
        made["values"] = [_circumstances(each) for each in values]
    return made


def _circumstances(table: Any) -> Any:
    if not isinstance(table, dict):
        return table
    made = {key: _found(key, value) for key, value in table.items()}
    if isinstance(each := table.get("each"), str):
        made["each"] = [{"inside": each}]
    for key in LABELS:
        if isinstance(labels := table.get(key), dict):
            made[key] = {label: _found(key, value) for label, value in labels.items()}
    return made


def _found(key: str, value: Any) -> Any:
    if key == "n" and isinstance(value, int) and not isinstance(value, bool):
        return {"text": str(value)}
    if not isinstance(value, str) or key not in {*TEXTS, *FOUND, *LABELS}:
        return value
    return {"text" if key in TEXTS else "path": value}
