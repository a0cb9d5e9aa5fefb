"""What happens to an improvement. `at` is when it happened; the envelope says who did it."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.improvement.words import (
    CauseKind,
    CheckResult,
    Comparing,
    CriterionKind,
    ImprovementKind,
    UpdateKind,
)
from ledger.domain.text import Text


class ImprovementCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an improvement is proposed.

    `ref` names what caused it: a stream ("incident/<uuid>"), a reference, or an id from elsewhere.
    `leaf` is that of the event which caused it, where it is one of this ledger.
    """

    kind: CauseKind
    ref: str | UnsetType = UNSET
    leaf: int | UnsetType = UNSET


class SuccessCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """By what the effect of an improvement is known.

    metric: a measurement of `metric` after it was done meets `target`, in `unit`. evidence: there
    is approved evidence of `evidence_kind`. no_recurrence: the alert group `group` opens no
    incident. `within` is how long after it was done that is to be known.
    """

    kind: CriterionKind
    metric: str | UnsetType = UNSET
    comparison: Comparing | UnsetType = UNSET
    target: float | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    within: timedelta | UnsetType = UNSET
    evidence_kind: str | UnsetType = UNSET
    group: UUID | UnsetType = UNSET


class ActedUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What was updated, by a name or an address; of a policy, `digest` is the adopted one."""

    what: UpdateKind
    reference: str
    digest: str | UnsetType = UNSET


class ImprovementProposed(Event, frozen=True, kw_only=True):
    """Something is to be improved; `action` is what might be done.

    Without a `system` (empty) it is of the organisation. A trigger proposes its policy's action,
    once for each time that it fires; a root cause analysis and a review propose their actions.
    """

    name: ClassVar[str] = "improvement.proposed.v1"

    title: Text
    system: str
    improvement_kind: ImprovementKind
    cause: ImprovementCause
    action: Text | UnsetType = UNSET


class ImprovementAccepted(Event, frozen=True, kw_only=True):
    """It will be done: `owner` (an opaque "person/<uuid>") sees to it until `due`.

    `success` says by what it is known to have had an effect, and `criterion` so that a check can
    be compared with it.
    """

    name: ClassVar[str] = "improvement.accepted.v1"

    owner: str
    due: datetime
    success: Text | UnsetType = UNSET
    criterion: SuccessCriterion | UnsetType = UNSET


class ImprovementRejected(Event, frozen=True, kw_only=True):
    """It will not be done."""

    name: ClassVar[str] = "improvement.rejected.v1"

    reason: Text


class ImprovementDueChanged(Event, frozen=True, kw_only=True):
    """It is to be done by another time."""

    name: ClassVar[str] = "improvement.due_changed.v1"

    from_: datetime = msgspec.field(name="from")
    to: datetime
    reason: Text


class ImprovementOverdue(Event, frozen=True, kw_only=True):
    """It was not recorded as done at `due`; recorded by the clock, once for each due time."""

    name: ClassVar[str] = "improvement.overdue.v1"

    due: datetime


class ImprovementDone(Event, frozen=True, kw_only=True):
    """It was done: `what` says what that was; its effect is to be known at `check_by`.

    `persons` is everybody that `person`, who recorded it, counts as: the ids of one human, and
    whose deputy he is. `evidence` are ids, `release` is that of the release that it came with.
    """

    name: ClassVar[str] = "improvement.done.v1"

    what: Text
    person: str
    persons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    release: str | UnsetType = UNSET
    check_by: datetime | UnsetType = UNSET


class ImprovementChecked(Event, frozen=True, kw_only=True):
    """Somebody other than those who did it says whether it had its effect, and why.

    Without a `person` the clock does: nothing recurred until the time that was set.
    """

    name: ClassVar[str] = "improvement.checked.v1"

    result: CheckResult
    basis: Text
    evidence: tuple[str, ...] = ()
    measurement: str | UnsetType = UNSET
    person: str | UnsetType = UNSET


class ImprovementActed(Event, frozen=True, kw_only=True):
    """What was learnt became part of how the organisation works."""

    name: ClassVar[str] = "improvement.acted.v1"

    updates: tuple[ActedUpdate, ...]
    person: str


class ImprovementReopened(Event, frozen=True, kw_only=True):
    """It had no effect, and is done again until `due`, by the same owner."""

    name: ClassVar[str] = "improvement.reopened.v1"

    reason: Text
    due: datetime


class ImprovementRecurred(Event, frozen=True, kw_only=True):
    """What it was to prevent happened again, as this incident: it is not effective."""

    name: ClassVar[str] = "improvement.recurred.v1"

    incident: UUID


class ImprovementClosed(Event, frozen=True, kw_only=True):
    """Nothing more is to be done."""

    name: ClassVar[str] = "improvement.closed.v1"

    reason: Text = ""


ImprovementEvent = (
    ImprovementProposed
    | ImprovementAccepted
    | ImprovementRejected
    | ImprovementDueChanged
    | ImprovementOverdue
    | ImprovementDone
    | ImprovementChecked
    | ImprovementActed
    | ImprovementReopened
    | ImprovementRecurred
    | ImprovementClosed
)
