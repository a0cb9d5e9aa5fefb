"""Evidence: documents on record by their digest, approved by persons, valid until a time.

The content lies outside the log. Source: runbook section 8 (evidence).
"""

from datetime import datetime
from uuid import UUID

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.envelope import stream_id
from ledger.domain.evidence.approval import ApprovalAt, approval_at, status_at, why_not_approved
from ledger.domain.evidence.checking import rules_digest
from ledger.domain.evidence.commands import (
    ApproveEvidence,
    AttestEvidence,
    EvidenceCommand,
    FileEvidence,
    MarkEvidenceExpired,
    RecordCheck,
    RejectEvidence,
    SupersedeEvidence,
    WithdrawEvidence,
)
from ledger.domain.evidence.decide import decide, require_kind, supersede
from ledger.domain.evidence.describing import describe
from ledger.domain.evidence.events import (
    EvidenceApproved,
    EvidenceAttested,
    EvidenceChecked,
    EvidenceEvent,
    EvidenceExpired,
    EvidenceFiled,
    EvidenceRefiled,
    EvidenceRejected,
    EvidenceSuperseded,
    EvidenceWithdrawn,
    Extracted,
)
from ledger.domain.evidence.state import (
    Attestation,
    Evidence,
    EvidenceCheck,
    EvidenceDecided,
    evolve,
)
from ledger.domain.evidence.words import Approval, CardVerdict, EvidenceStatus
from ledger.domain.identity import evidence_id
from ledger.domain.stream_type import CommandType, StreamType, by_own_name, members


def _filed_as(command: FileEvidence) -> UUID:
    return evidence_id(command.kind, command.system, command.digest)


EVIDENCE = StreamType(
    kind="evidence",
    initial=Evidence(),
    evolve=evolve,
    events=members(EvidenceEvent),
    decide=decide,
    commands={
        "file": CommandType(
            body=FileEvidence,
            title="File evidence",
            done="filed",
            opens=True,
            opens_as=_filed_as,
            touches=lambda command: (command.system,) if command.system else (),
            renames=by_own_name,
            compares=lambda _, state: (state.title, state.refused),
        ),
        "approve": CommandType(
            body=ApproveEvidence, done="approved", decide_by=decide, needs_person=True
        ),
        "reject": CommandType(
            body=RejectEvidence,
            done="rejected",
            arguments=("reason",),
            decide_by=decide,
            needs_person=True,
        ),
        "attest": CommandType(
            body=AttestEvidence,
            done="attested",
            arguments=("statement",),
            decide_by=decide,
            needs_person=True,
        ),
        "supersede": CommandType(
            body=SupersedeEvidence,
            done="superseded by {by}",
            arguments=("by",),
            reads=lambda command: (stream_id("evidence", UUID(command.by)),),
            decide_over=supersede,
        ),
        "withdraw": CommandType(body=WithdrawEvidence, done="withdrawn", arguments=("reason",)),
    },
    label="evidence",
    plural="evidence",
    prefix="EVD",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)


def _marks(state: Evidence) -> tuple[Command, ...]:
    end = state.valid_until
    return () if end is None else (MarkEvidenceExpired(valid_until=end),)


def _next_check(state: Evidence) -> datetime | None:
    ended = state.withdrawn or state.superseded_by is not None
    return None if ended or state.expired_at == state.valid_until else state.valid_until


EVIDENCE_EXPIRY = DeadlineType(
    name="evidence",
    kind="evidence",
    label="evidence",
    finds="expired",
    sets={
        EvidenceFiled: lambda event: event.valid_until or None,
        EvidenceRefiled: lambda event: event.valid_until or None,
    },
    ends=frozenset({EvidenceSuperseded, EvidenceWithdrawn, EvidenceExpired}),
    commands=_marks,
    next_at=_next_check,
)
"""Evidence is valid until a time, where one was named."""

__all__ = [
    "EVIDENCE",
    "EVIDENCE_EXPIRY",
    "Approval",
    "ApprovalAt",
    "ApproveEvidence",
    "AttestEvidence",
    "Attestation",
    "CardVerdict",
    "Evidence",
    "EvidenceApproved",
    "EvidenceAttested",
    "EvidenceCheck",
    "EvidenceChecked",
    "EvidenceCommand",
    "EvidenceDecided",
    "EvidenceEvent",
    "EvidenceExpired",
    "EvidenceFiled",
    "EvidenceRefiled",
    "EvidenceRejected",
    "EvidenceStatus",
    "EvidenceSuperseded",
    "EvidenceWithdrawn",
    "Extracted",
    "FileEvidence",
    "MarkEvidenceExpired",
    "RecordCheck",
    "RejectEvidence",
    "SupersedeEvidence",
    "WithdrawEvidence",
    "approval_at",
    "decide",
    "describe",
    "evolve",
    "require_kind",
    "rules_digest",
    "status_at",
    "why_not_approved",
]
