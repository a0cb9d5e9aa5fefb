"""The report as a piece of evidence: its format, its kind and its bytes."""

from collections.abc import Mapping
from typing import NamedTuple

from consumers.risk_report.making import shown_report
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file
from ledger.errors import Invalid
from ledger.policy import Policy
from ledger.store.port import Store
from ledger.vocabulary import Labelled

NAME = "risk-report"
"""What it is called where it is asked for."""
KIND, OTHER = "risk_report", "other"
"""The kind of evidence that it is, and the one by a policy that has no such kind."""


class RiskReportFormat(Labelled):
    """The format of the risk report."""

    JSON = "json", "JSON"
    HTML = "html", "HTML"
    PDF = "pdf", "PDF"


MEDIA_TYPES: Mapping[RiskReportFormat, str] = {
    RiskReportFormat.JSON: "application/json",
    RiskReportFormat.HTML: "text/html",
    RiskReportFormat.PDF: "application/pdf",
}


class FiledReport(NamedTuple):
    """What is filed: its title, what it is, and its bytes."""

    title: str
    media_type: str
    content: bytes


def file_report(
    store: Store,
    month: str,
    form: RiskReportFormat,
    *,
    leaf: int | None = None,
    texts: bool = False,
) -> FiledReport:
    """Makes the report in a format; with `texts`, a PDF has the words and names of now.

    Such a file keeps them whatever is erased later. Raises Invalid, NotFound; SettingsError without
    WeasyPrint.
    """
    if texts and form is not RiskReportFormat.PDF:
        raise Invalid(
            "Only a PDF has the words of risks and the names of people.",
            errors=[("with_texts", "leave it out, or give --format pdf")],
        )
    shown = shown_report(store, month, leaf=leaf)
    report = shown.report
    match form:
        case RiskReportFormat.JSON:
            content = canonical_bytes(report)
        case RiskReportFormat.HTML:
            content = report_file(report)
        case RiskReportFormat.PDF:
            from consumers.risk_report.pdf import report_pdf

            content = report_pdf(report, shown.readable if texts else None)
    title = f"Risk report {month}, up to leaf {report.leaf}"
    return FiledReport(title, MEDIA_TYPES[form], content)


def evidence_kind(policy: Policy) -> str:
    """The kind of evidence that it is by a policy."""
    return KIND if KIND in policy.evidence.kinds else OTHER
