"""What the program refuses, read from its source: every error code, and every rule of `Refused`.

Nothing is imported or run, so a refusal that no test reaches is found as well.
"""

import ast
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.docs.where import ROOT

PACKAGES = ("ledger", "projections", "consumers")
REFUSED = "Refused"
RAISED = {REFUSED, "Forbidden"}
"""The classes that are raised with a rule and a message."""
UNKNOWN = "…"
"""Stands for a value that is only known when the error is raised."""


class ErrorCode(NamedTuple):
    """A class of errors with a code of its own: its name, code and docstring."""

    name: str
    code: str
    meaning: str


class Refusal(NamedTuple):
    """One place that refuses: the rule, the message and the remedy, with `UNKNOWN` for values.

    `remedy` is None where another part of the program makes it.
    """

    rule: str
    message: str
    remedy: str | None


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Every class in the source that has a `code`, in the order of the source."""
    return tuple(
        ErrorCode(each.name, code, ast.get_docstring(each) or "")
        for tree in _sources()
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef)
        for code in _codes(each)
    )


@cache
def refusals() -> tuple[Refusal, ...]:
    """Every place that refuses, by rule. Raises ValueError as `refusals_in` does."""
    found = {refusal for tree in _sources() for refusal in refusals_in(tree)}
    return tuple(sorted(found, key=lambda each: (each.rule, each.message, each.remedy or "")))


def refusals_in(tree: ast.Module) -> list[Refusal]:
    """Every place of a module that makes a `Refused`, or one of its subclasses.

    Raises ValueError for one whose rule or message is no text that stands there.
    """
    return [_refusal(call) for call in _calls(tree)]


@cache
def _sources() -> tuple[ast.Module, ...]:
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return tuple(ast.parse(file.read_text("utf-8"), str(file)) for file in files)


def _codes(of: ast.ClassDef) -> Iterator[str]:
    for line in of.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                yield code


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of `Refused`, and what its subclasses give to its constructor."""
    for each in ast.walk(tree):
        match each:
            case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                if name in RAISED:
                    yield each
            case ast.ClassDef(bases=[ast.Name(id=base)]) if base == REFUSED:
                yield from _constructors(each)


def _constructors(of: ast.ClassDef) -> Iterator[ast.Call]:
    """What a class gives to the constructor of the class above it."""
    for each in ast.walk(of):
        match each:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")
            ):
                yield each


def _refusal(call: ast.Call) -> Refusal:
    rule, message = (_text(argument) for argument in call.args)
    given = {each.arg: each.value for each in call.keywords}
    if rule is None or message is None:
        raise ValueError(f"line {call.lineno}: a refusal whose rule or message is no text there")
    return Refusal(rule, message, _text(given["remedy"]) if "remedy" in given else "")


def _text(node: ast.expr) -> str | None:
    """The text of an expression; None where it is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or UNKNOWN for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{_text(left) or UNKNOWN}{_text(right) or UNKNOWN}"
        case ast.IfExp(body=body, orelse=other):
            texts = [_text(body) or "", _text(other) or ""]
            return " Or: ".join(each for each in texts if each.strip("."))
    return None
