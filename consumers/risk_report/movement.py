"""How the risks changed in the month: the current level at its begin and at its end."""

from collections import Counter

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_risks import ReportedMovement, RiskMove
from consumers.risk_report.period import Period
from ledger.domain.risk.kind import RISK
from ledger.domain.risk.words import RiskStatus
from ledger.policy.risks import Risks
from projections.engine.projection import Row
from projections.risks import RISKS

IDENTIFIED, REOPENED, CLOSED = "identified", "reopened", "closed"
WORSE, BETTER, ASSESSED = "worse", "better", "assessed"


def report_movement(log: LogFold, period: Period) -> ReportedMovement:
    """The risks that changed, in the order of the log."""
    before, policy = log.at_begin.by_key(RISKS), period.policy.risks
    rows = []
    for key, after in log.at_end.by_key(RISKS).items():
        then = before.get(key)
        if (change := _change(then, after, policy)) is not None:
            rows.append(_move(then, after, change))
    changes = Counter(each.change for each in rows)
    return ReportedMovement(
        identified=changes[IDENTIFIED],
        reopened=changes[REOPENED],
        worse=changes[WORSE],
        better=changes[BETTER],
        assessed=changes[ASSESSED],
        closed=changes[CLOSED],
        rows=tuple(rows),
    )


def _change(before: Row | None, after: Row, policy: Risks) -> str | None:
    """What became of a risk; None for nothing. One that came and went in the month was closed."""
    was = before is not None and before["status"] == RiskStatus.OPEN.value
    if after["status"] != RiskStatus.OPEN.value:
        return CLOSED if was or before is None else None
    if before is None:
        return IDENTIFIED
    if not was:
        return REOPENED
    if before["current_band"] is None:
        return None if after["current_band"] is None else ASSESSED
    then, now = _place(before, policy), _place(after, policy)
    if then == now:
        return None
    return WORSE if now > then else BETTER


def _place(row: Row, policy: Risks) -> tuple[int, int]:
    """By which assessments are compared: the band, and within it the score."""
    rank = policy.rank_of(row["current_band"])
    return -1 if rank is None else rank, row["current_score"]


def _move(before: Row | None, after: Row, change: str) -> RiskMove:
    return RiskMove(
        reference=reference(after["leaf"], RISK),
        title=after["title"],
        system=after["system"],
        change=change,
        from_band=None if before is None else before["current_band"],
        from_score=None if before is None else before["current_score"],
        to_band=after["current_band"],
        to_score=after["current_score"],
    )
