"""An incident's state, folded from its stream: what the rules need to know, no more."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace
from rpds import HashTrieMap, HashTrieSet

from ledger.domain.concern import worse
from ledger.domain.incident import events as e
from ledger.domain.incident import impact
from ledger.domain.incident.steps import AT_DETECTION, Steps, added_steps, step_change, with_added
from ledger.domain.incident.written import (
    WrittenEvents,
    amended_value,
    corrected,
    place_of,
    with_event,
)
from ledger.domain.text import Text
from ledger.vocabulary import Impact, RcaMark, Severity, Status, Step, StepState


class Unheard(NamedTuple):
    """A stale alert: when it was last seen, and when it was marked stale."""

    last_heard_at: datetime
    marked_at: datetime


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Where an incident stands.

    `firing` holds the linked alerts that fire, `stale` those that are stale. `impact_ended_at` is
    the latest end of the others, or the one that was reported; `resolved_at` the end that a person
    stated. `severity_stated`: by a person, and no alert changes it. `worst_severity` is the worst
    that it, or what it absorbed, ever had. `left_at` is when it was closed or dismissed.
    `at_risk_marked` gives the at-risk time of each due time that was marked so. `added` are those
    `steps` that the policy adds, `notes` what was noted of them. `rca_due` and `at_risk_at` are of
    the final RCA once a preliminary one met the deadline at `preliminary_met_at`: `preliminary_due`
    and `preliminary_at_risk_at`. `approval_authors` are all that the authors of an RCA count as.
    `links_used` are notifications whose links acknowledged it. `restricted`: only some roles read
    its texts. `written` is what can be corrected.
    """

    status: Status | None = None
    basis: str = ""
    title: Text = ""
    system: str = ""
    description: Text = ""
    external_id: str | None = None
    severity: Severity | None = None
    category: str | None = None
    severity_stated: bool = False
    worst_severity: Severity | None = None
    linked: bool = False
    started_at: datetime | None = None
    detected_at: datetime | None = None
    month: str | None = None
    counts: bool | None = None
    rca_due: datetime | None = None
    at_risk_at: datetime | None = None
    rca_started: bool = False
    rca_completed_at: datetime | None = None
    at_risk_marked: Mapping[datetime, datetime] = {}
    overdue_marked: frozenset[datetime] = frozenset()
    steps: Steps = msgspec.field(default_factory=lambda: AT_DETECTION)
    firing: "HashTrieSet[UUID]" = HashTrieSet()
    stale: "HashTrieMap[UUID, Unheard]" = HashTrieMap()
    impact_ended_at: datetime | None = None
    resolved_at: datetime | None = None
    left_at: datetime | None = None
    contained: e.Contained | None = None
    tickets: frozenset[str] = frozenset()
    notified: frozenset[tuple[str, str]] = frozenset()
    acknowledged_at: datetime | None = None
    links_used: frozenset[UUID] = frozenset()
    owner: str | None = None
    merged_into: UUID | None = None
    dismissed_for: Text | None = None
    added: Mapping[str, e.OwedStep] = {}
    notes: Mapping[str, Text] = {}
    near_miss: bool = False
    secondary_category: str | None = None
    system_action: Text = ""
    preliminary: e.RcaPreliminary | None = None
    preliminary_met_at: datetime | None = None
    preliminary_due: datetime | None = None
    preliminary_at_risk_at: datetime | None = None
    approval_authors: frozenset[str] = frozenset()
    rca_approved: bool = False
    restricted: bool = False
    group: UUID | None = None
    written: WrittenEvents = WrittenEvents()

    @property
    def owes_rca(self) -> bool:
        """Whether the clock runs for its RCA: not for a near miss, nor for imported history."""
        return (
            self.status is Status.OPEN
            and self.basis != e.IMPORTED
            and self.rca_completed_at is None
            and not self.near_miss
        )

    @property
    def impact(self) -> Impact:
        """Whether it still does harm, as far as is known."""
        return impact.impact_of(
            len(self.firing), len(self.stale), self.impact_ended_at, self.resolved_at
        )

    @property
    def end(self) -> datetime | None:
        """When its impact ended: as a person stated, else as its alerts did or as reported."""
        return self.resolved_at or self.impact_ended_at

    def holds(self, alert: UUID) -> bool:
        """Whether a linked alert has not ended: it fires, or is stale."""
        return alert in self.firing or alert in self.stale

    def attracts(self, at: datetime, quiet: timedelta) -> bool:
        """Whether an alert that arrives `at` belongs here rather than to a new incident.

        Unknown impact counts as over from when its alerts were marked stale, or
        from the end of another that came later. A near miss keeps the alerts that it has, and gets
        no more: one that comes later may be harm, which is to be counted.
        """
        if self.status is not Status.OPEN or self.near_miss:
            return False
        over_at = self.end
        match self.impact:
            case Impact.ONGOING:
                return True
            case Impact.UNKNOWN:
                marked_at = max(stale.marked_at for stale in self.stale.values())
                over_at = impact.latest(self.impact_ended_at, marked_at)
        return over_at is None or at - over_at < quiet


