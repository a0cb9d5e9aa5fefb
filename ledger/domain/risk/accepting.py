"""Who may accept a risk, and until when: asked for by one person, accepted by another."""

from datetime import datetime
from typing import assert_never

from msgspec import UNSET

from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.risk.marks import expired
from ledger.domain.risk.rules import require_open
from ledger.domain.risk.state import AskedAcceptance, Risk, RiskAssessment
from ledger.domain.risk.words import RiskAcceptance
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.risks import RiskBand
from ledger.policy.times import after, in_utc, time_text


def accepting(
    command: c.Accepting, state: Risk, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    """The events of what is asked about an acceptance. Raises Refused, by the name of the rule."""
    match command:
        case c.RequestAcceptance():
            return _request(command, state, now, sender)
        case c.AcceptRisk():
            return _accept(command, state, policy, now, sender)
        case c.WithdrawAcceptance():
            return _withdraw(command, state, now)
        case _:
            assert_never(command)


def _request(
    command: c.RequestAcceptance, state: Risk, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    until = in_utc(command.until) if command.until else None
    require_to_come(until, now)
    asked = state.asked
    if asked is not None and (asked.person, asked.reason, asked.until) == (
        sender.actor,
        command.reason,
        until,
    ):
        return ()
    requested = e.RiskAcceptanceRequested(
        at=now,
        person=sender.actor,
        persons=tuple(sorted(sender.persons)),
        reason=command.reason,
        until=until or UNSET,
    )
    return (requested,)


def require_to_come(until: datetime | None, now: datetime) -> None:
    """Raises Refused where an acceptance would end before it begins."""
    if until is not None and until <= now:
        raise Refused(
            "acceptance_ended_already",
            f"The acceptance would have ended at {time_text(until)}; it is {time_text(now)} now.",
            remedy="Name a time that is still to come, or none.",
        )


def _accept(
    command: c.AcceptRisk, state: Risk, policy: Policy, now: datetime, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    if state.acceptance_at(now) is RiskAcceptance.HOLDS:
        return _accepted_already(command, state, sender)
    assessed, band = _judged(state, policy)
    role = _role(command.role, assessed.band, band, state, policy, sender)
    asked = _require_another(state, sender.persons | sender.persons_in(role, state.system))
    longest = after(now, band.accepted_for)
    until = in_utc(command.until) if command.until else None
    require_to_come(until, now)
    if until is not None and until > longest:
        raise Refused(
            "accepted_too_long",
            f"A risk of the band {band.label} ({assessed.band}) is accepted until "
            f"{time_text(longest)} at most, and not until {time_text(until)}.",
            remedy="Name an earlier time, and accept it again then.",
        )
    if until is None:
        until = longest
        if asked.until is not None and now < asked.until < longest:
            until = asked.until
    accepted = e.RiskAccepted(
        at=now,
        person=sender.actor,
        role=role,
        until=until,
        reason=command.reason,
        band=assessed.band,
        assessed_at_version=assessed.version,
    )
    return (*expired(state, now), accepted)


def _accepted_already(
    command: c.AcceptRisk, state: Risk, sender: Sender
) -> tuple[e.RiskEvent, ...]:
    """The same again is nothing to do; another acceptance waits until this one has ended."""
    given = state.acceptance
    if given is not None:
        until = in_utc(command.until) if command.until else given.until
        role = command.role or given.role
        if (sender.actor, command.reason, until, role) == (
            given.person,
            given.reason,
            given.until,
            given.role,
        ):
            return ()
        raise Refused(
            "accepted_already",
            f"The risk is accepted until {time_text(given.until)}, as {given.role}.",
            remedy="Withdraw that acceptance first, or assess the risk anew.",
        )
    return ()


def _judged(state: Risk, policy: Policy) -> tuple[RiskAssessment, RiskBand]:
    """The current assessment and its band, where the policy in force comes to the same."""
    assessed, risks = state.current, policy.risks
    if assessed is None:
        raise Refused(
            "risk_not_assessed",
            "The risk has no current assessment, and what is not assessed is not accepted.",
            remedy="Assess it with airledger risk assess, level current.",
        )
    try:
        band = risks.band_of(assessed.likelihood, assessed.impact)
    except KeyError:
        band = None
    if band is None or band != assessed.band:
        now_is = "has no such labels any more" if band is None else f"has {band!r} for the same"
        raise Refused(
            "assessment_outdated",
            f"The risk was assessed as {assessed.band!r}, and the policy in force {now_is}.",
            remedy="Assess it anew with airledger risk assess, level current.",
        )
    return assessed, risks.bands[band]


def _role(
    named: str | None,
    band_id: str,
    band: RiskBand,
    state: Risk,
    policy: Policy,
    sender: Sender,
) -> str:
    """The role that it is accepted in: the one that is named, else one of those that are held.

    One that is his own comes before one that he holds as a deputy.
    """
    labels = policy.guards.role_labels
    if named is not None and named not in labels:
        raise Invalid(
            f"There is no role {named!r}.{did_you_mean(named, labels)}",
            errors=[("role", f"expected one of {', '.join(labels)}")],
        )
    held = [each for each in band.accepted_by if sender.holds(each, state.system)]
    if named is not None:
        held = [each for each in held if each == named]
    own = [each for each in held if sender.holds_himself(each, state.system)]
    if held:
        fitting = own or held
        return sender.role if sender.role in fitting else fitting[0]
    may = " or ".join(f"{labels.get(each, each)} ({each})" for each in band.accepted_by)
    raise Refused(
        "above_authority",
        f"A risk of the band {band.label} ({band_id}) of {state.system or 'the organisation'} is "
        f"accepted by {may or 'nobody'}, and you hold no such role for it"
        f"{'' if named is None else f', or not {named}'}.",
        remedy="Let one of them accept it, or treat the risk."
        if may
        else "Treat the risk: the policy names nobody who may accept it.",
    )


def _require_another(state: Risk, persons: frozenset[str]) -> AskedAcceptance:
    """Who asked, where that is somebody else. Raises Refused."""
    if state.owner in persons:
        raise Refused(
            "own_acceptance",
            "You own the risk, or act for its owner, and nobody accepts his own risk.",
            remedy="Let somebody accept it who neither owns it nor asked for it.",
        )
    asked = state.asked
    if asked is None:
        raise Refused(
            "acceptance_not_requested",
            "Nobody asked that the risk be accepted.",
            remedy="Let its owner ask, with airledger risk request-acceptance.",
        )
    if not asked.persons.isdisjoint(persons):
        raise Refused(
            "own_acceptance",
            "You asked that the risk be accepted, or owned it since somebody did, or act for "
            "whoever did, and nobody accepts what he asked for.",
            remedy="Let somebody accept it who neither owns it nor asked for it.",
        )
    return asked


def _withdraw(command: c.WithdrawAcceptance, state: Risk, now: datetime) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    stands = state.acceptance_at(now)
    if stands is RiskAcceptance.WITHDRAWN:
        return ()
    if stands not in {RiskAcceptance.HOLDS, RiskAcceptance.REQUESTED}:
        raise Refused(
            "acceptance_none",
            f"No acceptance of the risk holds or is asked for: {stands.label.lower()}.",
            remedy="See airledger risk timeline.",
        )
    return (*expired(state, now), e.RiskAcceptanceWithdrawn(at=now, reason=command.reason))
