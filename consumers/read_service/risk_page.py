"""What a risk's page shows, from its stream, judged by the policy in force. Blocking."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.access.people import display_names
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.risk_above import (
    BehindIncident,
    Stage,
    accepting_roles,
    incidents_shown,
    to_do,
    why_above,
)
from consumers.read_service.risk_map import Standing, standing
from consumers.read_service.roles import roles_held
from consumers.read_service.stream_references import (
    NamedStream,
    named_stream,
    stream_references,
    with_references,
)
from consumers.read_service.streams import StreamView, TimelineEntry, whole_stream
from ledger.domain.control import CONTROL, Control
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import control_id, system_id
from ledger.domain.improvement import IMPROVEMENT
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.risk import RISK, Risk
from ledger.domain.risk.events import RiskReviewed, RiskReviewOverdue
from ledger.domain.risk.state import LinkedTo
from ledger.domain.risk.words import RiskAcceptance, RiskLevel, RiskLink, RiskStatus, Treatment
from ledger.domain.system import SYSTEM
from ledger.domain.text import plain_text
from ledger.policy import Policy
from ledger.policy.times import time_text
from ledger.store.decoding import state_of

REVIEWS = frozenset({RiskReviewed.name, RiskReviewOverdue.name})
"""The events of its reviews."""


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest assessment of a level, in words; `now` is what it comes to by the policy in force.

    Without an assessment all but `level` is empty.
    """

    level: RiskLevel
    likelihood: str = ""
    impact: str = ""
    band: str = ""
    score: int | None = None
    rationale: str = ""
    by: str = ""
    at: str | None = None
    now: str | None = None
    is_outdated: bool = False


