"""Incidents: what happened, what people did about it, and what the runbook still asks for."""

from ledger.domain.incident.clock import next_deadline
from ledger.domain.incident.decide import decide
from ledger.domain.incident.events import IncidentEvent
from ledger.domain.incident.merging import decide_merge
from ledger.domain.incident.rules import require_known, require_open
from ledger.domain.incident.state import Incident, evolve
from ledger.domain.incident.written import amended_value

__all__ = [
    "Incident",
    "IncidentEvent",
    "amended_value",
    "decide",
    "decide_merge",
    "evolve",
    "next_deadline",
    "require_known",
    "require_open",
]
