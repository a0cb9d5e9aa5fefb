"""The vocabularies of improvements. Source: runbook section 9 (Plan, Do, Check, Act)."""

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
    """Where an improvement stands."""

    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
