"""Execute: a batch of requests is loaded, decided, appended together. The one way in."""

from ledger.execute.context import Context, Idempotency, Outcome
from ledger.execute.dry_run import DryRunExecutor
from ledger.execute.executor import Executor
from ledger.execute.requests import (
    AdoptPolicyRequest,
    AdvanceFollower,
    CausedCommand,
    ChangeRoles,
    CheckAccess,
    CheckDeadline,
    EraseAgain,
    EraseSubject,
    ExecuteCommand,
    GrantAccess,
    MakeLink,
    RecordBodies,
    RecordReads,
    RecordSignals,
    RegisterPerson,
    Request,
    RevokeAccess,
    Truncation,
)

__all__ = [
    "AdoptPolicyRequest",
    "AdvanceFollower",
    "CausedCommand",
    "ChangeRoles",
    "CheckAccess",
    "CheckDeadline",
    "Context",
    "DryRunExecutor",
    "EraseAgain",
    "EraseSubject",
    "ExecuteCommand",
    "Executor",
    "GrantAccess",
    "Idempotency",
    "MakeLink",
    "Outcome",
    "RecordBodies",
    "RecordReads",
    "RecordSignals",
    "RegisterPerson",
    "Request",
    "RevokeAccess",
    "Truncation",
]
