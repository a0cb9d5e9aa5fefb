"""Evidence that expires, and the documents that governance rests on (runbook section 8)."""

from datetime import timedelta

from consumers.commands.references import reference
from consumers.read_service.governance import (
    DOCUMENTS,
    GovernanceState,
    chosen_document,
    document_state,
)
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import ReportedDocument, ReportedEvidence, ReportedGovernance
from consumers.risk_report.period import Period
from ledger.domain.evidence import EVIDENCE as KIND
from ledger.domain.evidence.words import EvidenceStatus
from projections.engine.projection import Row
from projections.evidence import EVIDENCE
from projections.values import is_over, subject, time_text

DAYS = 30
"""What expires within so many days after the end of the month is named."""
_GONE = frozenset({EvidenceStatus.WITHDRAWN.value, EvidenceStatus.SUPERSEDED.value})


def report_evidence(log: LogFold, period: Period) -> ReportedEvidence:
    """The evidence as it stood at the end of the month; what expires first comes first."""
    now, soon = period.until_text, time_text(period.until + timedelta(days=DAYS))
    rows = [row for row in log.at_end.of(EVIDENCE) if row["status"] not in _GONE]
    dated = sorted(
        (row for row in rows if row["valid_until"] is not None),
        key=lambda row: (row["valid_until"], row["leaf"]),
    )
    over = [row for row in dated if is_over(row["valid_until"], now)]
    return ReportedEvidence(
        days=DAYS,
        expired=tuple(_document(row, now) for row in over if period.has_text(row["valid_until"])),
        expiring=tuple(_document(row, now) for row in dated if now < row["valid_until"] <= soon),
        governance=tuple(_governance(kind, log, period) for kind in DOCUMENTS),
    )


def _is_over(row: Row, now: str) -> bool:
    expired = row["status"] == EvidenceStatus.EXPIRED.value
    return expired or is_over(row["valid_until"], now)


def _document(row: Row, now: str) -> ReportedDocument:
    over = _is_over(row, now)
    return ReportedDocument(
        reference=reference(row["leaf"], KIND),
        id=row["evidence_id"],
        kind=row["kind"],
        title=row["title"],
        system=row["system"],
        status=EvidenceStatus.EXPIRED.value if over else row["status"],
        approved=_roles(row),
        valid_until=row["valid_until"],
    )


def _governance(kind: str, log: LogFold, period: Period) -> ReportedGovernance:
    """The organisation's document of a kind that is approved, else the newest."""
    rows = log.at_end.by_key(EVIDENCE)
    filed = [
        (found, KIND.folded(each.event for each in events))
        for events in reversed(log.documents.values())
        if (found := rows[subject(events[0]),])["kind"] == kind and found["system"] is None
    ]
    chosen, label = chosen_document(filed, period.until), period.policy.evidence.labels.get(kind)
    if chosen is None:
        state = GovernanceState.MISSING
    else:
        state = document_state(chosen[1], period.until, period.policy, period.digest)
    row = None if chosen is None else chosen[0]
    return ReportedGovernance(
        kind=kind,
        label=label or kind,
        state=state.value,
        reference=None if row is None else reference(row["leaf"], KIND),
        approved=() if row is None else _roles(row),
        valid_until=None if row is None else row["valid_until"],
    )


def _roles(row: Row) -> tuple[str, ...]:
    return tuple(filter(None, (row["approved"] or "").split(", ")))
