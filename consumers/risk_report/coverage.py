"""How the standards of the policy are met at the end of the month (runbook section 3)."""

from collections import Counter
from collections.abc import Sequence

from consumers.commands.references import reference
from consumers.read_service.control_coverage import (
    ControlStanding,
    Standings,
    clauses_covered,
)
from consumers.read_service.controls import status_now
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
from ledger.domain.identity import control_id, system_id
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
    **{each.value: each.label for each in ControlStatus if each is not ControlStatus.RETIRED},
    NOBODY: "No system in scope",
}


def report_coverage(log: LogFold, period: Period) -> ReportedCoverage:
    """Each standard of the policy with its parts, and what is to be assessed anew."""
    policy, now = period.policy, period.until_text
    systems = [row["system"] for row in log.at_end.of(SYSTEMS) if row["retired_at"] is None]
    records = {
        row["standard"]: row
        for row in log.at_end.of(STANDARDS)
        if row["status"] != StandardStatus.WITHDRAWN.value
    }
    standings = _standings(log, now)
    standards = tuple(
        _standard(name, policy, records.get(name), systems, standings) for name in policy.standards
    )
    owed = tuple(
        _reassessment(row, policy, now)
        for row in sorted(
            log.at_end.of(CONTROLS), key=lambda row: (row["reassess_by"] or "", row["leaf"])
        )
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


def _standings(log: LogFold, now: str) -> Standings:
    """Where each control stood, by the times in its row: marked by the clock or not."""
    rows = log.at_end.by_key(CONTROLS)

    def standing(control: str, system: str | None) -> ControlStanding:
        row = rows.get((str(control_id(control, system)),))
        if row is None:
            return ControlStanding(control=control, system=system)
        return ControlStanding(control=control, system=system, status=status_now(row, now))

    return standing


def _standard(
    name: str, policy: Policy, record: Row | None, systems: Sequence[str], standings: Standings
) -> ReportedStandard:
    of = policy.standards[name]
    named = record["systems"].split("\n") if record is not None and record["systems"] else systems
    wanted = {system_id(each) for each in named}
    scope = sorted(each for each in systems if system_id(each) in wanted)
    rows = tuple(
        ReportedClause(
            clause=each.clause,
            words=each.words,
            controls=len(each.controls),
            status=GAP if each.gap else (each.status.value if each.status else NOBODY),
        )
        for each in clauses_covered(policy, name, scope, standings)
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


def _reassessment(row: Row, policy: Policy, now: str) -> OpenReassessment:
    control = policy.controls.get(row["control"])
    return OpenReassessment(
        reference=reference(row["leaf"], CONTROL),
        control=row["control"],
        words=row["control"] if control is None else control.words,
        system=row["system"],
        standards=row["standards"] or "",
        by=row["reassess_by"],
        overdue=row["reassess_by"] <= now,
    )
