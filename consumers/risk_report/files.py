"""Reads a report from a file: JSON, or HTML that has the JSON in it."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple

import rfc8785

from consumers.risk_report.model import SCHEMA
from ledger.errors import Invalid, SettingsError

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})
MOST_BYTES = 128 * 1024 * 1024
"""A file that is read has at most so many: those of 100,000 risks."""


class FileText(NamedTuple):
    """What an HTML file says: `shown` by path, the digest, the JSON, and all else in order.

    A browser may read the `whole` otherwise: two files are the same where that is.
    """

    whole: str
    shown: Mapping[str, tuple[str, ...]]
    digest: str
    data: str
    rest: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "FileText":
        """What a page says."""
        reader = _PageReader()
        reader.feed(text)
        reader.close()
        shown = {path: tuple(said) for path, said in reader.shown.items()}
        return cls(text, shown, reader.digest.strip(), reader.data, tuple(reader.rest))


class GivenReport(NamedTuple):
    """A report as a file has it: its fields, the page if it is one, and what was noted."""

    fields: dict[str, Any]
    page: FileText | None = None
    notes: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The program that it says made it."""
        return str(self.fields["program"])

    @property
    def month(self) -> str:
        """The month that it says it is of."""
        return str(self.fields["month"])

    @property
    def leaf(self) -> int:
        """The leaf that it says it ends with."""
        return int(self.fields["leaf"])


def read_report(content: bytes) -> GivenReport:
    """The report in a file's content. Raises Invalid for what is none, SettingsError for a PDF."""
    if content.startswith(b"%PDF"):
        raise SettingsError(
            "A PDF is not checked itself.",
            remedy="Check the JSON whose SHA-256 it shows: airledger evidence generate risk-report "
            "--month M --leaf L makes it again.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_report("it is not UTF-8") from error
    if text.lstrip().startswith("{"):
        fields = _fields(text)
        laid_out = rfc8785.dumps(fields) != content
        notes = ("The file's bytes are not the canonical ones.",) if laid_out else ()
        return GivenReport(fields, notes=notes)
    page = FileText.read(text)
    if not page.data:
        raise _no_report("it is neither JSON nor a page that has the report in it")
    return GivenReport(_fields(page.data), page)


def _fields(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        rfc8785.dumps(found)
    except (ValueError, RecursionError) as error:
        raise _no_report(str(error)) from error
    if not isinstance(found, dict) or not isinstance(found.get("month"), str):
        raise _no_report("it names no month")
    leaf = found.get("leaf")
    if not isinstance(leaf, int) or isinstance(leaf, bool):
        raise _no_report("it names no leaf")
    if found.get("schema") != SCHEMA:
        raise _no_report(f"its form is {found.get('schema')!r}, and this program knows {SCHEMA}")
    if not isinstance(found.get("program"), str):
        raise _no_report("it names no program")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _no_report(why: str) -> Invalid:
    return Invalid(
        f"This is no risk report: {why}.",
        errors=[("FILE", "expected what airledger evidence generate risk-report made")],
    )


class _PageReader(HTMLParser):
    """Collects what a page shows, each marked value by its path."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: dict[str, list[str]] = {}
        self.digest = ""
        self.data = ""
        self.rest: list[str] = []
        self._within: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        what = ""
        if path := given.get("data-path"):
            self.shown.setdefault(path, []).append("")
            what = path
        elif tag == "script":
            what = "script" if given.get("id") == "risk-report" else ""
        elif given.get("id") == "digest":
            what = "digest"
        if what != "script":
            self.rest.append(f"<{tag} {sorted((name, value or '') for name, value in attrs)}>")
        if tag not in VOID:
            self._within.append((tag, what))

    def handle_endtag(self, tag: str) -> None:
        while self._within:
            ended, _ = self._within.pop()
            if ended == tag:
                return

    def handle_data(self, data: str) -> None:
        what = next((what for _, what in reversed(self._within) if what), "")
        if what == "script":
            self.data += data
        elif what == "digest":
            self.digest += data
        elif what:
            self.shown[what][-1] += data
        else:
            self.rest.append(data)

    def handle_comment(self, data: str) -> None:
        self.rest.append(f"<!-- {data} -->")
