"""An incident's state, folded from its stream: what the rules need to know, no more."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace
from rpds import HashTrieSet

from ledger.domain.envelope import Text
from ledger.domain.incident import events as e
from ledger.domain.incident import impact
from ledger.domain.incident.steps import AT_DETECTION, Steps, moved
from ledger.vocabulary import Category, RcaMark, Severity, Status


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Where an incident stands; `firing` holds the linked alerts that fire and are not stale.

    `at_risk_marked` gives the at-risk time of each due time that was marked so.
    """

    status: Status | None = None
    basis: str = ""
    title: Text = ""
    system: str = ""
    description: Text = ""
    external_id: str | None = None
    severity: Severity | None = None
    category: Category | None = None
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
    impact_ended_at: datetime | None = None
    contained: e.Contained | None = None
    tickets: frozenset[str] = frozenset()
    notified: frozenset[tuple[str, str]] = frozenset()
    owner: str | None = None
    merged_into: UUID | None = None
    dismissed_for: Text | None = None

    @property
    def owes_rca(self) -> bool:
        """Whether the clock runs for its RCA: not for what an import recorded of the past."""
        return (
            self.status is Status.OPEN
            and self.basis != e.IMPORTED
            and self.rca_completed_at is None
        )

    @property
    def impact_ongoing(self) -> bool:
        """Whether a linked alert fires, or no end was ever stated."""
        return impact.ongoing(len(self.firing), self.impact_ended_at)

    def attracts(self, at: datetime, quiet: timedelta) -> bool:
        """Whether an alert that arrives `at` belongs here rather than to a new incident."""
        if self.status is not Status.OPEN:
            return False
        if self.impact_ongoing or self.impact_ended_at is None:
            return True
        return at - self.impact_ended_at < quiet


def evolve(state: Incident, event: e.IncidentEvent) -> Incident:
    """The state after an event; never refuses."""
    if step := moved(event):
        state = replace(state, steps={**state.steps, step[0]: step[1]})
    match event:
        case e.IncidentDetected():
            return Incident(
                status=Status.OPEN,
                basis=event.basis,
                title=event.title,
                system=event.system,
                description=event.description,
                external_id=event.external_id,
                severity=event.severity,
                detected_at=event.at,
                month=event.month,
                counts=event.counts,
                rca_due=event.rca_due,
                at_risk_at=event.at_risk_at,
                impact_ended_at=event.impact_ended_at,
            )
        case e.AlertLinked():
            return replace(state, firing=state.firing.insert(event.alert))
        case e.LinkedAlertResolved():
            return replace(
                state,
                firing=state.firing.discard(event.alert),
                impact_ended_at=impact.latest(state.impact_ended_at, event.at),
            )
        case e.Absorbed():
            return _absorbed(state, event)
        case e.Contained():
            return replace(state, contained=event)
        case e.Classified():
            return replace(
                state,
                category=event.category,
                severity=event.severity or state.severity,
                counts=state.counts if event.counts is None else event.counts,
            )
        case e.TicketOpened():
            return replace(state, tickets=state.tickets | {event.url})
        case e.RiskManagerNotified():
            return replace(state, notified=state.notified | {(event.channel, event.receipt)})
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
                state, status=Status.MERGED, merged_into=event.into, firing=HashTrieSet()
            )
        case e.Dismissed():
            return replace(state, status=Status.DISMISSED, dismissed_for=event.reason)
        case e.Closed():
            return replace(state, status=Status.CLOSED)
        case e.Reopened():
            return replace(state, status=Status.OPEN, dismissed_for=None)
        case (
            e.Communicated()
            | e.RollbackRequested()
            | e.RollbackExecuted()
            | e.RollbackFailed()
            | e.PlaybookUpdated()
            | e.StepWaived()
        ):
            return state
        case _:
            assert_never(event)


def _withdrawn(state: Incident, event: e.RcaMarkWithdrawn) -> Incident:
    if event.mark is RcaMark.OVERDUE:
        return replace(state, overdue_marked=state.overdue_marked - {event.due})
    left = {due: at for due, at in state.at_risk_marked.items() if due != event.due}
    return replace(state, at_risk_marked=left)


def _absorbed(state: Incident, event: e.Absorbed) -> Incident:
    ended = impact.absorbing(state.impact_ended_at, event.impact_ended_at, fires=bool(event.alerts))
    return replace(state, firing=state.firing.update(event.alerts), impact_ended_at=ended)


def _amended(state: Incident, event: e.Amended) -> Incident:
    known = event.field in Incident.__struct_fields__
    changed = replace(state, **{event.field: amended_value(event)}) if known else state
    if event.rca_due is None:
        return changed
    return replace(
        changed,
        month=event.month,
        counts=event.counts,
        rca_due=event.rca_due,
        at_risk_at=event.at_risk_at,
    )


def amended_value(event: e.Amended) -> Text | Severity | datetime | None:
    """The new value of an amended field, in its own type."""
    if event.to is None or not isinstance(event.to, str):
        return event.to
    match event.field:
        case "severity":
            return Severity(event.to)
        case "detected_at" | "impact_ended_at":
            return msgspec.convert(event.to, datetime)
        case _:
            return event.to
