"""Every projection there is."""

from projections.alerts import ALERTS
from projections.incident_alerts import LINKS
from projections.monthly_count import MONTHLY_COUNT
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER
from projections.reviews import REVIEWS
from projections.timeline import TIMELINE

PROJECTIONS = (
    REGISTER,
    LINKS,
    TIMELINE,
    RCA_SLA,
    MONTHLY_COUNT,
    REVIEWS,
    ALERTS,
)
