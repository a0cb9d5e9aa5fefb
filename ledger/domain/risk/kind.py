"""The kind of stream `risk`: what may be asked of it, and what the clock monitors."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.envelope import stream_id
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.risk.decide import decide
from ledger.domain.risk.describing import describe
from ledger.domain.risk.linking import link_stream
from ledger.domain.risk.state import Risk, evolve
from ledger.domain.risk.words import RiskStatus, Treatment
from ledger.domain.stream_type import CommandType, StreamType, by_own_name, members


def _incident(command: c.LinkIncident) -> tuple[str, ...]:
    return (stream_id("incident", UUID(command.incident)),)


def _improvement(command: c.LinkImprovement) -> tuple[str, ...]:
    return (stream_id("improvement", UUID(command.improvement)),)


def _system(command: Any) -> tuple[str, ...]:
    return (command.system,) if command.system else ()


RISK = StreamType(
    kind="risk",
    initial=Risk(),
    evolve=evolve,
    events=members(e.RiskEvent),
    decide=decide,
    commands={
        "identify": CommandType(
            body=c.IdentifyRisk,
            title="Identify a risk",
            done="identified",
            opens=True,
            arguments=("title",),
            touches=_system,
            renames=by_own_name,
        ),
        "amend": CommandType(
            body=c.AmendRisk,
            done="amended",
            arguments=("reason",),
            compares=lambda _, state: (state.title, state.causes, state.consequences),
        ),
        "assess": CommandType(
            body=c.AssessRisk,
            title="Assess",
            done="assessed",
            arguments=("level", "likelihood", "impact"),
            decide_by=decide,
            compares=lambda command, state: state.assessments.get(command.level),
        ),
        "treat": CommandType(
            body=c.TreatRisk,
            title="Choose a treatment",
            done="treatment chosen: {treatment}",
            arguments=("treatment",),
            decide_by=decide,
            compares=lambda _, state: state.treatment,
        ),
        "complete-treatment": CommandType(
            body=c.CompleteTreatment,
            title="Record that the treatment is done",
            done="treatment done",
            arguments=("what",),
        ),
        "request-acceptance": CommandType(
            body=c.RequestAcceptance,
            title="Ask for an acceptance",
            done="acceptance asked for",
            arguments=("reason",),
            decide_by=decide,
            compares=lambda _, state: state.asked,
        ),
        "accept": CommandType(
            body=c.AcceptRisk,
            title="Accept the risk",
            done="accepted",
            arguments=("reason",),
            decide_by=decide,
            needs_person=True,
            compares=lambda _, state: state.acceptance,
        ),
        "withdraw-acceptance": CommandType(
            body=c.WithdrawAcceptance,
            title="Withdraw the acceptance",
            done="acceptance withdrawn",
            arguments=("reason",),
        ),
        "link-incident": CommandType(
            body=c.LinkIncident,
            title="Link an incident",
            done="{incident} linked",
            arguments=("incident",),
            reads=_incident,
            decide_over=link_stream,
        ),
        "link-control": CommandType(
            body=c.LinkControl,
            title="Link a control",
            done="{control} linked",
            arguments=("control",),
            touches=_system,
            renames=by_own_name,
        ),
        "link-improvement": CommandType(
            body=c.LinkImprovement,
            title="Link an improvement",
            done="{improvement} linked",
            arguments=("improvement",),
            reads=_improvement,
            decide_over=link_stream,
        ),
        "link-system": CommandType(
            body=c.LinkSystem,
            title="Link another system",
            done="{system} linked",
            arguments=("system",),
            touches=_system,
            renames=by_own_name,
        ),
        "unlink": CommandType(
            body=c.UnlinkRisk,
            title="Remove a link",
            done="unlinked",
            renames=by_own_name,
        ),
        "review": CommandType(
            body=c.ReviewRisk,
            title="Record a review",
            done="reviewed",
            decide_by=decide,
        ),
        "close": CommandType(body=c.CloseRisk, done="closed", arguments=("reason",)),
        "reopen": CommandType(body=c.ReopenRisk, done="reopened", arguments=("reason",)),
    },
    label="risk",
    plural="risks",
    prefix="RSK",
    describe=describe,
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)


def _open(state: Risk) -> bool:
    return state.status is RiskStatus.OPEN


def _treatment_marks(state: Risk) -> tuple[Command, ...]:
    due = _treatment_due(state)
    return () if due is None else (c.MarkTreatmentOverdue(due=due),)


def _treatment_due(state: Risk) -> datetime | None:
    """The time that the clock monitors of a treatment; to accept is none that is done."""
    treatment = state.treatment
    if treatment is None or treatment.completed_at or treatment.overdue or not _open(state):
        return None
    return None if treatment.treatment is Treatment.ACCEPT else treatment.due


RISK_TREATMENT = DeadlineType(
    name="risk_treatment",
    kind="risk",
    label="treatment of a risk",
    finds="overdue",
    sets={
        e.RiskTreatmentChosen: lambda event: (
            None if event.treatment is Treatment.ACCEPT else event.due or None
        )
    },
    ends=frozenset({e.RiskTreatmentCompleted, e.RiskTreatmentOverdue, e.RiskClosed}),
    commands=_treatment_marks,
    next_at=_treatment_due,
)
"""A treatment is done until its due time."""


def _acceptance_marks(state: Risk) -> tuple[Command, ...]:
    given = state.acceptance
    return () if given is None else (c.MarkAcceptanceExpired(until=given.until),)


def _acceptance_until(state: Risk) -> datetime | None:
    given = state.acceptance
    return None if given is None or given.ended is not None else given.until


RISK_ACCEPTANCE = DeadlineType(
    name="risk_acceptance",
    kind="risk",
    label="acceptance of a risk",
    finds="expired",
    sets={e.RiskAccepted: lambda event: event.until},
    ends=frozenset({e.RiskAcceptanceWithdrawn, e.RiskAcceptanceExpired, e.RiskClosed}),
    commands=_acceptance_marks,
    next_at=_acceptance_until,
)
"""An acceptance holds until a time."""


def _review_marks(state: Risk) -> tuple[Command, ...]:
    return () if state.review_due is None else (c.MarkRiskReviewOverdue(due=state.review_due),)


RISK_REVIEW = DeadlineType(
    name="risk_review",
    kind="risk",
    label="review of a risk",
    finds="overdue",
    sets={
        e.RiskIdentified: lambda event: event.review_due,
        e.RiskAssessed: lambda event: event.review_due or None,
        e.RiskReviewed: lambda event: event.next_due,
        e.RiskReopened: lambda event: event.review_due,
    },
    ends=frozenset({e.RiskReviewOverdue, e.RiskClosed}),
    commands=_review_marks,
    next_at=lambda state: None if state.review_overdue else state.review_due,
)
"""A risk is reviewed as often as the policy says of its band."""
