"""Checks a file: the report is made again at its leaf, here or by a server."""

from collections.abc import Callable

from consumers.risk_report.check import ReportCheck, ReportDifference, check_report
from consumers.risk_report.files import read_report
from consumers.risk_report.model import RiskReport
from ledger.errors import Invalid, NotFound

MakeAgain = Callable[[str, int], RiskReport]
"""Makes the report of a month up to a leaf."""


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
