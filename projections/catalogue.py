"""The registry of projections."""

from projections.alerts import ALERTS
from projections.breaches import BREACHES
from projections.controls import CONTROLS
from projections.coverage import COVERAGE
from projections.deliveries import DELIVERIES
from projections.evidence import EVIDENCE
from projections.improvements import IMPROVEMENTS
from projections.incident_alerts import INCIDENT_ALERTS
from projections.incident_words import INCIDENT_WORDS
from projections.measurements import MEASUREMENTS
from projections.monthly_count import MONTHLY_COUNT
from projections.rca_sla import RCA_SLA
from projections.readings import READINGS
from projections.register import REGISTER
from projections.releases import RELEASES
from projections.reviews import REVIEWS
from projections.risk_assessments import RISK_ASSESSMENTS
from projections.risk_links import RISK_LINKS
from projections.risk_statuses import RISK_STATUSES
from projections.risks import RISKS
from projections.roles import ROLES
from projections.standards import STANDARDS
from projections.system_names import SYSTEM_NAMES
from projections.systems import SYSTEMS
from projections.timeline import TIMELINE
from projections.triggers import TRIGGERS

PROJECTIONS = (
    REGISTER,
    INCIDENT_ALERTS,
    TIMELINE,
    RCA_SLA,
    MONTHLY_COUNT,
    REVIEWS,
    ALERTS,
    INCIDENT_WORDS,
    ROLES,
    DELIVERIES,
    COVERAGE,
    SYSTEMS,
    EVIDENCE,
    MEASUREMENTS,
    BREACHES,
    TRIGGERS,
    IMPROVEMENTS,
    SYSTEM_NAMES,
    READINGS,
    RELEASES,
    STANDARDS,
    CONTROLS,
    RISKS,
    RISK_ASSESSMENTS,
    RISK_LINKS,
    RISK_STATUSES,
)
