"""A mapping's text: its digest, and reading it with every fault named by its path."""
# The bindings of google-re2 carry no types.
# mypy: disable-error-code="import-untyped,import-not-found"

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec
import re2

from consumers.evaluations.expressions import BadExpression, names_in, parsed
from consumers.evaluations.mapping_file import (
    LABELS,
    Condition,
    MappedText,
    MappedTime,
    MappedValue,
    MappingFile,
    Shape,
    written_out,
)
from ledger.errors import Invalid
from ledger.policy.schema_errors import Fault, child, faults
from ledger.policy.zones import zone_fault

MAX_BYTES = 64 * 1024
_MOST_FAULTS = 50
_LOOKED_INTO = msgspec.json.Decoder(MappingFile)
"""Two threads that are the first to look into a nested Struct end the process (msgspec 0.22): so
this one is looked into here, before there are two."""
_CIRCUMSTANCES = (
    *("unit", "direction", "n", "since", "until"),
    *("model", "dataset_name", "dataset_digest", "judge_model"),
)
_REMEDY = "docs/how-to/import-evaluations.md describes every key."


class EvaluationMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping that was checked, and the SHA-256 of its text in hex."""

    file: MappingFile
    digest: str


def parse_mapping(text: str) -> EvaluationMapping:
    """The mapping that a TOML text says.

    Raises Invalid; its `errors` pair the path of each fault, such as `shapes[0].values[2].metric`,
    with what is wrong and the remedy.
    """
    encoded = text.encode(errors="replace")
    if len(encoded) > MAX_BYTES:
        raise _invalid([("", f"It has {len(encoded)} bytes of at most {MAX_BYTES}.")])
    try:
        document = written_out(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise _invalid([("", f"It is no TOML: {error}.")]) from None
    if found := list(islice(faults(document, MappingFile), _MOST_FAULTS)):
        raise _invalid(found)
    file = msgspec.convert(document, MappingFile, strict=True)
    if found := list(islice(_check(file), _MOST_FAULTS)):
        raise _invalid(found)
    return EvaluationMapping(file=file, digest=sha256(encoded).hexdigest())


def _invalid(found: list[Fault]) -> Invalid:
    path, what = found[0]
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    where = f"{path}: " if path else ""
    return Invalid(f"The mapping is not valid. {where}{what}{more}", errors=found, remedy=_REMEDY)


def _check(file: MappingFile) -> Iterator[Fault]:
    if not file.tool:
        yield "tool", 'This key is missing. Name the tool, such as tool = "nightly-check".'
    if not file.shapes:
        yield "shapes", "There is no shape. Add [[shapes]] with a format and its values."
    for index, shape in enumerate(file.shapes):
        yield from _check_shape(shape, f"shapes[{index}]", set(file.words))


def _check_shape(shape: Shape, path: str, words: set[str]) -> Iterator[Fault]:
    if not shape.values:
        yield child(path, "values"), "There is no value. Add [[shapes.values]]."
    if shape.columns and shape.format != "csv":
        yield child(path, "columns"), "Only a CSV file has columns. Leave them out."
    for key in ("when", "keep"):
        if (expression := getattr(shape, key)) is not None:
            yield from _check_path(expression, child(path, key), set(), set())
    yield from _check_conditions(shape.require, path, set(), set())
    yield from _check_found(shape.tool_version, child(path, "tool_version"), set(), set(), words)
    for index, value in enumerate(shape.values):
        yield from _check_value(shape, value, f"{path}.values[{index}]", words)


def _check_value(shape: Shape, value: MappedValue, path: str, words: set[str]) -> Iterator[Fault]:
    called: set[str] = set()
    names: set[str] = set()
    for index, level in enumerate(value.each):
        at = f"{path}.each[{index}]"
        yield from _check_path(level.inside, child(at, "inside"), called, names)
        if level.called is not None:
            called.add(level.called)
            names.add(level.called)
        if level.pattern is not None:
            yield from _check_pattern(level.pattern, child(at, "pattern"))
            names.update(_groups(level.pattern))
        for name, inner in level.names.items():
            yield from _check_path(inner, child(child(at, "names"), name), called, names)
        names.update(level.names)
    if value.where is not None:
        yield from _check_path(value.where, child(path, "where"), called, names)
    yield from _check_conditions(value.require, path, called, names)
    for key in ("metric", "value"):
        if getattr(value, key) is None:
            yield child(path, key), "This key is missing. Every value has a metric and a value."
    if value.over is not None and value.take is not None:
        yield child(path, "over"), "A value has either `over` or `take`. Leave one of them out."
    for key in ("metric", "value", "over", *_CIRCUMSTANCES):
        found = getattr(value, key) or getattr(shape, key, None)
        yield from _check_found(found, child(path, key), called, names, words)
    for key in LABELS:
        for label, found in {**getattr(shape, key), **getattr(value, key)}.items():
            at = child(child(path, key), label)
            yield from _check_found(found, at, called, names, words)


def _check_conditions(
    conditions: tuple[Condition, ...], path: str, called: set[str], names: set[str]
) -> Iterator[Fault]:
    for index, each in enumerate(conditions):
        at = f"{path}.require[{index}]"
        yield from _check_path(each.that, child(at, "that"), called, names)
        if not each.reason:
            yield child(at, "reason"), "This key is missing. Say why it is refused."


def _check_found(
    found: MappedText | MappedTime | None,
    path: str,
    called: set[str],
    names: set[str],
    words: set[str],
) -> Iterator[Fault]:
    if found is None:
        return
    text = found.text if isinstance(found, MappedText) else None
    if sum(each is not None for each in (text, found.column, found.path)) != 1:
        yield path, "It needs one of text, column and path, and only one."
    if found.path is not None:
        yield from _check_path(found.path, path, called, names)
    if unknown := names_in(text or "") - names:
        yield path, f"{{{min(unknown)}}} is not the name of a level or of a group of a pattern."
    if isinstance(found, MappedTime):
        if found.zone is not None:
            yield from zone_fault(child(path, "zone"), found.zone)
        if found.format not in {"iso", "s", "ms"} and "%" not in found.format:
            yield child(path, "format"), 'Use "iso", "s", "ms", or a form such as "%d.%m.%Y %H:%M".'
        return
    if found.pattern is not None:
        yield from _check_pattern(found.pattern, child(path, "pattern"))
    if found.words is not None and found.words not in words:
        yield child(path, "words"), f"There is no table [words.{found.words}]. Add it."


def _check_path(text: str, path: str, called: set[str], names: set[str]) -> Iterator[Fault]:
    try:
        expression = parsed(text)
    except BadExpression as error:
        yield path, f"{text!r} {error}."
        return
    if expression.context not in {None, "$", *called}:
        yield path, f"${expression.context} is not the name of a level."
    if unknown := expression.names() - names:
        yield path, f"{{{min(unknown)}}} is not the name of a level or of a group of a pattern."


def _check_pattern(pattern: str, path: str) -> Iterator[Fault]:
    try:
        matcher(pattern)
    except re2.error as error:
        yield path, f"{pattern!r} is no regular expression of RE2: {error}."


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Any:
    """The compiled pattern, of RE2: it takes time linear in what it is matched with."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def matched(pattern: str, text: str) -> Any | None:
    """The match of a pattern with a whole text, in which lone surrogates are question marks."""
    return matcher(pattern).fullmatch(text.encode(errors="replace").decode())


def _groups(pattern: str) -> set[str]:
    try:
        return set(matcher(pattern).groupindex)
    except re2.error:
        return set()
