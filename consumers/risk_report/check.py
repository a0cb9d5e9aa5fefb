"""What of a report in a file differs from the one that the log gives: paths, with both values."""

import json
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, Final

import msgspec

from consumers.risk_report.files import FileText, GivenReport, read_report
from consumers.risk_report.model import RiskReport
from consumers.risk_report.publishing import canonical_bytes, digest_of
from consumers.risk_report.rendering import report_file
from ledger.errors import Invalid, NotFound

MOST_NAMED = 100
"""So many differences at most are named one by one."""
ABSENT: Final = object()
"""In the place of a value that one of two has not; no value of JSON equals it."""
AROUND = 40
"""So many characters are shown from where two pages are no longer the same."""
MakeAgain = Callable[[str, int], RiskReport]
"""Makes the report of a month up to a leaf."""


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


def check_file(content: bytes, name: str, make: MakeAgain) -> ReportCheck:
    """What of the report in a file's content differs from what the log gives.

    A month or leaf that the log has not is a difference. Raises Invalid for what is no report.
    """
    given = read_report(content)
    try:
        made = make(given.month, given.leaf)
    except (Invalid, NotFound) as error:
        at = f"{given.month}, leaf {given.leaf}"
        missing = ReportDifference(path="$.month, $.leaf", given=at, expected=error.message)
        return ReportCheck(
            file=name,
            month=given.month,
            leaf=given.leaf,
            digest="",
            ok=False,
            differing=1,
            differences=(missing,),
        )
    return check_report(given, made, name)


def check_report(given: GivenReport, made: RiskReport, file: str) -> ReportCheck:
    """Compares a file with the report that was made again at its leaf.

    A file of another program is compared as if this one had that name: the name alone is noted.
    """
    notes = list(given.notes)
    if given.program != made.program:
        notes.append(f"The file was made by {given.program}; this is {made.program}.")
        made = msgspec.structs.replace(made, program=given.program)
    digest = digest_of(made)
    found = list(differences(given.fields, json.loads(canonical_bytes(made))))
    if given.page is not None:
        expected = FileText.read(report_file(made).decode())
        found += _named_in_page(given.page, expected, digest)
        if not found and given.page.whole != expected.whole:
            found.append(_first_difference(given.page.whole, expected.whole))
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


def _first_difference(given: str, expected: str) -> ReportDifference:
    """Where two texts are no longer the same."""
    pairs = enumerate(zip_longest(given, expected))
    same = next(place for place, (one, other) in pairs if one != other)
    one, other = (text[same : same + AROUND] for text in (given, expected))
    return ReportDifference(path="the text of the file", given=one, expected=other)


def _named_in_page(page: FileText, expected: FileText, digest: str) -> Iterator[ReportDifference]:
    """What a reader of the page sees and the report does not say."""
    for path, said in expected.shown.items():
        given = page.shown.get(path, ())
        for one, other in zip_longest(given, said, fillvalue=ABSENT):
            if one != other:
                yield ReportDifference(
                    path=f"{path} (shown)", given=_said(one), expected=_said(other)
                )
    for path in page.shown.keys() - expected.shown.keys():
        [first, *_] = page.shown[path]
        yield ReportDifference(path=f"{path} (shown)", given=first, expected=_said(ABSENT))
    if page.digest != digest:
        yield ReportDifference(path="the digest (shown)", given=page.digest, expected=digest)
    if page.rest != expected.rest:
        pairs = zip_longest(page.rest, expected.rest, fillvalue=ABSENT)
        one, other = next(pair for pair in pairs if pair[0] != pair[1])
        yield ReportDifference(
            path="the words of the page", given=_said(one), expected=_said(other)
        )


def _said(value: Any) -> str:
    """A value in a line: a list or a table is told by its length."""
    match value:
        case _ if value is ABSENT:
            return "nothing"
        case str():
            return value
        case dict() | list():
            return f"{len(value)} values"
        case _:
            return msgspec.json.encode(value).decode()
