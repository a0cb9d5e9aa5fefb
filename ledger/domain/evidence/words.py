"""The vocabularies of evidence. Source: runbook section 8."""

from ledger.vocabulary import Labelled


class EvidenceStatus(Labelled):
    """Where a piece of evidence stands, the first that applies."""

    WITHDRAWN = "withdrawn", "Withdrawn"
    SUPERSEDED = "superseded", "Superseded"
    EXPIRED = "expired", "Expired"
    FILED = "filed", "Filed"


class CardVerdict(Labelled):
    """Whether a card is complete."""

    COMPLETE = "complete", "Complete"
    INCOMPLETE = "incomplete", "Incomplete"
    UNDECIDED = "undecided", "Undecided"


class Approval(Labelled):
    """What the approvals of a piece of evidence come to; only the first counts as an approval."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    UNDECIDED = "undecided", "Undecided"
