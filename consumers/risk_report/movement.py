"""How the risks changed in the month: the current level at its begin and at its end."""

from collections import Counter

from consumers.commands.references import reference
from consumers.read_service.risk_movement import UNCHANGED, Judged, RiskChange, compared
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_risks import ReportedMovement, RiskMove
from consumers.risk_report.period import Period
from ledger.domain.risk.kind import RISK
from ledger.domain.risk.words import RiskStatus
from ledger.policy.risks import Risks
from projections.engine.projection import Row
from projections.risks import RISKS

IDENTIFIED, REOPENED, CLOSED = "identified", "reopened", "closed"


def report_movement(log: LogFold, period: Period) -> ReportedMovement:
    """The risks that changed, in the order of the log."""
    before, risks = log.at_begin.by_key(RISKS), period.policy.risks
    rows = []
    for key, after in log.at_end.by_key(RISKS).items():
        then = before.get(key)
        if (change := _change(risks, then, after)) is not None:
            rows.append(_move(then, after, change))
    changes = Counter(each.change for each in rows)
    return ReportedMovement(
        identified=changes[IDENTIFIED],
        reopened=changes[REOPENED],
        worse=changes[RiskChange.WORSE],
        better=changes[RiskChange.BETTER],
        assessed=changes[RiskChange.ASSESSED],
        not_compared=changes[RiskChange.NOT_COMPARED],
        closed=changes[CLOSED],
        rows=tuple(rows),
    )


def _change(risks: Risks, before: Row | None, after: Row) -> str | None:
    """What became of a risk; None for nothing. One that came and went in the month was closed."""
    was = before is not None and before["status"] == RiskStatus.OPEN.value
    if after["status"] != RiskStatus.OPEN.value:
        return CLOSED if was or before is None else None
    if before is None:
        return IDENTIFIED
    if not was:
        return REOPENED
    change = compared(risks, _judged(before), _judged(after))
    return None if change in UNCHANGED else change.value


def _judged(row: Row | None) -> Judged | None:
    """What the current assessment came to when it was made; None without one."""
    if row is None or row["current_band"] is None:
        return None
    return Judged(row["current_band"], row["current_score"], row["current_matrix"])


def _move(before: Row | None, after: Row, change: str) -> RiskMove:
    then, now = _judged(before), _judged(after)
    return RiskMove(
        reference=reference(after["leaf"], RISK),
        title=after["title"],
        system=after["system"],
        change=change,
        from_band=None if then is None else then.band,
        from_score=None if then is None else then.score,
        to_band=None if now is None else now.band,
        to_score=None if now is None else now.score,
    )
