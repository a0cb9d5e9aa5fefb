"""The objectives that were breached in the month (runbook section 4)."""

from typing import NamedTuple

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import ReportedBreach, ReportedBreaches
from consumers.risk_report.period import Period
from ledger.domain.metric import segment_text
from ledger.domain.objective import OBJECTIVE, ObjectiveBreached, ObjectiveRecovered
from projections.values import time_text


class _Breach(NamedTuple):
    """A breach, the leaf of the first event of its stream, and when it ended."""

    first: int
    event: ObjectiveBreached
    recovered_at: str | None


def report_breaches(log: LogFold, period: Period) -> ReportedBreaches:
    """The breaches that went on at a time of the month, by when they began."""
    begins, ends = time_text(period.begins), time_text(period.ends)
    found = [
        breach
        for breach in _breaches(log)
        if time_text(breach.event.at) < ends
        and (breach.recovered_at is None or breach.recovered_at >= begins)
    ]
    rows = tuple(
        _row(each, period)
        for each in sorted(found, key=lambda each: (time_text(each.event.at), each.first))
    )
    return ReportedBreaches(
        total=len(rows),
        began=sum(each.breached_at >= begins for each in rows),
        open=sum(each.recovered_at is None for each in rows),
        rows=rows,
    )


def _breaches(log: LogFold) -> list[_Breach]:
    """Every breach of the log; the next one of the same stream, or its recovery, ends it."""
    ended: list[_Breach] = []
    open_: dict[str, _Breach] = {}
    first: dict[str, int] = {}
    for recorded in log.kept:
        match recorded.event:
            case ObjectiveBreached() as event:
                stream = recorded.stream
                before = open_.pop(stream, None)
                if before is not None:
                    ended.append(before._replace(recovered_at=time_text(event.at)))
                leaf = first.setdefault(stream, recorded.leaf)
                open_[stream] = _Breach(leaf, event, None)
            case ObjectiveRecovered() as event:
                if (before := open_.pop(recorded.stream, None)) is not None:
                    ended.append(before._replace(recovered_at=time_text(event.at)))
            case _:
                pass
    return [*ended, *open_.values()]


def _row(breach: _Breach, period: Period) -> ReportedBreach:
    event, recovered = breach.event, breach.recovered_at
    return ReportedBreach(
        reference=reference(breach.first, OBJECTIVE),
        objective=event.objective,
        system=event.system,
        metric=event.metric,
        segment=segment_text(event.segment),
        rule=event.rule,
        comparison=event.comparison,
        value=event.value,
        limit=event.limit,
        unit=event.unit,
        breached_at=time_text(event.at),
        recovered_at=recovered if recovered and recovered < period.until_text else None,
    )
