"""What of a report in a file differs from the one that the log gives: paths, with both values."""

import json
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from consumers.risk_report.files import FileText, GivenReport
from consumers.risk_report.model import RiskReport
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file

MOST_NAMED = 100
"""So many differences at most are named one by one."""
ABSENT = "absent"


class ReportDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is another one: where it stands, what the file says, what the log gives.

    `path` is that in the JSON; behind it stands "(shown)" where the page alone says otherwise.
    """

    path: str
    given: str
    expected: str


class ReportCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to. `differences` are the first 100 of `differing`.

    `notes` are what is no difference of the report: another program, another layout of the file.
    """

    file: str
    month: str
    leaf: int
    digest: str
    ok: bool
    differing: int
    differences: tuple[ReportDifference, ...]
    notes: tuple[str, ...] = ()


def differences(given: Any, expected: Any, path: str = "$") -> Iterator[ReportDifference]:
    """Every value of JSON that is not the expected one, in the order of the expected."""
    match given, expected:
        case dict(), dict():
            for name in (*expected, *(each for each in given if each not in expected)):
                yield from differences(
                    given.get(name, ABSENT), expected.get(name, ABSENT), f"{path}.{name}"
                )
        case list(), list():
            pairs = zip_longest(given, expected, fillvalue=ABSENT)
            for place, (one, other) in enumerate(pairs):
                yield from differences(one, other, f"{path}[{place}]")
        case _ if given != expected or isinstance(given, bool) != isinstance(expected, bool):
            yield ReportDifference(path=path, given=_said(given), expected=_said(expected))
        case _:
            pass


def check_report(given: GivenReport, made: RiskReport, file: str, digest: str) -> ReportCheck:
    """Compares a file with the report that was made again at its leaf."""
    expected = json.loads(canonical_bytes(made))
    notes = list(given.notes)
    if (program := given.fields.get("program")) != made.program:
        notes.append(f"The file was made by {program}; this is {made.program}.")
    found = list(differences({**given.fields, "program": made.program}, expected))
    if given.page is not None:
        found += _of_page(given.page, made, digest, same_program=program == made.program)
    return ReportCheck(
        file=file,
        month=made.month,
        leaf=made.leaf,
        digest=digest,
        ok=not found,
        differing=len(found),
        differences=tuple(found[:MOST_NAMED]),
        notes=tuple(notes),
    )


def _of_page(
    page: FileText, made: RiskReport, digest: str, *, same_program: bool
) -> Iterable[ReportDifference]:
    """What a reader of the page sees and the report does not say."""
    whole = report_file(made).decode()
    expected = FileText.read(whole)
    for path, said in expected.shown.items():
        given = page.shown.get(path, ())
        for one, other in zip_longest(given, said, fillvalue=ABSENT):
            if one != other:
                yield ReportDifference(path=f"{path} (shown)", given=one, expected=other)
    for path in page.shown.keys() - expected.shown.keys():
        yield ReportDifference(path=f"{path} (shown)", given=page.shown[path][0], expected=ABSENT)
    if page.digest != digest:
        yield ReportDifference(path="the digest (shown)", given=page.digest, expected=digest)
    if same_program and page.rest != expected.rest:
        pairs = zip_longest(page.rest, expected.rest, fillvalue=ABSENT)
        one, other = next(pair for pair in pairs if pair[0] != pair[1])
        yield ReportDifference(path="the words of the page", given=one, expected=other)


def _said(value: Any) -> str:
    """A value in a line: a list or a table is told by its length."""
    match value:
        case str():
            return value
        case dict() | list():
            return f"{len(value)} values"
        case _:
            return msgspec.json.encode(value).decode()
