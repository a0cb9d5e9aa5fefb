"""docs/reference/errors.md, from the source: every error code and every rule, with its remedy."""

import re
from collections.abc import Iterator
from inspect import cleandoc
from itertools import groupby

from consumers.cli.errors import status_of
from consumers.web.problems import STATUS
from ledger import errors
from tests.docs.errors_words import CODES, HEAD, NAMES, REMEDIES, RULES, RULES_HEAD
from tests.docs.raised import ErrorCode, Refusal, error_codes, refusals


def page() -> str:
    """The whole page."""
    by_rule = groupby(refusals(), key=lambda each: each.rule)
    sections = [part for rule, found in by_rule for part in _rule(rule, list(found))]
    return "".join([HEAD, *map(_code, error_codes()), RULES_HEAD, *sections])


def _code(of: ErrorCode) -> str:
    error = getattr(errors, of.name)
    meaning = re.sub(r"\s+", " ", cleandoc(of.meaning))
    status = next((str(STATUS[each]) for each in error.__mro__ if each in STATUS), "none")
    exits = status_of(error("", "") if issubclass(error, errors.Refused) else error(""))
    return f"| `{of.code}` | {status} | {exits} | {meaning} | {CODES[of.code]} |\n"


def _rule(rule: str, found: list[Refusal]) -> Iterator[str]:
    yield f"\n### {NAMES.get(rule, rule)}\n\n{RULES[rule]}\n"
    for each in found:
        remedy = REMEDIES[rule] if each.remedy is None else each.remedy
        yield f"\n> {each.message}\n"
        yield f"\nRemedy: {remedy}\n"
