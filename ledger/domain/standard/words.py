"""The vocabularies of standards. Source: runbook section 3 (compliance mapping)."""

from ledger.vocabulary import Labelled


class StandardKind(Labelled):
    """What a standard is."""

    LAW = "law", "Law"
    STANDARD = "standard", "Standard"


class StandardStatus(Labelled):
    """Where a standard stands, the first that applies."""

    WITHDRAWN = "withdrawn", "Withdrawn"
    REVIEW_OVERDUE = "review_overdue", "Review overdue"
    IN_USE = "in_use", "In use"
