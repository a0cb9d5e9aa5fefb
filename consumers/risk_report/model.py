"""What the risk report says. Times are RFC 3339 in UTC, durations whole days, ids as in the log.

Texts beside the log stand in it as "[text <id>]": who may read them does so in the ledger. There
are no titles of incidents: one that is restricted later would be told by every report of before.
Persons are opaque ids.
"""

from msgspec import Struct

from consumers.risk_report.model_coverage import ReportedCoverage
from consumers.risk_report.model_risks import (
    NamedCount,
    ReportedAcceptances,
    ReportedHeatMap,
    ReportedMovement,
    ReportedRisks,
)

SCHEMA = "airledger.risk-report/1"
"""The form of the report. One of another form is checked by the program that made it."""


class ReportSummary(Struct, frozen=True, kw_only=True):
    """The numbers that the board hears first; each is one of a section, named by its prefix.

    `rca_late` are analyses of the month's incidents that were not complete when they were due.
    `decisions_refused` are decisions of no-go.
    """

    risks: int
    risks_above_tolerance: int
    risks_not_assessed: int
    risks_worse: int
    risks_better: int
    risks_new: int
    acceptances_stale: int
    acceptances_expired: int
    acceptances_expiring: int
    treatments_overdue: int
    risk_reviews_overdue: int
    incidents: int
    incidents_severe: int
    incidents_restricted: int
    near_misses: int
    rca_late: int
    systems_over_count: int
    reviews_open: int
    reviews_overdue: int
    objectives_breached: int
    objectives_open: int
    releases_decided: int
    decisions_refused: int
    deployed_without_decision: int
    releases_nonconforming: int
    actions_overdue: int
    actions_not_effective: int
    evidence_expired: int
    evidence_expiring: int
    governance_missing: int
    reassessments_open: int
    reassessments_overdue: int
    clauses_without_control: int


class ReportedIncident(Struct, frozen=True, kw_only=True):
    """An incident that was detected in the month, as it is known at the leaf.

    `rca_verdict` is met or overdue: what was on record when the analysis was due, or at its
    completion before that; None while there is none. `rca_state` is where the analysis stands.
    """

    reference: str
    id: str
    system: str
    category: str | None
    severity: str | None
    status: str
    near_miss: bool
    restricted: bool
    detected_at: str
    owner: str | None
    merged_into: str | None
    rca_due: str
    rca_completed_at: str | None
    rca_verdict: str | None
    rca_state: str


class RcaOutcomes(Struct, frozen=True, kw_only=True):
    """The analyses that the month's incidents owe, by where they stand at the leaf.

    `overdue` are not complete and past their time, `running` are neither complete nor past it.
    """

    met: int
    late: int
    overdue: int
    running: int
    not_owed: int


class ReportedIncidents(Struct, frozen=True, kw_only=True):
    """The incidents of the month.

    `total` leaves out near misses, and what was dismissed or merged; severities, categories and
    analyses are of these. `rows` are all of them, in the order of the log.
    """

    total: int
    open: int
    severe: int
    restricted: int
    near_misses: int
    dismissed: int
    merged: int
    severities: tuple[NamedCount, ...]
    categories: tuple[NamedCount, ...]
    rca: RcaOutcomes
    rows: tuple[ReportedIncident, ...]


class ReportedCount(Struct, frozen=True, kw_only=True):
    """The month's count of a system; `review` is that of the month, if it was launched."""

    system: str
    count: int
    near_misses: int
    threshold: int
    crossed: bool
    review: str | None


class ReportedReview(Struct, frozen=True, kw_only=True):
    """A review of this month, or one of before that was open in it, as it stood at `until`."""

    reference: str
    id: str
    month: str
    system: str
    count: int
    threshold: int
    state: str
    owner: str | None
    due: str | None
    concluded_at: str | None


class ReportedCounts(Struct, frozen=True, kw_only=True):
    """The monthly counts and their reviews. `crossed` systems have more incidents than they may."""

    crossed: int
    reviews_open: int
    reviews_overdue: int
    systems: tuple[ReportedCount, ...]
    reviews: tuple[ReportedReview, ...]


class ReportedBreach(Struct, frozen=True, kw_only=True):
    """A breach of an objective that went on in the month: what was found against what is allowed.

    `value` and `limit` are what was compared: a value with the target, or a burn rate with the rate
    allowed. `recovered_at` is None where it went on at `until`.
    """

    reference: str
    objective: str
    system: str
    metric: str
    segment: str
    rule: str
    comparison: str
    value: float
    limit: float
    unit: str
    breached_at: str
    recovered_at: str | None


