"""The vocabularies of improvements. Source: runbook section 9 (Plan, Do, Check, Act)."""

from collections.abc import Mapping

from ledger.vocabulary import Labelled


class ImprovementKind(Labelled):
    """What an improvement is for."""

    DRIFT = "drift", "Drift"
    RISK = "risk", "Risk"
    ENHANCEMENT = "enhancement", "Enhancement"
    CORRECTIVE = "corrective", "Corrective action"


class CauseKind(Labelled):
    """Why an improvement is proposed."""

    TRIGGER = "trigger", "A trigger fired"
    INCIDENT = "incident", "An incident"
    REVIEW = "review", "A review"
    RISK = "risk", "A risk"
    CONDITION = "condition", "A condition of a decision"
    AUDIT = "audit", "An audit"
    PERSON = "person", "Proposed by a person"


class ImprovementStatus(Labelled):
    """Where an improvement stands.

    Plan is proposed, Do is accepted, Check is done, Act is the rest until it is closed.
    """

    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    DONE = "done", "Done"
    EFFECTIVE = "effective", "Effective"
    NOT_EFFECTIVE = "not_effective", "Not effective"
    ACTED = "acted", "Acted on"
    CLOSED = "closed", "Closed"
    REJECTED = "rejected", "Rejected"


class PdcaColumn(Labelled):
    """The phases of an improvement."""

    PLAN = "plan", "Plan"
    DO = "do", "Do"
    CHECK = "check", "Check"
    ACT = "act", "Act"


COLUMN_OF: Mapping[ImprovementStatus, PdcaColumn] = {
    ImprovementStatus.PROPOSED: PdcaColumn.PLAN,
    ImprovementStatus.ACCEPTED: PdcaColumn.DO,
    ImprovementStatus.DONE: PdcaColumn.CHECK,
    ImprovementStatus.EFFECTIVE: PdcaColumn.ACT,
    ImprovementStatus.NOT_EFFECTIVE: PdcaColumn.ACT,
    ImprovementStatus.ACTED: PdcaColumn.ACT,
}
"""The column of a status; what is closed or rejected is in none."""


class CriterionKind(Labelled):
    """By what an improvement is known to have had an effect."""

    METRIC = "metric", "A metric meets a target"
    EVIDENCE = "evidence", "Approved evidence"
    NO_RECURRENCE = "no_recurrence", "It does not happen again"


class Comparing(Labelled):
    """How a measurement is compared with a target."""

    LESS = "less", "less than"
    AT_MOST = "at_most", "at most"
    MORE = "more", "more than"
    AT_LEAST = "at_least", "at least"


class CheckResult(Labelled):
    """What a check of an improvement came to."""

    EFFECTIVE = "effective", "Effective"
    NOT_EFFECTIVE = "not_effective", "Not effective"
    INCONCLUSIVE = "inconclusive", "Inconclusive"


class UpdateKind(Labelled):
    """What is updated by what was learnt."""

    POLICY = "policy", "Policy"
    DOCUMENTATION = "documentation", "Documentation"
    TRAINING = "training", "Training"
    PLAYBOOK = "playbook", "Playbook"
