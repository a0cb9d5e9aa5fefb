"""The vocabularies of controls. Source: runbook section 3 (compliance mapping)."""

from ledger.vocabulary import Labelled


class Effect(Labelled):
    """How far a control does what it is for, as it is designed or as it operates."""

    EFFECTIVE = "effective", "Effective"
    PARTLY = "partly", "Partly effective"
    NOT = "not", "Not effective"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ControlStatus(Labelled):
    """Where a control stands: what is owed first, then what its latest assessment came to."""

    REASSESSMENT_OVERDUE = "reassessment_overdue", "Re-assessment overdue"
    REASSESSMENT_DUE = "reassessment_due", "Re-assessment due"
    NOT_ASSESSED = "not_assessed", "Not assessed"
    EXPIRED = "expired", "Assessment expired"
    NOT = "not", "Not effective"
    PARTLY = "partly", "Partly effective"
    EFFECTIVE = "effective", "Effective"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    RETIRED = "retired", "System retired"
