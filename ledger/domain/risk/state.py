"""A risk's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.risk import events as e
from ledger.domain.risk.words import RiskAcceptance, RiskLevel, RiskLink, RiskStatus, Treatment
from ledger.domain.text import Text


class RiskAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """The newest assessment of a level; `version` is that of its event in the stream."""

    at: datetime
    version: int
    likelihood: str
    impact: str
    rationale: Text
    matrix: str
    score: int
    band: str
    tolerated: bool
    person: str


class ChosenTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about it; `overdue` once the clock marked it."""

    at: datetime
    treatment: Treatment
    plan: Text
    person: str
    due: datetime | None
    completed_at: datetime | None = None
    overdue: bool = False


class AskedAcceptance(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance that is asked for, of the risk as it is assessed then.

    A newer current assessment ends it. `persons` are all who asked since the last one ended.

    Those who owned the risk since are among them, though somebody else owns it now.
    `by_treatment`: it was asked for by the choice of a treatment alone.
    """

    at: datetime
    person: str
    persons: frozenset[str]
    reason: Text
    until: datetime | None
    by_treatment: bool


class GivenAcceptance(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance; `ended` is what it came to, None as long as nobody ended it."""

    at: datetime
    person: str
    role: str
    until: datetime
    reason: Text
    band: str
    assessed_at_version: int
    ended: RiskAcceptance | None = None


class LinkedTo(msgspec.Struct, frozen=True, kw_only=True):
    """What a risk is linked with; `system` is that of a control, None for the organisation's."""

    kind: RiskLink
    id: str
    system: str | None = None


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """A risk; `status` is None where none was identified. `version` counts its events."""

    version: int = 0
    status: RiskStatus | None = None
    title: Text = ""
    category: str = ""
    system: str | None = None
    causes: Text = ""
    consequences: Text = ""
    owner: str = ""
    assessments: dict[RiskLevel, RiskAssessment] = {}
    treatment: ChosenTreatment | None = None
    asked: AskedAcceptance | None = None
    acceptance: GivenAcceptance | None = None
    links: tuple[LinkedTo, ...] = ()
    review_due: datetime | None = None
    review_overdue: bool = False
    reviewed_at: datetime | None = None
    reason: Text = ""

    @property
    def current(self) -> RiskAssessment | None:
        """The newest assessment with the controls that there are: the one that tolerance judges."""
        return self.assessments.get(RiskLevel.CURRENT)

    def acceptance_at(self, at: datetime) -> RiskAcceptance:
        """Where its acceptance stands at a time, whether the clock has marked it yet or not."""
        given = self.acceptance
        if given is not None and given.ended is None and at < given.until:
            return RiskAcceptance.HOLDS
        if self.asked is not None:
            return RiskAcceptance.REQUESTED
        if given is None:
            return RiskAcceptance.NONE
        return given.ended or RiskAcceptance.EXPIRED


def evolve(state: Risk, event: e.RiskEvent) -> Risk:
    """The state after an event."""
    return replace(_evolved(state, event), version=state.version + 1)


def _evolved(state: Risk, event: e.RiskEvent) -> Risk:
    match event:
        case e.RiskIdentified():
            return Risk(
                status=RiskStatus.OPEN,
                title=event.title,
                category=event.category,
                system=event.system or None,
                causes=event.causes or "",
                consequences=event.consequences or "",
                owner=event.owner,
                review_due=event.review_due,
            )
        case e.RiskAmended():
            given = {
                name: value
                for name in ("title", "category", "owner", "causes", "consequences")
                if (value := getattr(event, name)) is not UNSET
            }
            asked = state.asked
            if asked is not None and event.owner:
                asked = replace(asked, persons=asked.persons | {event.owner})
            return replace(state, **given, asked=asked)
        case e.RiskAssessed():
            return _assessed(state, event)
        case e.RiskReviewed():
            return replace(
                state, review_due=event.next_due, review_overdue=False, reviewed_at=event.at
            )
        case e.RiskReviewOverdue():
            return replace(state, review_overdue=True)
        case e.RiskClosed():
            return replace(
                state,
                status=RiskStatus.CLOSED,
                asked=None,
                acceptance=None,
                review_due=None,
                review_overdue=False,
                reason=event.reason,
            )
        case e.RiskReopened():
            return replace(
                state,
                status=RiskStatus.OPEN,
                treatment=None,
                review_due=event.review_due,
                reason="",
            )
        case e.RiskTreatmentChosen() | e.RiskTreatmentCompleted() | e.RiskTreatmentOverdue():
            return _treated(state, event)
        case (
            e.RiskAcceptanceRequested()
            | e.RiskAccepted()
            | e.RiskAcceptanceWithdrawn()
            | e.RiskAcceptanceExpired()
        ):
            return _accepted(state, event)
        case (
            e.RiskIncidentLinked()
            | e.RiskControlLinked()
            | e.RiskImprovementLinked()
            | e.RiskSystemLinked()
            | e.RiskUnlinked()
        ):
            return _linked(state, event)
        case _:
            assert_never(event)


def _assessed(state: Risk, event: e.RiskAssessed) -> Risk:
    assessed = RiskAssessment(
        at=event.at,
        version=state.version + 1,
        likelihood=event.likelihood,
        impact=event.impact,
        rationale=event.rationale,
        matrix=event.matrix,
        score=event.score,
        band=event.band,
        tolerated=event.tolerated,
        person=event.person,
    )
    if event.level is RiskLevel.CURRENT:
        state = replace(_ended(state, RiskAcceptance.STALE), asked=None)
    return replace(
        state,
        assessments={**state.assessments, event.level: assessed},
        review_due=event.review_due or state.review_due,
    )


def _treated(
    state: Risk,
    event: e.RiskTreatmentChosen | e.RiskTreatmentCompleted | e.RiskTreatmentOverdue,
) -> Risk:
    match event:
        case e.RiskTreatmentChosen():
            chosen = ChosenTreatment(
                at=event.at,
                treatment=event.treatment,
                plan=event.plan,
                person=event.person,
                due=event.due or None,
            )
            state = replace(state, treatment=chosen)
            if event.treatment is Treatment.ACCEPT:
                return replace(state, asked=_asked(state, event, event.plan, event.due or None))
            by_treatment = state.asked is not None and state.asked.by_treatment
            return replace(state, asked=None) if by_treatment else state
        case e.RiskTreatmentCompleted() if state.treatment is not None:
            done = replace(state.treatment, completed_at=event.at, overdue=False)
            return replace(state, treatment=done)
        case e.RiskTreatmentOverdue() if state.treatment is not None:
            return replace(state, treatment=replace(state.treatment, overdue=True))
        case _:
            return state


def _accepted(
    state: Risk,
    event: e.RiskAcceptanceRequested
    | e.RiskAccepted
    | e.RiskAcceptanceWithdrawn
    | e.RiskAcceptanceExpired,
) -> Risk:
    match event:
        case e.RiskAcceptanceRequested():
            return replace(state, asked=_asked(state, event, event.reason, event.until or None))
        case e.RiskAccepted():
            given = GivenAcceptance(
                at=event.at,
                person=event.person,
                role=event.role,
                until=event.until,
                reason=event.reason,
                band=event.band,
                assessed_at_version=event.assessed_at_version,
            )
            return replace(state, acceptance=given, asked=None)
        case e.RiskAcceptanceWithdrawn():
            return replace(_ended(state, RiskAcceptance.WITHDRAWN), asked=None)
        case e.RiskAcceptanceExpired():
            return _ended(state, RiskAcceptance.EXPIRED)
        case _:
            assert_never(event)


def _asked(
    state: Risk,
    event: e.RiskTreatmentChosen | e.RiskAcceptanceRequested,
    reason: Text,
    until: datetime | None,
) -> AskedAcceptance:
    """Who asks now has asked as well: whoever did so before asked all the same."""
    before = frozenset() if state.asked is None else state.asked.persons
    by_treatment = isinstance(event, e.RiskTreatmentChosen)
    if by_treatment and state.asked is not None:
        by_treatment = state.asked.by_treatment
    return AskedAcceptance(
        at=event.at,
        person=event.person,
        persons=before | {event.person, *event.persons, state.owner},
        reason=reason,
        until=until,
        by_treatment=by_treatment,
    )


def _ended(state: Risk, ended: RiskAcceptance) -> Risk:
    given = state.acceptance
    if given is None or given.ended is not None:
        return state
    return replace(state, acceptance=replace(given, ended=ended))


def _linked(
    state: Risk,
    event: e.RiskIncidentLinked
    | e.RiskControlLinked
    | e.RiskImprovementLinked
    | e.RiskSystemLinked
    | e.RiskUnlinked,
) -> Risk:
    if isinstance(event, e.RiskUnlinked):
        gone = link_of(event)
        return replace(state, links=tuple(each for each in state.links if each != gone))
    return replace(state, links=(*state.links, link_of(event)))


def link_of(
    event: e.RiskIncidentLinked
    | e.RiskControlLinked
    | e.RiskImprovementLinked
    | e.RiskSystemLinked
    | e.RiskUnlinked,
) -> LinkedTo:
    """The link that an event makes, or removes."""
    match event:
        case e.RiskIncidentLinked():
            return LinkedTo(kind=RiskLink.INCIDENT, id=event.incident)
        case e.RiskImprovementLinked():
            return LinkedTo(kind=RiskLink.IMPROVEMENT, id=event.improvement)
        case e.RiskSystemLinked():
            return LinkedTo(kind=RiskLink.SYSTEM, id=event.system)
        case e.RiskControlLinked():
            return LinkedTo(kind=RiskLink.CONTROL, id=event.control, system=event.system or None)
        case e.RiskUnlinked():
            return LinkedTo(kind=event.kind, id=event.id, system=event.system or None)
        case _:
            assert_never(event)
