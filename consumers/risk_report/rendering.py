"""The report as HTML: the part that every page of it has, and a file that needs nothing else."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from consumers.risk_report.model import RiskReport
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.shown import (
    Shown,
    day_shown,
    marked,
    number_shown,
    time_shown,
    word_shown,
)
from consumers.risk_report.words import HEADLINES, LABELS, Headline
from ledger.domain.catalogue import STREAMS

HERE = Path(__file__).parent / "templates"
MOST_ROWS = 500
"""So many rows of a table at most are in the page; the JSON has all."""
MOST_PRINTED = 100
"""So many of them are printed: laying out a row takes milliseconds."""
Linked = Callable[[str], str | None]
"""The address of what a reference names; None for no link."""
_PLURALS = {kind.prefix: kind.plural for kind in STREAMS if kind.prefix}
_REFERENCE = re.compile(r"([A-Z]{3})-[0-9]+")


def no_links(_: str) -> str | None:
    """For a file, which knows no server."""
    return None


def page_of(reference: str) -> str | None:
    """The path of the page of what a reference names."""
    found = _REFERENCE.fullmatch(reference)
    plural = _PLURALS.get(found[1]) if found else None
    return f"/{plural}/{reference}" if plural else None


def report_body(report: RiskReport, digest: str, linked: Linked = page_of) -> Markup:
    """The sections of the report, for a page that has a style of its own."""
    return Markup(_rendered("body.html", report, digest, linked))  # noqa: S704 (it escapes)


def report_file(report: RiskReport) -> bytes:
    """A whole HTML file: style and JSON are in it, and it loads nothing."""
    content = canonical_bytes(report)
    digest = sha256(content).hexdigest()
    text = _rendered("file.html", report, digest, no_links, data=_embedded(content))
    return text.encode("utf-8", "replace")


def report_print(report: RiskReport, digest: str) -> str:
    """A whole HTML file to print: without the JSON, whose digest it shows, and with fewer rows."""
    return _rendered("file.html", report, digest, no_links, most=MOST_PRINTED)


def _rendered(
    template: str,
    report: RiskReport,
    digest: str,
    linked: Linked,
    *,
    data: Markup | None = None,
    most: int = MOST_ROWS,
) -> str:
    def ref(value: Shown) -> Markup:
        """A reference, linked to its page where there is one."""
        text, address = marked(value, value.raw or ""), linked(value.raw or "")
        return Markup('<a class="ref" href="{}">{}</a>').format(address, text) if address else text

    return (
        _environment()
        .get_template(template)
        .render(
            report=Shown(report),
            given=report,
            digest=digest,
            headlines=HEADLINES,
            bands={each.id: each.label for each in report.risks.bands},
            statuses=_found(report),
            ref=ref,
            most=most,
            data=data,
            style=Markup((HERE / "report.css").read_text("utf-8")),  # noqa: S704 (our own)
        )
    )


def _found(report: RiskReport) -> list[int]:
    """The places of the statuses that a part of any standard has."""
    counts = [[each.count for each in of.statuses] for of in report.coverage.standards]
    return [place for place, column in enumerate(zip(*counts, strict=True)) if any(column)]


def _urgent(headlines: Sequence[Headline], summary: Shown) -> tuple[list[Headline], list[Headline]]:
    """Those that want a decision, and the others."""
    urgent = [each for each in headlines if each.bad and getattr(summary.raw, each.field)]
    return urgent, [each for each in headlines if each not in urgent]


def _embedded(content: bytes) -> Markup:
    """The canonical JSON as the content of a script element: no text of it ends the element."""
    text = content.decode()
    for each in "<>&":
        text = text.replace(each, f"\\u{ord(each):04x}")
    return Markup(text)  # noqa: S704 (nothing that HTML reads is left in it)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "at": time_shown,
        "day": day_shown,
        "number": number_shown,
        "label": word_shown,
        "urgent": _urgent,
        "having": lambda rows, name, word: [row for row in rows if getattr(row.raw, name) == word],
        "part": getattr,
        "word": lambda value, of: word_shown(value, LABELS[of]),
    }
    return environment
