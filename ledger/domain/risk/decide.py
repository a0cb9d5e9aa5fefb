"""The rules of risks: each command gives the events that it causes."""

from datetime import datetime
from typing import Any, assert_never

from msgspec import UNSET

from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.risk.accepting import accepting, require_to_come
from ledger.domain.risk.linking import linking
from ledger.domain.risk.marks import expired, review_overdue, treatment_overdue
from ledger.domain.risk.rules import require_label, require_open, review_due, reviewed_every
from ledger.domain.risk.state import Risk
from ledger.domain.risk.words import RiskAcceptance, RiskLevel, RiskStatus, Treatment
from ledger.domain.stream_type import NOBODY, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import after, in_utc, time_text


def decide(
    command: c.RiskCommand,
    state: Risk,
    policy: Policy,
    now: datetime,
    sender: Sender = NOBODY,
) -> tuple[e.RiskEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.IdentifyRisk():
            return (_identified(command, policy, now),)
        case c.AmendRisk():
            return _amend(command, state, policy, now)
        case c.AssessRisk():
            return _assess(command, state, policy, now, sender)
        case c.TreatRisk():
            return _treat(command, state, now, sender)
        case c.CompleteTreatment():
            return _complete(command, state, now)
        case c.RequestAcceptance() | c.AcceptRisk() | c.WithdrawAcceptance():
            return accepting(command, state, policy, now, sender)
        case c.LinkControl() | c.LinkSystem() | c.UnlinkRisk():
            return linking(command, state, policy, now)
        case c.ReviewRisk():
            return _review(command, state, policy, now, sender)
        case c.CloseRisk():
            return _close(command, state, now)
        case c.ReopenRisk():
            return _reopen(command, state, policy, now)
        case c.MarkTreatmentOverdue() | c.MarkAcceptanceExpired() | c.MarkRiskReviewOverdue():
            return _mark(command, state, now)
        case _:
            assert_never(command)


def _identified(command: c.IdentifyRisk, policy: Policy, now: datetime) -> e.RiskIdentified:
    require_label(
        command.category, policy.risks.categories, "category of risks", "risks.categories"
    )
    given = in_utc(command.review_due) if command.review_due else None
    return e.RiskIdentified(
        at=now,
        title=command.title,
        category=command.category,
        owner=command.owner,
        system=command.system or UNSET,
        causes=command.causes or UNSET,
        consequences=command.consequences or UNSET,
        review_due=review_due(given, Risk(), policy, now),
    )


def _amend(
    command: c.AmendRisk, state: Risk, policy: Policy, now: datetime
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    if command.category is not None:
        require_label(
            command.category, policy.risks.categories, "category of risks", "risks.categories"
        )
    changed: dict[str, Any] = {
        name: value
        for name in ("title", "category", "owner", "causes", "consequences")
        if (value := getattr(command, name)) is not None and value != getattr(state, name)
    }
    return (e.RiskAmended(at=now, reason=command.reason, **changed),) if changed else ()


def _assess(
    command: c.AssessRisk, state: Risk, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    risks = policy.risks
    require_label(command.likelihood, risks.likelihood, "likelihood", "risks.likelihood")
    require_label(command.impact, risks.impact, "impact", "risks.impact")
    before = state.assessments.get(command.level)
    if before is not None and (
        before.likelihood,
        before.impact,
        before.rationale,
        before.matrix,
        before.person,
    ) == (command.likelihood, command.impact, command.rationale, risks.digest, sender.actor):
        return ()
    band = risks.band_of(command.likelihood, command.impact)
    current = command.level is RiskLevel.CURRENT
    overdue = state.review_due is None or state.review_due <= now
    assessed = e.RiskAssessed(
        at=now,
        level=command.level,
        likelihood=command.likelihood,
        impact=command.impact,
        rationale=command.rationale,
        matrix=risks.digest,
        score=risks.score_of(command.likelihood, command.impact),
        band=band,
        tolerated=risks.tolerates(band) is True,
        person=sender.actor,
        review_due=after(now, risks.bands[band].reviewed_every)
        if current and not overdue
        else UNSET,
    )
    return (*expired(state, now), assessed) if current else (assessed,)


def _treat(
    command: c.TreatRisk, state: Risk, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    due = in_utc(command.due) if command.due else None
    before = state.treatment
    if (
        before is not None
        and before.completed_at is None
        and not _asks_again(command, state, now)
        and (before.treatment, before.plan, before.due, before.person)
        == (command.treatment, command.plan, due, sender.actor)
    ):
        return ()
    if command.treatment is Treatment.ACCEPT:
        require_to_come(due, now)
    elif due is None:
        raise Invalid(
            f"To {command.treatment.label.lower()} a risk takes until a time, and none is named.",
            errors=[("due", "name when it has to be done")],
        )
    elif due <= now:
        raise Refused(
            "due_after_now",
            f"The treatment cannot have to be done by {time_text(due)}: it is {time_text(now)} "
            "now.",
            remedy="Give a due time in the future.",
        )
    chosen = e.RiskTreatmentChosen(
        at=now,
        treatment=command.treatment,
        plan=command.plan,
        person=sender.actor,
        persons=tuple(sorted(sender.persons)),
        due=due or UNSET,
    )
    return (*treatment_overdue(state, now), chosen)


def _asks_again(command: c.TreatRisk, state: Risk, now: datetime) -> bool:
    """Whether it asks for an acceptance that nobody asks for any more, and none holds."""
    return command.treatment is Treatment.ACCEPT and state.acceptance_at(now) not in {
        RiskAcceptance.REQUESTED,
        RiskAcceptance.HOLDS,
    }


def _complete(command: c.CompleteTreatment, state: Risk, now: datetime) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    treatment = state.treatment
    if treatment is None or treatment.treatment is Treatment.ACCEPT:
        chosen = "none is chosen" if treatment is None else "it is to be accepted"
        raise Refused(
            "no_treatment",
            f"There is no treatment of the risk to complete: {chosen}.",
            remedy="Choose one with airledger risk treat.",
        )
    if treatment.completed_at is not None:
        return ()
    done = e.RiskTreatmentCompleted(at=now, what=command.what)
    return (*treatment_overdue(state, now), done)


def _review(
    command: c.ReviewRisk, state: Risk, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    given = in_utc(command.next_due) if command.next_due else None
    reviewed = e.RiskReviewed(
        at=now,
        person=sender.actor,
        next_due=review_due(given, state, policy, now),
        notes=command.notes or UNSET,
    )
    return (*review_overdue(state, now), reviewed)


def _close(command: c.CloseRisk, state: Risk, now: datetime) -> tuple[e.RiskEvent, ...]:
    if state.status is RiskStatus.CLOSED:
        return ()
    closed = e.RiskClosed(at=now, reason=command.reason)
    return (
        *treatment_overdue(state, now),
        *review_overdue(state, now),
        *expired(state, now),
        closed,
    )


def _reopen(
    command: c.ReopenRisk, state: Risk, policy: Policy, now: datetime
) -> tuple[e.RiskEvent, ...]:
    if state.status is not RiskStatus.CLOSED:
        return ()
    due = after(now, reviewed_every(state, policy))
    return (e.RiskReopened(at=now, reason=command.reason, review_due=due),)


def _mark(command: c.Marking, state: Risk, now: datetime) -> tuple[e.RiskEvent, ...]:
    """What the clock finds; another time than the one that was set is nothing to do."""
    if state.status is not RiskStatus.OPEN:
        return ()
    match command:
        case c.MarkTreatmentOverdue():
            treatment = state.treatment
            same = treatment is not None and treatment.due == command.due
            return treatment_overdue(state, now) if same else ()
        case c.MarkAcceptanceExpired():
            given = state.acceptance
            same = given is not None and given.until == command.until
            return expired(state, now) if same else ()
        case c.MarkRiskReviewOverdue():
            return review_overdue(state, now) if command.due == state.review_due else ()
        case _:
            assert_never(command)
