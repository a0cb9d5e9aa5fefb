"""The incidents of the month, with the verdicts on their root cause analyses."""

from collections import Counter
from collections.abc import Mapping

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import (
    RcaOutcomes,
    ReportedIncident,
    ReportedIncidents,
)
from consumers.risk_report.model_risks import NamedCount
from consumers.risk_report.period import Period
from ledger.vocabulary import RcaState, Severity, Status, category_name
from projections.engine.projection import Row
from projections.rca_status import rca_state
from projections.register import REGISTER
from projections.values import time_text

SEVERE = frozenset({Severity.CRITICAL.value, Severity.HIGH.value})
_LEFT_OUT = frozenset({Status.DISMISSED.value, Status.MERGED.value})
_RUNNING = frozenset({RcaState.ON_TRACK, RcaState.AT_RISK})


def report_incidents(log: LogFold, period: Period) -> ReportedIncidents:
    """The incidents that were detected in the month, as they are known at the leaf."""
    now, by_key = time_text(period.known_at), log.rows.by_key(REGISTER)
    rows = sorted(
        (row for row in log.rows.of(REGISTER) if row["month"] == period.month),
        key=lambda row: row["leaf"],
    )
    counted = [row for row in rows if not row["near_miss"] and row["status"] not in _LEFT_OUT]
    states = Counter(_state(row, now) for row in counted)
    severities = Counter(row["severity"] or "" for row in counted)
    categories = Counter(row["category"] or "" for row in counted)
    return ReportedIncidents(
        total=len(counted),
        open=sum(row["status"] == Status.OPEN.value for row in counted),
        severe=sum(row["severity"] in SEVERE for row in counted),
        restricted=sum(bool(row["restricted"]) for row in counted),
        near_misses=sum(bool(row["near_miss"]) and row["status"] not in _LEFT_OUT for row in rows),
        dismissed=sum(row["status"] == Status.DISMISSED.value for row in rows),
        merged=sum(row["status"] == Status.MERGED.value for row in rows),
        severities=tuple(
            NamedCount(id=word, label=label, count=severities[word])
            for word, label in (*((each.value, each.label) for each in Severity), ("", "None yet"))
        ),
        categories=_categories(categories, period.policy.category_labels, counted),
        rca=RcaOutcomes(
            met=states[RcaState.MET],
            late=states[RcaState.MET_LATE],
            overdue=states[RcaState.BREACHED],
            running=sum(states[each] for each in _RUNNING),
            not_owed=states[RcaState.CANCELLED],
        ),
        rows=tuple(_incident(row, now, by_key) for row in rows),
    )


def _state(row: Row, now: str) -> RcaState:
    return rca_state(row, due=row["rca_due"], completed_at=row["rca_completed_at"], now=now)


def _categories(
    found: Counter[str], labels: Mapping[str, str], rows: list[Row]
) -> tuple[NamedCount, ...]:
    """Those of the policy in its order, those that it has no more, and those without one."""
    written = {row["category"]: row["category_label"] for row in rows if row["category"]}
    names = {word: label or category_name(word) for word, label in sorted(written.items())}
    names = {**labels, **{word: name for word, name in names.items() if word not in labels}}
    return tuple(
        NamedCount(id=word, label=label, count=found[word])
        for word, label in (*names.items(), ("", "Not classified yet"))
    )


def _incident(row: Row, now: str, rows: Mapping[tuple[str, ...], Row]) -> ReportedIncident:
    into = rows.get((row["merged_into"],)) if row["merged_into"] else None
    return ReportedIncident(
        reference=reference(row["leaf"]),
        id=row["incident"],
        system=row["system"],
        category=row["category"],
        severity=row["severity"],
        status=row["status"],
        near_miss=bool(row["near_miss"]),
        restricted=bool(row["restricted"]),
        detected_at=row["detected_at"],
        owner=row["owner"],
        merged_into=None if into is None else reference(into["leaf"]),
        rca_due=row["rca_due"],
        rca_completed_at=row["rca_completed_at"],
        rca_verdict=row["verdict_at_due"],
        rca_state=_state(row, now).value,
    )
