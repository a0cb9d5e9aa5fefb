"""The report as PDF, by WeasyPrint: an optional extra, which costs a text layout engine."""

from typing import Any, NoReturn

from consumers.risk_report.model import RiskReport
from consumers.risk_report.publishing import digest_of
from consumers.risk_report.rendering import report_print
from ledger.errors import SettingsError

_REMEDY = (
    "Install it: make pdf in a clone, else pip install 'airledger[pdf]'; and on Debian or Ubuntu "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core. "
    "Or take --format html, and print that to PDF."
)


def report_pdf(report: RiskReport, readable: RiskReport | None = None) -> bytes:
    """The PDF of the report's page; with `readable`, that is what people read in it.

    The digest is that of the report. Raises SettingsError where WeasyPrint is not installed.
    """
    html = _html_type()
    printed = report_print(readable or report, digest_of(report))
    document = html(string=printed, url_fetcher=_refuse)
    found: bytes = document.write_pdf(pdf_identifier=report.policy.encode())
    return found


def _html_type() -> Any:
    try:
        from weasyprint import HTML
    except ImportError as error:
        raise SettingsError("A PDF needs WeasyPrint.", remedy=_REMEDY) from error
    except OSError as error:  # a library of Pango is not there
        raise SettingsError(
            f"WeasyPrint does not find a library: {str(error).partition(chr(10))[0]}",
            remedy=_REMEDY,
        ) from error
    return HTML


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"the report loads nothing, and not {url}")
