"""The vocabularies of risks that no policy extends. Source: runbook section 3 (Risk Manager)."""

from ledger.vocabulary import Labelled


class RiskStatus(Labelled):
    """Whether a risk is on the register, or was closed."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class RiskLevel(Labelled):
    """What an assessment supposes: no controls, those that there are, or those that are planned."""

    INHERENT = "inherent", "Inherent"
    CURRENT = "current", "Current"
    RESIDUAL = "residual", "Residual"


class Treatment(Labelled):
    """What is done about a risk."""

    MITIGATE = "mitigate", "Mitigate"
    AVOID = "avoid", "Avoid"
    TRANSFER = "transfer", "Transfer"
    ACCEPT = "accept", "Accept"


class Tolerated(Labelled):
    """Whether a risk is tolerated, by its current assessment; without one it is unknown."""

    YES = "yes", "Within tolerance"
    NO = "no", "Above tolerance"
    UNKNOWN = "unknown", "Not assessed"


class RiskAcceptance(Labelled):
    """Where the acceptance of a risk stands."""

    NONE = "none", "None"
    REQUESTED = "requested", "Asked for"
    HOLDS = "holds", "Holds"
    STALE = "stale", "Stale: assessed anew"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class RiskLink(Labelled):
    """What a risk is linked with."""

    INCIDENT = "incident", "Incident"
    CONTROL = "control", "Control"
    IMPROVEMENT = "improvement", "Improvement"
    SYSTEM = "system", "System"
