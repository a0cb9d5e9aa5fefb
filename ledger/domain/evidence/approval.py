"""What evidence is worth at a time: whether it counts, and whether a role approved it. Pure.

No approval is never an approval: what does not cover the version that is asked for, has ended, or
has an open condition is undecided.
"""

from datetime import datetime
from typing import NamedTuple

from ledger.domain.evidence.state import Evidence, EvidenceDecided
from ledger.domain.evidence.words import Approval, EvidenceStatus
from ledger.policy.times import time_text


class ApprovalAt(NamedTuple):
    """What approvals come to, and why in words."""

    verdict: Approval
    why: str


def status_at(evidence: Evidence, at: datetime) -> EvidenceStatus:
    """Where it stands at a time, whether the clock has marked it yet or not."""
    if evidence.withdrawn:
        return EvidenceStatus.WITHDRAWN
    if evidence.superseded_by is not None:
        return EvidenceStatus.SUPERSEDED
    if evidence.valid_until is not None and evidence.valid_until <= at:
        return EvidenceStatus.EXPIRED
    return EvidenceStatus.FILED


def approval_at(
    evidence: Evidence,
    at: datetime,
    *,
    role: str,
    version: str | None = None,
    change_class: str | None = None,
) -> ApprovalAt:
    """Whether a role approved it, for a version or a change class, as of a time.

    Without either it is asked whether the role approved it at all. The latest decision of the role
    that covers what is asked for decides.
    """
    status = status_at(evidence, at)
    if status is not EvidenceStatus.FILED:
        return ApprovalAt(Approval.UNDECIDED, f"It is {status.label.lower()}.")
    decided = [
        each
        for each in evidence.decisions
        if each.role == role and each.at <= at and each.covers(version, change_class)
    ]
    if not decided:
        asked = " or ".join(filter(None, (version, change_class)))
        covers = f" that covers {asked}" if asked else ""
        return ApprovalAt(Approval.UNDECIDED, f"There is no decision of {role}{covers}.")
    return _judged(decided[-1], at)


def why_not_approved(evidence: Evidence, at: datetime) -> str | None:
    """Why it is not approved, whatever the role; None where it counts and an approval holds.

    A rejection that holds keeps it from that.
    """
    status = status_at(evidence, at)
    if status is not EvidenceStatus.FILED:
        return f"It is {status.label.lower()}."
    found = [_judged(each, at) for each in evidence.decisions if each.at <= at]
    rejected = [each for each in found if each.verdict is Approval.REJECTED]
    if rejected:
        return rejected[-1].why
    if any(each.verdict is Approval.APPROVED for each in found):
        return None
    return found[-1].why if found else "Nobody approved it."


def _judged(decided: EvidenceDecided, at: datetime) -> ApprovalAt:
    when = time_text(decided.at)
    if decided.until is not None and decided.until <= at:
        ended = time_text(decided.until)
        return ApprovalAt(Approval.UNDECIDED, f"The decision of {when} ended at {ended}.")
    if not decided.approved:
        return ApprovalAt(Approval.REJECTED, f"It was rejected at {when}.")
    if decided.conditions:
        count = len(decided.conditions)
        return ApprovalAt(
            Approval.UNDECIDED,
            f"It was approved at {when} on {count} condition{'s' if count > 1 else ''}.",
        )
    return ApprovalAt(Approval.APPROVED, f"It was approved at {when}.")
