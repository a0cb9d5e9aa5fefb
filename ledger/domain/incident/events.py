"""What happens to an incident. `at` is when it happened; the envelope says who did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.incident.merge_events import Absorbed as Absorbed
from ledger.domain.incident.merge_events import Merged as Merged
from ledger.domain.incident.merge_events import StaleAlert as StaleAlert
from ledger.domain.incident.rca_events import RcaApprovalRequested as RcaApprovalRequested
from ledger.domain.incident.rca_events import RcaApproved as RcaApproved
from ledger.domain.incident.rca_events import RcaAtRisk as RcaAtRisk
from ledger.domain.incident.rca_events import RcaCompleted as RcaCompleted
from ledger.domain.incident.rca_events import RcaMarkWithdrawn as RcaMarkWithdrawn
from ledger.domain.incident.rca_events import RcaOverdue as RcaOverdue
from ledger.domain.incident.rca_events import RcaPreliminary as RcaPreliminary
from ledger.domain.incident.rca_events import RcaStarted as RcaStarted
from ledger.domain.incident.told_events import Acknowledged as Acknowledged
from ledger.domain.incident.told_events import RiskManagerNotified as RiskManagerNotified
from ledger.domain.incident.told_events import TicketOpened as TicketOpened
from ledger.domain.text import Text
from ledger.vocabulary import Severity, category_name, step_name

ALERT = "alert"
"""The `basis` of what an alert opened."""
IMPORTED = "imported"
"""The `basis` of what an import recorded: history, of which nothing is overdue any more."""
PARTS: Mapping[str | UnsetType, str] = {
    "rca/preliminary": "preliminary",
    "rca/approve": "approval",
}
"""What a correction `moves` that is no step, and what the read models call it."""
POLICY, PERSON, ABSORBED = "policy", "person", "absorbed"
"""The `basis` of a restriction."""
RESOLVED, STALE, MOVED, LATE = "resolved", "stale", "moved", "late"
"""The `basis` of what ended a linked alert's part; see `LinkedAlertResolved`."""


class OwedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the policy adds to the runbook's, as it was when an incident came to owe it.

    `after` is the step before it, None where it is the first.
    """

    step: str
    label: str
    after: str | None
    waivable: bool


class IncidentDetected(Event, frozen=True, kw_only=True):
    """An incident began to be known; `at` is its detection.

    What the decision took from the policy stands here: the `month` it belongs to (YYYY-MM in the
    policy's zone), when its RCA is due and at risk, and whether it counts (runbook section 6).
    `started_at` is when its alert says that it began, where that is another time. `steps` are those
    that it owes beyond the runbook's, in order. `system_action` is what the AI system did by
    itself, such as an agent that deleted records.
    """

    name: ClassVar[str] = "incident.detected.v1"

    title: Text
    system: str
    severity: Severity | None
    source: str
    basis: str
    month: str
    rca_due: datetime
    at_risk_at: datetime
    counts: bool
    description: Text = ""
    external_id: str | None = None
    group: UUID | None = None
    number: int | None = None
    impact_ended_at: datetime | None = None
    started_at: datetime | UnsetType = UNSET
    steps: tuple[OwedStep, ...] | UnsetType = UNSET
    system_action: Text | UnsetType = UNSET


class AlertLinked(Event, frozen=True, kw_only=True):
    """An alert's episode is part of this incident; `at` is the episode's start."""

    name: ClassVar[str] = "incident.alert_linked.v1"

    alert: UUID
    title: Text


class LinkedAlertResolved(Event, frozen=True, kw_only=True):
    """A linked alert's episode ended, was not heard of any more, or belongs elsewhere now.

    By `basis`, `at` is: of "resolved" its end as given; of "stale" when it was last heard of, and
    whether it goes on is not known since; of "moved" when it became another incident's; of "late"
    its end as given, for an alert that this incident does not hold any more.
    `marked_at` is when staleness was found, absent from events of before that was recorded.
    """

    name: ClassVar[str] = "incident.alert_resolved.v1"

    alert: UUID
    basis: str = RESOLVED
    marked_at: datetime | UnsetType = UNSET


class ImpactResolved(Event, frozen=True, kw_only=True):
    """A person states that its impact ended `at` that time, whatever its alerts say."""

    name: ClassVar[str] = "incident.resolved.v1"

    reason: Text


class Contained(Event, frozen=True, kw_only=True):
    """The incident can do no further harm (runbook section 7.1)."""

    name: ClassVar[str] = "incident.contained.v1"

    action: Text


class Communicated(Event, frozen=True, kw_only=True):
    """An audience was told (runbook section 7.1)."""

    name: ClassVar[str] = "incident.communicated.v1"

    audience: str
    message: Text


class Classified(Event, frozen=True, kw_only=True):
    """Its category and severity; a later one supersedes (runbook section 7.2).

    `counts`: whether, by the policy, it still counts for its month now. `label` names a category
    that is none of the runbook's, `secondary_label` such a `secondary_category`, which is another
    kind of harm that it did as well. `rca_due` and `at_risk_at` are there where the classification
    moved them, `steps` where it added what the incident owes.
    """

    name: ClassVar[str] = "incident.classified.v1"

    category: str
    severity: Severity | None
    reason: Text = ""
    counts: bool | None = None
    label: str | UnsetType = UNSET
    rca_due: datetime | UnsetType = UNSET
    at_risk_at: datetime | UnsetType = UNSET
    steps: tuple[OwedStep, ...] | UnsetType = UNSET
    secondary_category: str | UnsetType = UNSET
    secondary_label: str | UnsetType = UNSET

    @property
    def category_label(self) -> str:
        """The category's name for people, as the policy then had it."""
        return self.label or category_name(self.category)

    @property
    def secondary_category_label(self) -> str | None:
        """The secondary category's name for people, if there is one."""
        second = self.secondary_category
        return self.secondary_label or category_name(second) if second else None


class RollbackRequested(Event, frozen=True, kw_only=True):
    """A rollback is required (runbook section 7.4)."""

    name: ClassVar[str] = "incident.rollback_requested.v1"

    reason: Text
    target: str = ""


class RollbackExecuted(Event, frozen=True, kw_only=True):
    """The system runs on `snapshot` again."""

    name: ClassVar[str] = "incident.rollback_executed.v1"

    snapshot: str


class RollbackFailed(Event, frozen=True, kw_only=True):
    """The rollback to `snapshot` did not work."""

    name: ClassVar[str] = "incident.rollback_failed.v1"

    snapshot: str


class PlaybookUpdated(Event, frozen=True, kw_only=True):
    """What was learned went into a playbook (runbook section 7.5)."""

    name: ClassVar[str] = "incident.playbook_updated.v1"

    playbook: str
    change: Text


class StepWaived(Event, frozen=True, kw_only=True):
    """A step will not be done, for a reason, by the event's actor.

    `label` names a step that is none of the runbook's.
    """

    name: ClassVar[str] = "incident.step_waived.v1"

    step: str
    reason: Text
    label: str | UnsetType = UNSET

    @property
    def step_label(self) -> str:
        """The step's name for people."""
        return self.label or step_name(self.step)


class OwnerAssigned(Event, frozen=True, kw_only=True):
    """Who sees it through: an opaque "person/<uuid>"."""

    name: ClassVar[str] = "incident.owner_assigned.v1"

    owner: str


Correction = Text | tuple[Text, ...] | None
"""A value before or after a correction; a list has a line for each of its texts."""


class Amended(Event, frozen=True, kw_only=True):
    """A correction; by `alert` where an alert that became worse raised the severity.

    Where what was detected changes with it (detected_at, severity, system), what detection took
    from the policy is restated whole, and only what the corrected field bears on is taken anew.
    `steps` are those that another severity added to what it owes.
    A `field` such as "communicate.17.message" is of what the stream's event 17 wrote; a list has a
    line for each of its texts. `moves` is the step or one of the PARTS whose time or text that is.
    `rca_completed_at` is the corrected completion. `shortened`: `from` is cut to fit an event; it
    stands whole in what is corrected. Lists whose texts lie beside the log are recorded as lists.
    """

    name: ClassVar[str] = "incident.amended.v1"

    field: str
    from_: Correction = msgspec.field(name="from")
    to: Correction
    reason: Text
    month: str | None = None
    rca_due: datetime | None = None
    at_risk_at: datetime | None = None
    counts: bool | None = None
    alert: UUID | UnsetType = UNSET
    steps: tuple[OwedStep, ...] | UnsetType = UNSET
    moves: str | UnsetType = UNSET
    rca_completed_at: datetime | UnsetType = UNSET
    shortened: bool | UnsetType = UNSET


class Dismissed(Event, frozen=True, kw_only=True):
    """A false alarm: it does not count and owes no RCA."""

    name: ClassVar[str] = "incident.dismissed.v1"

    reason: Text


class Closed(Event, frozen=True, kw_only=True):
    """Every step is done, waived or not applicable.

    `reason` says why it was closed though its impact went on, or nobody knew whether it did.
    """

    name: ClassVar[str] = "incident.closed.v1"

    basis: str = "steps"
    reason: Text | UnsetType = UNSET


class Reopened(Event, frozen=True, kw_only=True):
    """Closed or dismissed too early; the RCA clock does not start anew."""

    name: ClassVar[str] = "incident.reopened.v1"

    reason: Text


class StepDone(Event, frozen=True, kw_only=True):
    """A step that the policy adds to the runbook's was done; `note` says how."""

    name: ClassVar[str] = "incident.step_done.v1"

    step: str
    label: str
    note: Text


class NearMissDeclared(Event, frozen=True, kw_only=True):
    """It could have done harm and did none: it does not count, and its RCA is optional."""

    name: ClassVar[str] = "incident.near_miss_declared.v1"

    reason: Text = ""


class NearMissWithdrawn(Event, frozen=True, kw_only=True):
    """It is an incident after all: the RCA clock goes on with the due time that it had.

    `counts`: whether, by the policy, it counts for its month now.
    """

    name: ClassVar[str] = "incident.near_miss_withdrawn.v1"

    reason: Text
    counts: bool


class IncidentRestricted(Event, frozen=True, kw_only=True):
    """Only some roles read its texts and timeline from here on.

    By `basis`: the policy's categories and systems say so, a person does, or it absorbed one.
    """

    name: ClassVar[str] = "incident.restricted.v1"

    basis: str
    reason: Text = ""


class RestrictionLifted(Event, frozen=True, kw_only=True):
    """Whoever reads incidents reads it again."""

    name: ClassVar[str] = "incident.restriction_lifted.v1"

    reason: Text


class Noted(Event, frozen=True, kw_only=True):
    """Somebody noted something; it changes nothing."""

    name: ClassVar[str] = "incident.noted.v1"

    text: Text


IncidentEvent = (
    IncidentDetected
    | AlertLinked
    | LinkedAlertResolved
    | ImpactResolved
    | Contained
    | Communicated
    | Classified
    | TicketOpened
    | RiskManagerNotified
    | Acknowledged
    | RollbackRequested
    | RollbackExecuted
    | RollbackFailed
    | RcaStarted
    | RcaAtRisk
    | RcaOverdue
    | RcaCompleted
    | PlaybookUpdated
    | StepWaived
    | OwnerAssigned
    | Amended
    | Merged
    | Absorbed
    | Dismissed
    | Closed
    | Reopened
    | RcaMarkWithdrawn
    | StepDone
    | NearMissDeclared
    | NearMissWithdrawn
    | RcaPreliminary
    | RcaApprovalRequested
    | RcaApproved
    | IncidentRestricted
    | RestrictionLifted
    | Noted
)
