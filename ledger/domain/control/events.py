"""What happens to a control of a system, or of the organisation. `at` is when it happened."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.control.words import Effect
from ledger.domain.envelope import Event
from ledger.domain.text import Text


class ControlAssessed(Event, frozen=True, kw_only=True):
    """A person assessed it, as designed and as it operates; it answers what was due until then.

    `control` is its id in the policy's catalogue; without `system` it is the organisation's. It is
    backed by `evidence`, by its ids. The assessment holds `until`; without it, it has no end.
    """

    name: ClassVar[str] = "control.assessed.v1"

    control: str
    person: str
    design: Effect
    operating: Effect
    system: str | UnsetType = UNSET
    evidence: tuple[str, ...] = ()
    until: datetime | UnsetType = UNSET
    notes: Text | UnsetType = UNSET


class ControlReassessmentDue(Event, frozen=True, kw_only=True):
    """`standard` changed, the event at `leaf`: it is to be assessed again until `by`.

    `next_by` is the earliest such time that is still to come, where that is another one.
    """

    name: ClassVar[str] = "control.reassessment_due.v1"

    control: str
    standard: str
    by: datetime
    leaf: int
    system: str | UnsetType = UNSET
    next_by: datetime | UnsetType = UNSET


class ControlRetired(Event, frozen=True, kw_only=True):
    """Its system was retired: nothing is to be assessed again any more, and nothing expires."""

    name: ClassVar[str] = "control.retired.v1"


class ControlReassessmentOverdue(Event, frozen=True, kw_only=True):
    """The clock's mark: nobody assessed it again until then."""

    name: ClassVar[str] = "control.reassessment_overdue.v1"

    by: datetime


class ControlAssessmentExpired(Event, frozen=True, kw_only=True):
    """The clock's mark: the assessment held until then."""

    name: ClassVar[str] = "control.assessment_expired.v1"

    until: datetime


ControlEvent = (
    ControlAssessed
    | ControlReassessmentDue
    | ControlReassessmentOverdue
    | ControlAssessmentExpired
    | ControlRetired
)
