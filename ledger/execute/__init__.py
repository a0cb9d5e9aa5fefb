"""Execute: a batch of requests is loaded, decided, appended together. The one way in."""

from ledger.execute.context import Context, Idempotency, Outcome
from ledger.execute.dry_run import Rehearsal
from ledger.execute.executor import Executor
from ledger.execute.requests import (
    AdmitPerson,
    CausedCommand,
    ExecuteCommand,
    FollowLog,
    GrantAccess,
    LookAt,
    Request,
    RevokeAccess,
    TakeBodies,
    TakePolicy,
    TakeSignals,
    Truncation,
)

__all__ = [
    "AdmitPerson",
    "CausedCommand",
    "Context",
    "ExecuteCommand",
    "Executor",
    "FollowLog",
    "GrantAccess",
    "Idempotency",
    "LookAt",
    "Outcome",
    "Rehearsal",
    "Request",
    "RevokeAccess",
    "TakeBodies",
    "TakePolicy",
    "TakeSignals",
    "Truncation",
]
