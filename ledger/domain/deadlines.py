"""Every deadline that the clock monitors, in one place."""

from collections.abc import Mapping

from ledger.domain.control import ASSESSMENT_EXPIRY, REASSESSMENT_DUE
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.delivery import SENDING
from ledger.domain.evidence import EVIDENCE_EXPIRY
from ledger.domain.improvement import IMPROVEMENT_CHECK, IMPROVEMENT_DUE
from ledger.domain.incident.clock import RCA
from ledger.domain.release import CONFORMITY, RELEASE_DECISION
from ledger.domain.review import REVIEW_DUE
from ledger.domain.risk import RISK_ACCEPTANCE, RISK_REVIEW, RISK_TREATMENT
from ledger.domain.staleness import STALENESS
from ledger.domain.standard import STANDARD_REVIEW
from ledger.domain.system import CLASSIFICATION_DUE

DEADLINES: tuple[DeadlineType, ...] = (
    RCA,
    STALENESS,
    REVIEW_DUE,
    CLASSIFICATION_DUE,
    SENDING,
    EVIDENCE_EXPIRY,
    RELEASE_DECISION,
    CONFORMITY,
    STANDARD_REVIEW,
    REASSESSMENT_DUE,
    ASSESSMENT_EXPIRY,
    RISK_ACCEPTANCE,
    RISK_REVIEW,
    RISK_TREATMENT,
    IMPROVEMENT_DUE,
    IMPROVEMENT_CHECK,
)
"""The registry, in the order in which they are checked."""

BY_NAME: Mapping[str, DeadlineType] = {of.name: of for of in DEADLINES}
