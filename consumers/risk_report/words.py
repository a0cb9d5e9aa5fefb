"""The words of the page: labels of vocabularies, and the numbers that come first."""

from collections.abc import Mapping
from typing import NamedTuple

from consumers.read_service.governance import GovernanceState
from ledger.domain.evidence.words import EvidenceStatus
from ledger.domain.improvement import CauseKind, CheckResult, ImprovementKind, ImprovementStatus
from ledger.domain.release.words import Decision
from ledger.domain.risk.words import RiskAcceptance, Tolerated, Treatment
from ledger.vocabulary import RcaState, ReviewState, Severity, Status


class Headline(NamedTuple):
    """A number of the summary: its field, its words, and the section that it is from.

    With `bad`, any but 0 is a thing to decide on.
    """

    field: str
    words: str
    section: str
    bad: bool = False


HEADLINES: tuple[Headline, ...] = (
    Headline("risks_above_tolerance", "Risks above tolerance", "above-tolerance", bad=True),
    Headline("risks_not_assessed", "Risks not assessed", "register", bad=True),
    Headline("risks_worse", "Risks that got worse", "movement", bad=True),
    Headline("acceptances_expired", "Acceptances expired", "acceptances", bad=True),
    Headline("acceptances_stale", "Acceptances stale", "acceptances", bad=True),
    Headline("treatments_overdue", "Treatments overdue", "register", bad=True),
    Headline("risk_reviews_overdue", "Reviews of risks overdue", "register", bad=True),
    Headline("reassessments_overdue", "Re-assessments overdue", "coverage", bad=True),
    Headline("rca_late", "Root cause analyses late", "incidents", bad=True),
    Headline("objectives_open", "Objectives still breached", "objectives", bad=True),
    Headline("deployed_without_decision", "Deployed without a decision", "releases", bad=True),
    Headline("releases_nonconforming", "Releases that conform no more", "releases", bad=True),
    Headline("actions_overdue", "Actions overdue", "actions", bad=True),
    Headline("actions_not_effective", "Actions without effect", "actions", bad=True),
    Headline("systems_over_count", "Systems above the monthly count", "counts", bad=True),
    Headline("reviews_overdue", "Reviews overdue", "counts", bad=True),
    Headline("evidence_expired", "Evidence expired", "evidence", bad=True),
    Headline("governance_missing", "Governance documents not in force", "evidence", bad=True),
    Headline("risks", "Risks open", "register"),
    Headline("risks_new", "Risks new in the month", "movement"),
    Headline("risks_better", "Risks that got better", "movement"),
    Headline("acceptances_expiring", "Acceptances that end soon", "acceptances"),
    Headline("reassessments_open", "Re-assessments open", "coverage"),
    Headline("clauses_without_control", "Parts of standards without a control", "coverage"),
    Headline("incidents", "Incidents", "incidents"),
    Headline("incidents_severe", "Of these critical or high", "incidents"),
    Headline("incidents_restricted", "Of these restricted", "incidents"),
    Headline("near_misses", "Near misses", "incidents"),
    Headline("objectives_breached", "Breaches of objectives", "objectives"),
    Headline("releases_decided", "Decisions on releases", "releases"),
    Headline("decisions_refused", "Of these no-go", "releases"),
    Headline("reviews_open", "Reviews open", "counts"),
    Headline("evidence_expiring", "Evidence that expires soon", "evidence"),
)
"""What the board has to hear comes first."""

_VERDICTS = {"met": "Met", "overdue": "Overdue"}
_CHANGES = {
    "identified": "New",
    "reopened": "Reopened",
    "worse": "Worse",
    "better": "Better",
    "assessed": "Assessed for the first time",
    "not_compared": "Not compared",
    "closed": "Closed",
}


LABELS: Mapping[str, Mapping[str, str]] = {
    "severity": {each.value: each.label for each in Severity},
    "status": {each.value: each.label for each in Status},
    "rca": {each.value: each.label for each in RcaState},
    "verdict": _VERDICTS,
    "review": {each.value: each.label for each in ReviewState},
    "decision": {each.value: each.label for each in Decision},
    "action": {each.value: each.label for each in ImprovementStatus},
    "action_kind": {each.value: each.label for each in ImprovementKind},
    "checked": {each.value: each.label for each in CheckResult},
    "cause": {each.value: each.label for each in CauseKind},
    "evidence": {each.value: each.label for each in EvidenceStatus},
    "governance": {each.value: each.label for each in GovernanceState},
    "tolerated": {each.value: each.label for each in Tolerated},
    "treatment": {each.value: each.label for each in Treatment},
    "acceptance": {each.value: each.label for each in RiskAcceptance},
    "change": _CHANGES,
}
"""The labels of each vocabulary, by the name that the template has for it."""