class ReportedBreaches(Struct, frozen=True, kw_only=True):
    """The breaches that went on in the month: those that `began` in it, and those still `open`."""

    total: int
    began: int
    open: int
    rows: tuple[ReportedBreach, ...]


class ReportedDecision(Struct, frozen=True, kw_only=True):
    """A decision on a release, with how many requirements came to what."""

    reference: str
    system: str
    version: str
    environment: str
    change_class: str
    decision: str
    person: str
    decided_at: str
    passed: int
    waived: int
    undecided: int
    failed: int
    not_applicable: int
    conditions: int


class ReportedDeployment(Struct, frozen=True, kw_only=True):
    """A deployment in the month that nobody had approved; `reason` is the ledger's."""

    reference: str
    system: str
    version: str
    environment: str
    deployed_at: str
    reason: str | None


class NonconformingRelease(Struct, frozen=True, kw_only=True):
    """What ran at `until` though requirements passed no more."""

    reference: str
    system: str
    version: str
    environment: str
    requirements: tuple[str, ...]


class ReportedReleases(Struct, frozen=True, kw_only=True):
    """The decisions of the month, what was deployed without one, and what conforms no more."""

    decided: int
    go: int
    no_go: int
    decisions: tuple[ReportedDecision, ...]
    unapproved: tuple[ReportedDeployment, ...]
    nonconforming: tuple[NonconformingRelease, ...]


class ReportedAction(Struct, frozen=True, kw_only=True):
    """An improvement as it stood at `until`; `days_late` are whole days after its due time.

    `title` is None where it was proposed from an incident, whose texts may be restricted. `cause`
    says why it was proposed, `cause_ref` from what. `checked` is what the newest check came to,
    `recurrences` counts the incidents as which it happened again.
    """

    reference: str
    id: str
    title: str | None
    system: str
    action_kind: str
    status: str
    cause: str
    cause_ref: str | None
    owner: str | None
    due: str | None
    days_late: int
    checked: str | None
    recurrences: int


class ReportedActions(Struct, frozen=True, kw_only=True):
    """The improvements at `until`: how many stand where, those whose due time is over, and those
    that had no effect, or happened again."""

    total: int
    statuses: tuple[NamedCount, ...]
    overdue: tuple[ReportedAction, ...]
    not_effective: tuple[ReportedAction, ...]


class ReportedDocument(Struct, frozen=True, kw_only=True):
    """A piece of evidence as it stood at `until`; `approved` are the roles that approved it."""

    reference: str
    id: str
    kind: str
    title: str
    system: str | None
    status: str
    approved: tuple[str, ...]
    valid_until: str | None


class ReportedGovernance(Struct, frozen=True, kw_only=True):
    """A document that governance rests on: the one approved last, else the newest of its kind.

    `state` is where it stands, as on the page of governance; in_force alone is as it should be.
    """

    kind: str
    label: str
    state: str
    reference: str | None
    approved: tuple[str, ...]
    valid_until: str | None


class ReportedEvidence(Struct, frozen=True, kw_only=True):
    """Evidence that expired in the month, and that expires within `days` after `until`.

    `governance` are the charter and the RACI matrix.
    """

    days: int
    expired: tuple[ReportedDocument, ...]
    expiring: tuple[ReportedDocument, ...]
    governance: tuple[ReportedGovernance, ...]


class RiskReport(Struct, frozen=True, kw_only=True):
    """The risk report of a `month` in `zone`, from `begins` to `ends`.

    It is of the log named `origin`, up to `leaf`, which was recorded at `known_at`; the log begins
    at `began_at`. What stands is as it was at `until`, by what was recorded before: the end of the
    month, or `known_at` where the month is not over (`complete` is false then). What happened in
    the month is as it is known at the leaf. `policy` is the digest of the policy in force at
    `until`.
    """

    schema: str
    program: str
    origin: str
    leaf: int
    month: str
    zone: str
    begins: str
    ends: str
    until: str
    complete: bool
    known_at: str
    began_at: str
    policy: str
    summary: ReportSummary
    risks: ReportedRisks
    heat_map: ReportedHeatMap
    movement: ReportedMovement
    acceptances: ReportedAcceptances
    incidents: ReportedIncidents
    counts: ReportedCounts
    objectives: ReportedBreaches
    releases: ReportedReleases
    actions: ReportedActions
    evidence: ReportedEvidence
    coverage: ReportedCoverage
