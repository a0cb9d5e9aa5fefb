"""Steps that are done or waived by their ids: the runbook's, and those that a policy adds."""

from datetime import datetime
from typing import assert_never

from msgspec import UNSET

from ledger.domain.incident.commands import DoStep, WaiveStep
from ledger.domain.incident.events import StepDone, StepWaived
from ledger.domain.incident.rules import occurred_at
from ledger.domain.incident.state import Incident
from ledger.domain.incident.steps import NEVER_WAIVED
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.vocabulary import Step, StepState


def decide_step(
    command: DoStep, state: Incident, policy: Policy, now: datetime
) -> tuple[StepDone, ...]:
    """A step that the policy adds was done. Raises Invalid where the incident owes no such step."""
    step = command.step
    _require_owed(step, state)
    if step in set(Step):
        raise Refused(
            "step_has_its_command",
            f"The step {step} is one of the runbook's, which has a command of its own.",
            remedy="Use that one: see airledger incident --help.",
        )
    at = occurred_at("been done", command.at, now, policy)
    if state.steps[step] is StepState.DONE:
        if command.note == state.notes.get(step):
            return ()
        raise Refused(
            "step_already_done",
            f"The step {step} is done.",
            remedy="Record what was done since with communicate.",
        )
    return (StepDone(at=at, step=step, label=state.added[step].label, note=command.note),)


def decide_waive(
    command: WaiveStep, state: Incident, policy: Policy, now: datetime
) -> tuple[StepWaived, ...]:
    """A step will not be done. Raises Refused where it is always owed, or nothing is to waive."""
    step = command.step
    _require_owed(step, state)
    if step in NEVER_WAIVED:
        raise Refused(
            f"{step}_cannot_be_waived",
            f"The step {step} is always owed (runbook section 7).",
            remedy="Complete it.",
        )
    if not may_waive(step, state, policy):
        raise Refused(
            "step_cannot_be_waived",
            f"The step {step} cannot be waived: the policy says so.",
            remedy=f"Do it, and record it: airledger incident step REF {step} --note TEXT.",
        )
    match state.steps[step]:
        case StepState.WAIVED:
            return ()
        case StepState.DONE:
            raise Refused(
                "step_already_done", f"The step {step} is done.", remedy="Nothing is left to waive."
            )
        case StepState.NOT_APPLICABLE:
            raise Refused(
                "step_not_applicable",
                f"The step {step} does not apply here.",
                remedy="Nothing is left to waive.",
            )
        case StepState.PENDING:
            added = state.added.get(step)
            label = added.label if added else UNSET
            return (StepWaived(at=now, step=step, reason=command.reason, label=label),)
        case unknown:
            assert_never(unknown)


def may_waive(step: str, state: Incident, policy: Policy) -> bool:
    """Whether a step can be waived.

    One that the policy has for some incidents alone can be, where this is none of them any more.
    """
    if step in NEVER_WAIVED:
        return False
    added = state.added.get(step)
    if added is None or added.waivable:
        return True
    by_policy = policy.steps.get(step)
    return (
        by_policy is not None
        and by_policy.conditional
        and not by_policy.owed_by(state.category, state.severity)
    )


def _require_owed(step: str, state: Incident) -> None:
    if step not in state.steps:
        raise Invalid(
            f"The incident owes no step {step!r}.{did_you_mean(step, state.steps)}",
            errors=[("step", f"expected one of {', '.join(state.steps)}")],
            remedy="Name one of its steps: see airledger incident show.",
        )
