"""The improvements whose due time is over (runbook section 9)."""

from collections import Counter
from datetime import datetime

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import ReportedAction, ReportedActions
from consumers.risk_report.model_risks import NamedCount
from consumers.risk_report.period import Period
from ledger.domain.improvement import IMPROVEMENT, CauseKind, ImprovementStatus
from ledger.domain.incident.kind import INCIDENT
from projections.engine.projection import Row
from projections.improvements import IMPROVEMENTS
from projections.values import is_over


def report_actions(log: LogFold, period: Period) -> ReportedActions:
    """The improvements as they stood at the end of the month; the longest overdue comes first."""
    rows = log.at_end.of(IMPROVEMENTS)
    statuses = Counter(row["status"] for row in rows)
    now = period.until_text
    overdue = [row for row in rows if _is_owed(row) and is_over(row["due"], now)]
    return ReportedActions(
        total=len(rows),
        statuses=tuple(
            NamedCount(id=each.value, label=each.label, count=statuses[each.value])
            for each in ImprovementStatus
        ),
        overdue=tuple(
            _action(row, period)
            for row in sorted(overdue, key=lambda row: (row["due"], row["leaf"]))
        ),
        not_effective=tuple(
            _action(row, period)
            for row in rows
            if row["status"] == ImprovementStatus.NOT_EFFECTIVE.value
        ),
    )


def _action(row: Row, period: Period) -> ReportedAction:
    return ReportedAction(
        reference=reference(row["leaf"], IMPROVEMENT),
        id=row["improvement"],
        title=None if _tells_of_incident(row) else row["title"],
        system=row["system"],
        action_kind=row["improvement_kind"],
        status=row["status"],
        cause=row["cause"],
        cause_ref=row["cause_ref"],
        owner=row["owner"],
        due=row["due"],
        days_late=_days_late(row, period),
        checked=row["checked"],
        recurrences=row["recurrences"],
    )


def _tells_of_incident(row: Row) -> bool:
    """Whether an incident is behind it, which may be restricted: any reader gets a report."""
    named = (row["cause_ref"] or "").lower()
    return bool(
        row["cause"] == CauseKind.INCIDENT.value
        or named.startswith((f"{INCIDENT.kind}/", f"{INCIDENT.prefix}-".lower()))
    )


def _is_owed(row: Row) -> bool:
    """Whether it is to be done: accepted, and not done yet."""
    return bool(row["status"] == ImprovementStatus.ACCEPTED.value)


def _days_late(row: Row, period: Period) -> int:
    """The whole days since its due time; none of what is not owed."""
    if not _is_owed(row) or row["due"] is None:
        return 0
    return max((period.until - datetime.fromisoformat(row["due"])).days, 0)
