"""What an incident owes by its category and severity: steps beyond the runbook's, and the RCA.

A classification or another severity adds steps and moves the RCA's due time, and takes neither
away: what an older policy decided stays as it was.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from ledger.domain.incident.events import OwedStep
from ledger.domain.incident.state import Incident
from ledger.errors import Invalid
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.vocabulary import Severity, Step


class Due(NamedTuple):
    """When an RCA is due, and from when it is at risk."""

    at: datetime
    at_risk_at: datetime


def require_category(category: str, policy: Policy, field: str = "category") -> None:
    """Raises Invalid for a category that the policy does not have; `field` names it."""
    known = policy.category_labels
    if category not in known:
        raise Invalid(
            f"There is no category {category!r} in the policy in force."
            f"{did_you_mean(category, known)}",
            errors=[(field, f"expected one of {', '.join(known)}")],
            remedy="Use one of these, or adopt a policy that has it: airledger policy adopt.",
        )


def label_of(category: str, policy: Policy) -> str | UnsetType:
    """The label that an event keeps of a category: none of the runbook's."""
    added = policy.categories.get(category)
    return added.label if added else UNSET


def at_detection(
    policy: Policy, category: str | None, severity: Severity | None
) -> tuple[OwedStep, ...] | UnsetType:
    """The steps that an incident owes from its detection on, beyond the runbook's."""
    owed = [name for name, step in policy.steps.items() if step.owed_by(category, severity)]
    return _in_place(policy, owed, tuple(Step)) or UNSET


def added_by(
    state: Incident, policy: Policy, category: str | None, severity: Severity | None
) -> tuple[OwedStep, ...] | UnsetType:
    """The steps that another category or severity adds to those that the incident owes.

    A step of every incident is owed from its detection on, or not at all.
    """
    owed = [
        name
        for name, step in policy.steps.items()
        if step.conditional and step.owed_by(category, severity) and name not in state.steps
    ]
    return _in_place(policy, owed, state.steps) or UNSET


def moved_due(
    state: Incident,
    policy: Policy,
    category: str | None,
    severity: Severity | None,
    now: datetime,
) -> Due | None:
    """When the RCA is due after another category or severity; None where that moves nothing.

    A due time that has passed stays, and so does that of an RCA which is complete. One that is
    still ahead moves where the policy has another time for what the incident is now than for what
    it was; not to before now, so that it is not missed before it was known. A deadline that a
    preliminary RCA met stays, and so does the final one's due time.
    """
    if state.preliminary_due is not None:
        return None
    if state.detected_at is None or state.rca_due is None or state.rca_completed_at is not None:
        return None
    before = policy.rca.due_after_of(state.category, state.severity)
    if now >= state.rca_due or before == policy.rca.due_after_of(category, severity):
        return None
    due = max(now, policy.rca_due(state.detected_at, category, severity))
    if due == state.rca_due:
        return None
    return Due(due, max(now, policy.rca_at_risk_at(state.detected_at, category, severity)))


def _in_place(
    policy: Policy, owed: Collection[str], others: Collection[str]
) -> tuple[OwedStep, ...]:
    """The steps in the policy's order, each with the one before it among all that are owed."""
    found: list[OwedStep] = []
    before: str | None = None
    for name in policy.flow.steps:
        if name in owed:
            step = policy.steps[name]
            found.append(
                OwedStep(step=name, label=step.label, after=before, waivable=step.waivable)
            )
        elif name not in others:
            continue
        before = name
    return tuple(found)