class TreatmentView(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about it, by whom it was chosen, and until when."""

    treatment: Treatment
    plan: str
    by: str
    at: str
    due: str | None
    done_at: str | None
    is_overdue: bool


class AcceptanceView(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance as it was given; `band` in words."""

    by: str
    role: str
    at: str
    until: str
    band: str
    reason: str


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance that is asked for."""

    by: str
    at: str
    until: str | None
    reason: str


class MayAccept(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may accept it now, and in which role."""

    person: str
    role: str


class LinkedImprovement(msgspec.Struct, frozen=True, kw_only=True):
    """An improvement that is about it."""

    reference: str
    title: str
    status: str


class LinkedControl(msgspec.Struct, frozen=True, kw_only=True):
    """A control that makes it less, in the policy's words; of a system, where one is named.

    `reference` is None for one of which nothing is on record.
    """

    control: str
    words: str
    system: str | None
    reference: str | None
    status: str


class RiskPage(NamedTuple):
    """All of a risk's page.

    `found` is what its current assessment comes to by the policy in force, `why` why that is not
    within tolerance, `doing` what has to be done and `who` does it. `acceptance` is where one
    stands, `roles` those that may accept it as it is. `next` is the command that is due, if any.
    """

    state: Risk
    stream: StreamView
    timeline: list[TimelineEntry]
    owner: str
    category: str
    found: Standing | None
    tolerated: str
    why: str
    doing: str
    who: tuple[str, ...]
    levels: tuple[LevelView, ...]
    treatment: TreatmentView | None
    acceptance: RiskAcceptance
    given: AcceptanceView | None
    asked: AskedView | None
    roles: tuple[str, ...]
    may_accept: tuple[MayAccept, ...]
    system: NamedStream | None
    systems: tuple[str, ...]
    incidents: tuple[BehindIncident, ...]
    improvements: tuple[LinkedImprovement, ...]
    controls: tuple[LinkedControl, ...]
    reviews: tuple[TimelineEntry, ...]
    review_due: str | None
    is_review_overdue: bool
    next: str | None


def risk_page(ledger: Ledger, ref: str) -> RiskPage:
    """A risk as it is now. Raises NotFound."""
    subject = stream_named(ledger.store, RISK, ref)
    policy, names, now = policy_in_force(ledger.store), display_names(ledger.store), ledger.now()
    state, stream, timeline = whole_stream(ledger, RISK, subject)
    current = state.current
    found = None if current is None else standing(policy.risks, current.likelihood, current.impact)
    stage, owner = stage_of(state, now), names.get(state.owner, state.owner)
    is_open, within = state.status is RiskStatus.OPEN, found is not None and found.tolerated
    doing, who = ("", ()) if within or not is_open else to_do(policy, stage, found, owner)
    roles = {} if found is None else accepting_roles(policy, found.band)
    entries = _for_page(ledger, timeline.items)
    return RiskPage(
        state=state,
        stream=stream,
        timeline=entries,
        owner=owner,
        category=policy.risks.categories.get(state.category, state.category),
        found=found,
        tolerated=policy.risks.bands[policy.risks.tolerated].label,
        why=_why(policy, state, found),
        doing=doing,
        who=who,
        levels=tuple(_level(policy, state, level, names) for level in RiskLevel),
        treatment=_treatment(state, names, stage),
        acceptance=stage.acceptance,
        given=_given(policy, state, names),
        asked=_asked(state, names),
        roles=tuple(roles.values()),
        may_accept=tuple(_may_accept(ledger, state, roles)) if is_open else (),
        system=named_stream(ledger, SYSTEM, system_id(state.system)) if state.system else None,
        systems=tuple(each.id for each in _links(state, RiskLink.SYSTEM)),
        incidents=incidents_shown(ledger, [each.id for each in _links(state, RiskLink.INCIDENT)]),
        improvements=tuple(_improvements(ledger, state)),
        controls=tuple(_controls(ledger, policy, state, now)),
        reviews=tuple(each for each in entries if each.type in REVIEWS),
        review_due=None if state.review_due is None else time_text(state.review_due),
        is_review_overdue=_is_review_overdue(state, now),
        next=_due(state, stage, found, now) if is_open else None,
    )


def stage_of(state: Risk, now: datetime) -> Stage:
    """Where a risk stands at a time, whether the clock has marked it yet or not."""
    current, chosen = state.current, state.treatment
    is_open = chosen is not None and chosen.completed_at is None
    late = (
        chosen is not None
        and chosen.treatment is not Treatment.ACCEPT
        and chosen.due is not None
        and chosen.due <= now
    )
    return Stage(
        assessed_band=None if current is None else current.band,
        treatment=None if chosen is None else chosen.treatment,
        is_treated=chosen is not None and chosen.completed_at is not None,
        is_overdue=is_open and late,
        acceptance=state.acceptance_at(now),
    )


def _why(policy: Policy, state: Risk, found: Standing | None) -> str:
    if found is not None and found.tolerated:
        return ""
    of = state.current
    likelihood, impact = (None, None) if of is None else (of.likelihood, of.impact)
    return why_above(policy.risks, likelihood, impact, found)


def _is_review_overdue(state: Risk, now: datetime) -> bool:
    return state.review_overdue or (state.review_due is not None and state.review_due <= now)


def _due(state: Risk, stage: Stage, found: Standing | None, now: datetime) -> str | None:
    """The command that is due."""
    if found is None or found.band != stage.assessed_band:
        return "assess"
    if _is_review_overdue(state, now):
        return "review"
    if found.tolerated or stage.acceptance is RiskAcceptance.HOLDS:
        return None
    if stage.acceptance is RiskAcceptance.REQUESTED:
        return "accept"
    if stage.treatment in {None, Treatment.ACCEPT}:
        return "treat"
    return "assess" if stage.is_treated else "complete-treatment"


def _level(policy: Policy, state: Risk, level: RiskLevel, names: Mapping[str, str]) -> LevelView:
    of, risks = state.assessments.get(level), policy.risks
    if of is None:
        return LevelView(level=level)
    found = standing(risks, of.likelihood, of.impact)
    band = risks.bands.get(of.band)
    return LevelView(
        level=level,
        likelihood=risks.likelihood.get(of.likelihood, of.likelihood),
        impact=risks.impact.get(of.impact, of.impact),
        band=of.band if band is None else band.label,
        score=of.score,
        rationale=plain_text(of.rationale),
        by=names.get(of.person, of.person),
        at=time_text(of.at),
        now=None if found is None else found.label,
        is_outdated=found is None or found.band != of.band,
    )


def _treatment(state: Risk, names: Mapping[str, str], stage: Stage) -> TreatmentView | None:
    of = state.treatment
    if of is None:
        return None
    return TreatmentView(
        treatment=of.treatment,
        plan=plain_text(of.plan),
        by=names.get(of.person, of.person),
        at=time_text(of.at),
        due=None if of.due is None else time_text(of.due),
        done_at=None if of.completed_at is None else time_text(of.completed_at),
        is_overdue=stage.is_overdue,
    )


def _given(policy: Policy, state: Risk, names: Mapping[str, str]) -> AcceptanceView | None:
    of = state.acceptance
    if of is None:
        return None
    band = policy.risks.bands.get(of.band)
    return AcceptanceView(
        by=names.get(of.person, of.person),
        role=policy.guards.role_labels.get(of.role, of.role),
        at=time_text(of.at),
        until=time_text(of.until),
        band=of.band if band is None else band.label,
        reason=plain_text(of.reason),
    )


def _asked(state: Risk, names: Mapping[str, str]) -> AskedView | None:
    of = state.asked
    if of is None:
        return None
    return AskedView(
        by=names.get(of.person, of.person),
        at=time_text(of.at),
        until=None if of.until is None else time_text(of.until),
        reason=plain_text(of.reason),
    )


def _may_accept(ledger: Ledger, state: Risk, roles: Mapping[str, str]) -> Iterator[MayAccept]:
    """Who holds one of the roles for its system, and neither owns it nor asked for it."""
    own = {state.owner} | (state.asked.persons if state.asked else frozenset())
    for each in roles_held(ledger).items if roles else ():
        if each.role not in roles or not each.in_force or each.person_id in own:
            continue
        if each.system in {None, state.system}:
            yield MayAccept(person=each.person, role=each.label)


def _links(state: Risk, kind: RiskLink) -> Iterator[LinkedTo]:
    return (each for each in state.links if each.kind is kind)


def _improvements(ledger: Ledger, state: Risk) -> Iterator[LinkedImprovement]:
    streams = [IMPROVEMENT.stream(UUID(each.id)) for each in _links(state, RiskLink.IMPROVEMENT)]
    known = stream_references(ledger, streams)
    for stream in streams:
        if stream in known:
            of = whole_stream(ledger, IMPROVEMENT, uuid_of(stream)).state
            yield LinkedImprovement(
                reference=known[stream], title=plain_text(of.title), status=of.status.label
            )


def _controls(
    ledger: Ledger, policy: Policy, state: Risk, now: datetime
) -> Iterator[LinkedControl]:
    links = list(_links(state, RiskLink.CONTROL))
    streams = [CONTROL.stream(control_id(each.id, each.system)) for each in links]
    known = stream_references(ledger, streams)
    for each, stream in zip(links, streams, strict=True):
        of = policy.controls.get(each.id)
        stands: Control = state_of(ledger.store, stream)
        yield LinkedControl(
            control=each.id,
            words=each.id if of is None else of.words,
            system=each.system,
            reference=known.get(stream),
            status=stands.status_at(now).label,
        )


def _for_page(ledger: Ledger, entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """With the references of incidents and improvements in place of their ids."""
    written = with_references(ledger, entries, INCIDENT, IMPROVEMENT)
    return [
        msgspec.structs.replace(
            each,
            text=written(each.text),
            fields={
                name: written(value) if isinstance(value, str) else value
                for name, value in each.fields.items()
            },
        )
        for each in entries
    ]
