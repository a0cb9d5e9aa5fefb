"""How the standards of the policy are met at the end of the month (runbook section 3)."""

from collections import Counter
from collections.abc import Iterable, Mapping

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_coverage import (
    OpenReassessment,
    ReportedClause,
    ReportedCoverage,
    ReportedStandard,
)
from consumers.risk_report.model_risks import NamedCount
from consumers.risk_report.period import Period
from ledger.domain.control import CONTROL, ControlStatus
from ledger.domain.standard import STANDARD, StandardStatus
from ledger.policy import Policy
from projections.controls import CONTROLS
from projections.engine.projection import Row
from projections.standards import STANDARDS
from projections.systems import SYSTEMS

GAP, NOBODY = "gap", "none"
"""A part of a standard without a control, and one whose controls are of no system."""
_LABELS = {
    GAP: "No control",
    **{each.value: each.label for each in ControlStatus},
    NOBODY: "No system in scope",
}
_RANK = {each: place for place, each in enumerate(_LABELS)}

Instance = tuple[str, str | None]
"""A control of a system, or of the organisation."""


def report_coverage(log: LogFold, period: Period) -> ReportedCoverage:
    """Each standard of the policy with its parts, and what is to be assessed anew."""
    policy, now = period.policy, period.until_text
    rows = log.at_end.of(CONTROLS)
    statuses = {(row["control"], row["system"]): _status(row, now).value for row in rows}
    systems = [row["system"] for row in log.at_end.of(SYSTEMS) if row["retired_at"] is None]
    records = {
        row["standard"]: row
        for row in log.at_end.of(STANDARDS)
        if row["status"] != StandardStatus.WITHDRAWN.value
    }
    standards = tuple(
        _standard(name, policy, records.get(name), systems, statuses) for name in policy.standards
    )
    owed = tuple(
        _reassessment(row, policy, now)
        for row in sorted(rows, key=lambda row: (row["reassess_by"] or "", row["leaf"]))
        if row["owed"]
    )
    return ReportedCoverage(
        clauses=sum(each.clauses for each in standards),
        gaps=sum(each.gaps for each in standards),
        standards=standards,
        open=len(owed),
        overdue=sum(each.overdue for each in owed),
        reassessments=owed,
    )


def _status(row: Row, now: str) -> ControlStatus:
    """Where a control stands by the times in its row, marked by the clock or not."""
    status = ControlStatus(row["status"])
    if row["owed"]:
        over = row["reassess_by"] < now
        return ControlStatus.REASSESSMENT_OVERDUE if over else ControlStatus.REASSESSMENT_DUE
    over = row["until"] is not None and row["until"] <= now
    return ControlStatus.EXPIRED if over and row["assessments"] else status


def _standard(
    name: str,
    policy: Policy,
    record: Row | None,
    systems: Iterable[str],
    statuses: Mapping[Instance, str],
) -> ReportedStandard:
    of = policy.standards[name]
    named = record["systems"].split("\n") if record is not None and record["systems"] else None
    scope = sorted(each for each in systems if named is None or each in named)
    rows = tuple(
        _clause(name, clause, words, policy, scope, statuses)
        for clause, words in of.clauses.items()
    )
    counts = Counter(each.status for each in rows)
    return ReportedStandard(
        standard=name,
        label=of.label,
        reference=None if record is None else reference(record["leaf"], STANDARD),
        version=None if record is None else record["version"],
        systems=len(scope),
        clauses=len(rows),
        gaps=counts[GAP],
        statuses=tuple(
            NamedCount(id=status, label=label, count=counts[status])
            for status, label in _LABELS.items()
        ),
        rows=rows,
    )


def _clause(
    standard: str,
    clause: str,
    words: str,
    policy: Policy,
    scope: list[str],
    statuses: Mapping[Instance, str],
) -> ReportedClause:
    mapped = [
        (name, control.scope == "organisation")
        for name, control in policy.controls.items()
        if clause in control.maps.get(standard, ())
    ]
    instances: list[Instance] = []
    for name, alone in mapped:
        instances += [(name, None)] if alone else [(name, system) for system in scope]
    not_assessed = ControlStatus.NOT_ASSESSED.value
    found = {statuses.get(each, not_assessed) for each in instances}
    status = min(found, key=_RANK.__getitem__, default=NOBODY) if mapped else GAP
    return ReportedClause(clause=clause, words=words, controls=len(mapped), status=status)


def _reassessment(row: Row, policy: Policy, now: str) -> OpenReassessment:
    control = policy.controls.get(row["control"])
    return OpenReassessment(
        reference=reference(row["leaf"], CONTROL),
        control=row["control"],
        words=row["control"] if control is None else control.words,
        system=row["system"],
        standards=row["standards"] or "",
        by=row["reassess_by"],
        overdue=row["reassess_by"] < now,
    )