def evolve(state: Incident, event: e.IncidentEvent) -> Incident:
    """The state after an event; never refuses."""
    step = step_change(event, state.steps[Step.RCA], near_miss=state.near_miss)
    state = replace(
        state,
        steps={**state.steps, step[0]: step[1]} if step else state.steps,
        written=with_event(state.written, event, step and step[0]),
    )
    if added := added_steps(event):
        state = _owing(state, added)
    match event:
        case e.IncidentDetected():
            return Incident(
                written=state.written,
                status=Status.OPEN,
                basis=event.basis,
                title=event.title,
                system=event.system,
                description=event.description,
                external_id=event.external_id,
                group=event.group,
                severity=event.severity,
                worst_severity=event.severity,
                severity_stated=event.basis != e.ALERT and event.severity is not None,
                started_at=event.started_at or event.at,
                detected_at=event.at,
                month=event.month,
                counts=event.counts,
                rca_due=event.rca_due,
                at_risk_at=event.at_risk_at,
                impact_ended_at=event.impact_ended_at,
                steps=state.steps,
                added=state.added,
                system_action=event.system_action or "",
            )
        case e.AlertLinked():
            return replace(
                state,
                linked=True,
                firing=state.firing.insert(event.alert),
                stale=state.stale.discard(event.alert),
                started_at=impact.earliest(state.started_at, event.at),
                resolved_at=None,
            )
        case e.LinkedAlertResolved():
            return _alert_resolved(state, event)
        case e.ImpactResolved():
            return replace(state, resolved_at=event.at)
        case e.Absorbed():
            return _absorbed(state, event)
        case e.Contained():
            return replace(state, contained=event)
        case e.Classified():
            classified = replace(
                state,
                category=event.category,
                severity=event.severity or state.severity,
                worst_severity=worse(state.worst_severity, event.severity),
                severity_stated=state.severity_stated or not _by_rule(state),
                counts=state.counts if event.counts is None else event.counts,
                secondary_category=event.secondary_category or None,
            )
            if not event.rca_due or not event.at_risk_at:
                return classified
            return _due_moved(classified, event.rca_due, event.at_risk_at)
        case e.StepDone():
            return replace(state, notes={**state.notes, event.step: event.note})
        case e.TicketOpened():
            return replace(state, tickets=state.tickets | {event.url})
        case e.RiskManagerNotified():
            return replace(state, notified=state.notified | {(event.channel, event.receipt)})
        case e.Acknowledged():
            used = {event.delivery} if event.delivery else set()
            return replace(state, acknowledged_at=event.at, links_used=state.links_used | used)
        case e.RcaStarted():
            return replace(state, rca_started=True)
        case e.RcaAtRisk():
            return replace(state, at_risk_marked={**state.at_risk_marked, event.due: event.at})
        case e.RcaOverdue():
            return replace(state, overdue_marked=state.overdue_marked | {event.due})
        case e.RcaMarkWithdrawn():
            return _withdrawn(state, event)
        case e.RcaCompleted():
            return replace(state, rca_started=True, rca_completed_at=event.at)
        case e.OwnerAssigned():
            return replace(state, owner=event.owner)
        case e.Amended():
            return _amended(state, event)
        case e.Merged():
            return replace(
                state,
                status=Status.MERGED,
                merged_into=event.into,
                firing=HashTrieSet(),
                stale=HashTrieMap(),
            )
        case e.Dismissed():
            return replace(
                state, status=Status.DISMISSED, dismissed_for=event.reason, left_at=event.at
            )
        case e.Closed():
            return replace(state, status=Status.CLOSED, left_at=event.at)
        case e.Reopened():
            return replace(state, status=Status.OPEN, dismissed_for=None, left_at=None)
        case e.NearMissDeclared():
            return replace(state, near_miss=True, counts=False)
        case e.NearMissWithdrawn():
            return replace(state, near_miss=False, counts=event.counts)
        case e.RcaPreliminary():
            return _preliminary(state, event)
        case e.RcaApprovalRequested():
            authors = frozenset({event.author, *(event.also or ())})
            return replace(state, approval_authors=authors, rca_approved=False)
        case e.RcaApproved():
            return replace(state, rca_approved=True)
        case e.IncidentRestricted() | e.RestrictionLifted():
            return replace(state, restricted=isinstance(event, e.IncidentRestricted))
        case (
            e.Communicated()
            | e.RollbackRequested()
            | e.RollbackExecuted()
            | e.RollbackFailed()
            | e.PlaybookUpdated()
            | e.StepWaived()
            | e.Noted()
        ):
            return state
        case _:
            assert_never(event)


def _owing(state: Incident, added: tuple[e.OwedStep, ...]) -> Incident:
    return replace(
        state,
        steps=with_added(state.steps, added, lambda _: StepState.PENDING),
        added={**{each.step: each for each in added}, **state.added},
    )


