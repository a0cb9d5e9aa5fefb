"""How the risks changed in the month: the current level at its begin and at its end."""

from collections import Counter

from consumers.commands.references import reference
from consumers.read_service.risk_map import Pairs, judged, standings
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_risks import ReportedMovement, RiskMove
from consumers.risk_report.period import Period
from ledger.domain.risk.kind import RISK
from ledger.domain.risk.words import RiskStatus
from projections.engine.projection import Row
from projections.risks import RISKS

IDENTIFIED, REOPENED, CLOSED = "identified", "reopened", "closed"
WORSE, BETTER, ASSESSED, NOT_COMPARED = "worse", "better", "assessed", "not_compared"
_LABELS = ("current_likelihood", "current_impact")


def report_movement(log: LogFold, period: Period) -> ReportedMovement:
    """The risks that changed, in the order of the log."""
    before, pairs = log.at_begin.by_key(RISKS), standings(period.policy.risks)
    rows = []
    for key, after in log.at_end.by_key(RISKS).items():
        then = before.get(key)
        if (change := _change(then, after, pairs)) is not None:
            rows.append(_move(then, after, change, pairs))
    changes = Counter(each.change for each in rows)
    return ReportedMovement(
        identified=changes[IDENTIFIED],
        reopened=changes[REOPENED],
        worse=changes[WORSE],
        better=changes[BETTER],
        assessed=changes[ASSESSED],
        not_compared=changes[NOT_COMPARED],
        closed=changes[CLOSED],
        rows=tuple(rows),
    )


def _change(before: Row | None, after: Row, pairs: Pairs) -> str | None:
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
    then, now = judged(before, pairs), judged(after, pairs)
    if then is None or now is None:
        same = all(before[name] == after[name] for name in _LABELS)
        return None if same else NOT_COMPARED
    if then.order == now.order:
        return None
    return WORSE if now.order > then.order else BETTER


def _move(before: Row | None, after: Row, change: str, pairs: Pairs) -> RiskMove:
    then = None if before is None else judged(before, pairs)
    now = judged(after, pairs)
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
