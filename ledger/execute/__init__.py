"""Execute: a batch of requests is loaded, decided, appended together. The one way in."""

from ledger.execute.context import Context, Idempotency, Outcome
from ledger.execute.executor import Executor
from ledger.execute.rehearsal import Rehearsal
from ledger.execute.requests import (
    AdmitPerson,
    CommandIncident,
    FollowLog,
    GrantAccess,
    Launch,
    LookAt,
    MergeIncidents,
    ReportIncident,
    Request,
    RevokeAccess,
    TakeBodies,
    TakePolicy,
    TakeSignals,
    Truncation,
)

__all__ = [
    "AdmitPerson",
    "CommandIncident",
    "Context",
    "Executor",
    "FollowLog",
    "GrantAccess",
    "Idempotency",
    "Launch",
    "LookAt",
    "MergeIncidents",
    "Outcome",
    "Rehearsal",
    "ReportIncident",
    "Request",
    "RevokeAccess",
    "TakeBodies",
    "TakePolicy",
    "TakeSignals",
    "Truncation",
]
