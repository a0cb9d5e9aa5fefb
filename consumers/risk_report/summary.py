"""The numbers that the board hears first."""

from consumers.read_service.governance import GovernanceState
from consumers.risk_report.model import ReportSummary, RiskReport


def summarise(report: RiskReport) -> ReportSummary:
    """The summary of a report's sections."""
    incidents, counts, releases = report.incidents, report.counts, report.releases
    evidence, risks, moved, coverage = (
        report.evidence,
        report.risks,
        report.movement,
        report.coverage,
    )
    return ReportSummary(
        risks=risks.total,
        risks_above_tolerance=risks.above_tolerance,
        risks_not_assessed=risks.not_assessed,
        risks_worse=moved.worse,
        risks_better=moved.better,
        risks_new=moved.identified,
        acceptances_stale=report.acceptances.stale,
        acceptances_expired=report.acceptances.expired,
        acceptances_expiring=report.acceptances.expiring,
        treatments_overdue=risks.treatments_overdue,
        risk_reviews_overdue=risks.reviews_overdue,
        incidents=incidents.total,
        incidents_severe=incidents.severe,
        incidents_restricted=incidents.restricted,
        near_misses=incidents.near_misses,
        rca_late=incidents.rca.late + incidents.rca.overdue,
        systems_over_count=counts.crossed,
        reviews_open=counts.reviews_open,
        reviews_overdue=counts.reviews_overdue,
        objectives_breached=report.objectives.total,
        objectives_open=report.objectives.open,
        releases_decided=releases.decided,
        decisions_refused=releases.no_go,
        deployed_without_decision=len(releases.unapproved),
        releases_nonconforming=len(releases.nonconforming),
        actions_overdue=len(report.actions.overdue),
        actions_not_effective=len(report.actions.not_effective),
        evidence_expired=len(evidence.expired),
        evidence_expiring=len(evidence.expiring),
        governance_missing=sum(
            each.state != GovernanceState.IN_FORCE.value for each in evidence.governance
        ),
        reassessments_open=coverage.open,
        reassessments_overdue=coverage.overdue,
        clauses_without_control=coverage.gaps,
    )
