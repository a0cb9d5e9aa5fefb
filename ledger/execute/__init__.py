"""Execute: a batch of requests is loaded, decided, appended together. The one way in."""

from ledger.execute.context import Context, Idempotency, Outcome
from ledger.execute.executor import Executor
from ledger.execute.rehearsal import Rehearsal
from ledger.execute.requests import (
    AdmitPerson,
    CommandIncident,
    GrantAccess,
    MergeIncidents,
    ReportIncident,
    Request,
    RevokeAccess,
    TakePolicy,
    TakeSignals,
    Truncation,
)

__all__ = [
    "AdmitPerson",
    "CommandIncident",
    "Context",
    "Executor",
    "GrantAccess",
    "Idempotency",
    "MergeIncidents",
    "Outcome",
    "Rehearsal",
    "ReportIncident",
    "Request",
    "RevokeAccess",
    "TakePolicy",
    "TakeSignals",
    "Truncation",
]
