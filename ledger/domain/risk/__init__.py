"""Risks: identified, assessed by the policy's matrix, treated or accepted, reviewed, closed.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from ledger.domain.risk.decide import decide
from ledger.domain.risk.describing import describe
from ledger.domain.risk.kind import RISK, RISK_ACCEPTANCE, RISK_REVIEW, RISK_TREATMENT
from ledger.domain.risk.state import (
    AskedAcceptance,
    ChosenTreatment,
    GivenAcceptance,
    LinkedTo,
    Risk,
    RiskAssessment,
    evolve,
    link_of,
)
from ledger.domain.risk.words import (
    RiskAcceptance,
    RiskLevel,
    RiskLink,
    RiskStatus,
    Tolerated,
    Treatment,
)

__all__ = [
    "RISK",
    "RISK_ACCEPTANCE",
    "RISK_REVIEW",
    "RISK_TREATMENT",
    "AskedAcceptance",
    "ChosenTreatment",
    "GivenAcceptance",
    "LinkedTo",
    "Risk",
    "RiskAcceptance",
    "RiskAssessment",
    "RiskLevel",
    "RiskLink",
    "RiskStatus",
    "Tolerated",
    "Treatment",
    "decide",
    "describe",
    "evolve",
    "link_of",
]
