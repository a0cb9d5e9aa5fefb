"""Evidence that expires, and the documents that governance rests on (runbook section 8)."""

from datetime import timedelta

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import ReportedDocument, ReportedEvidence, ReportedGovernance
from consumers.risk_report.period import Period
from ledger.domain.evidence import EVIDENCE as KIND
from ledger.domain.evidence.words import EvidenceStatus
from projections.engine.projection import Row
from projections.evidence import EVIDENCE
from projections.values import time_text

DAYS = 30
"""What expires within so many days after the end of the month is named."""
GOVERNANCE = {"governance_charter": "Governance charter", "raci": "RACI matrix"}
_GONE = frozenset({EvidenceStatus.WITHDRAWN.value, EvidenceStatus.SUPERSEDED.value})


def report_evidence(log: LogFold, period: Period) -> ReportedEvidence:
    """The evidence as it stood at the end of the month; what expires first comes first."""
    now, soon = period.until_text, time_text(period.until + timedelta(days=DAYS))
    rows = [row for row in log.at_end.of(EVIDENCE) if row["status"] not in _GONE]
    dated = sorted(
        (row for row in rows if row["valid_until"] is not None),
        key=lambda row: (row["valid_until"], row["leaf"]),
    )
    over = [row for row in dated if row["valid_until"] <= now]
    return ReportedEvidence(
        days=DAYS,
        expired=tuple(_document(row, now) for row in over if period.has_text(row["valid_until"])),
        expiring=tuple(_document(row, now) for row in dated if now < row["valid_until"] <= soon),
        governance=tuple(
            _governance(kind, period.policy.evidence.kinds.get(kind, label), rows, now)
            for kind, label in GOVERNANCE.items()
        ),
    )


def _is_over(row: Row, now: str) -> bool:
    expired = row["status"] == EvidenceStatus.EXPIRED.value
    return expired or (row["valid_until"] is not None and row["valid_until"] <= now)


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


def _governance(kind: str, label: str, rows: list[Row], now: str) -> ReportedGovernance:
    """The newest document of a kind that is the organisation's own."""
    of_kind = [row for row in rows if row["kind"] == kind and row["system"] is None]
    newest = max(of_kind, key=lambda row: row["leaf"], default=None)
    if newest is None:
        state = "missing"
    elif not newest["approved"]:
        state = "not_approved"
    else:
        state = "expired" if _is_over(newest, now) else "holds"
    return ReportedGovernance(
        kind=kind,
        label=label,
        state=state,
        reference=None if newest is None else reference(newest["leaf"], KIND),
        approved=() if newest is None else _roles(newest),
        valid_until=None if newest is None else newest["valid_until"],
    )


def _roles(row: Row) -> tuple[str, ...]:
    return tuple(filter(None, (row["approved"] or "").split(", ")))