def _by_rule(state: Incident) -> bool:
    """Whether the policy's rule classifies now: it does so before the first alert is linked."""
    return state.basis == e.ALERT and not state.linked


def _alert_resolved(state: Incident, event: e.LinkedAlertResolved) -> Incident:
    firing = state.firing.discard(event.alert)
    if event.basis == e.STALE:
        unheard = Unheard(event.at, event.marked_at or event.at)
        return replace(state, firing=firing, stale=state.stale.insert(event.alert, unheard))
    return replace(
        state,
        firing=firing,
        stale=state.stale.discard(event.alert),
        impact_ended_at=impact.latest(state.impact_ended_at, event.at),
    )


def _preliminary(state: Incident, event: e.RcaPreliminary) -> Incident:
    """The first that meets the deadline puts the final due time in its place."""
    state = replace(state, preliminary=event, rca_started=True)
    if event.final_due is None:
        return state
    return replace(
        state,
        preliminary_met_at=event.at,
        preliminary_due=state.rca_due,
        preliminary_at_risk_at=state.at_risk_at,
        rca_due=event.final_due,
        at_risk_at=event.final_at_risk_at,
    )


def _due_moved(state: Incident, due: datetime, at_risk_at: datetime | None) -> Incident:
    """The deadline moved: that which a preliminary RCA met, or the one in force."""
    if state.preliminary_due is not None:
        return replace(state, preliminary_due=due, preliminary_at_risk_at=at_risk_at)
    return replace(state, rca_due=due, at_risk_at=at_risk_at)


def _withdrawn(state: Incident, event: e.RcaMarkWithdrawn) -> Incident:
    if event.mark is RcaMark.OVERDUE:
        return replace(state, overdue_marked=state.overdue_marked - {event.due})
    left = {due: at for due, at in state.at_risk_marked.items() if due != event.due}
    return replace(state, at_risk_marked=left)


def _absorbed(state: Incident, event: e.Absorbed) -> Incident:
    stale = state.stale
    for each in event.stale or ():
        stale = stale.insert(each.alert, Unheard(each.last_heard_at, each.marked_at))
    ended_at, resolved_at = impact.merged(
        state.impact,
        state.impact_ended_at,
        state.resolved_at,
        event.impact_ended_at,
        event.resolved_at or None,
        alerts=event.leaves_alerts,
        over=event.over,
    )
    return replace(
        state,
        worst_severity=worse(state.worst_severity, event.worst_severity or None),
        firing=state.firing.update(event.alerts),
        stale=stale,
        started_at=impact.earliest(state.started_at, event.started_at or None),
        impact_ended_at=ended_at,
        resolved_at=resolved_at,
    )


def _amended(state: Incident, event: e.Amended) -> Incident:
    if (place := place_of(event.field)) is not None:
        return _corrected(state, event, place.number, place.field)
    known = event.field in Incident.__struct_fields__
    changed = replace(state, **{event.field: amended_value(event)}) if known else state
    if state.started_at and state.detected_at and changed.detected_at != state.detected_at:
        to = changed.detected_at or state.detected_at
        began = impact.began(state.started_at, state.detected_at, to)
        changed = replace(changed, started_at=began)
    if event.field == "severity":
        worst = worse(state.worst_severity, changed.severity)
        stated = state.severity_stated or not event.alert
        changed = replace(changed, severity_stated=stated, worst_severity=worst)
    if event.field == "impact_ended_at" and state.resolved_at is not None:
        changed = replace(changed, resolved_at=changed.impact_ended_at)
    if event.rca_due is None:
        return changed
    moved = _due_moved(changed, event.rca_due, event.at_risk_at)
    return replace(moved, month=event.month, counts=event.counts)


def _corrected(state: Incident, event: e.Amended, number: int | None, field: str) -> Incident:
    """After a correction of what an event wrote: all that derives from the field moves with it."""
    old = state.written.events.get(number) if number else None
    if number is None or old is None:
        return state
    new = corrected(old, field, event.to)
    events = state.written.events.insert(number, new)
    state = replace(state, written=replace(state.written, events=events))
    match old, new:
        case e.Contained(), e.Contained():
            return replace(state, contained=new)
        case e.TicketOpened(), e.TicketOpened():
            return replace(state, tickets=state.tickets - {old.url} | {new.url})
        case e.RiskManagerNotified(), e.RiskManagerNotified():
            left = state.notified - {(old.channel, old.receipt)}
            return replace(state, notified=left | {(new.channel, new.receipt)})
        case e.RcaCompleted(), e.RcaCompleted():
            return replace(state, rca_completed_at=new.at)
        case e.RcaPreliminary(), e.RcaPreliminary() if state.preliminary == old:
            return replace(state, preliminary=new)
        case e.StepDone(), e.StepDone() if state.notes.get(old.step) == old.note:
            return replace(state, notes={**state.notes, new.step: new.note})
        case e.Dismissed(), e.Dismissed() if state.dismissed_for == old.reason:
            return replace(state, dismissed_for=new.reason)
        case _:
            return state
