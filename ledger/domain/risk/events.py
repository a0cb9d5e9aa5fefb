"""What happens to a risk. `at` is when; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.risk.words import RiskLevel, RiskLink, Treatment
from ledger.domain.text import Text


class RiskIdentified(Event, frozen=True, kw_only=True):
    """A risk is on the register; without `system` it is the organisation's.

    `owner` is an opaque "person/<uuid>". It is reviewed until `review_due`.
    """

    name: ClassVar[str] = "risk.identified.v1"

    title: Text
    category: str
    owner: str
    review_due: datetime
    system: str | UnsetType = UNSET
    causes: Text | UnsetType = UNSET
    consequences: Text | UnsetType = UNSET


class RiskAmended(Event, frozen=True, kw_only=True):
    """What is on record of it was corrected: the fields that are there have these values now."""

    name: ClassVar[str] = "risk.amended.v1"

    reason: Text
    title: Text | UnsetType = UNSET
    category: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    causes: Text | UnsetType = UNSET
    consequences: Text | UnsetType = UNSET


class RiskAssessed(Event, frozen=True, kw_only=True):
    """A person gives it a likelihood and an impact, by their ids in the policy's matrix.

    `score` and `band` are what these come to in the matrix of that digest (SHA-256, hex), and
    `tolerated` whether the policy then tolerated the band. A current assessment that finds no
    overdue review sets when the next is due. It makes an acceptance stale and ends what was asked
    for: both are of what was assessed before.
    """

    name: ClassVar[str] = "risk.assessed.v1"

    level: RiskLevel
    likelihood: str
    impact: str
    rationale: Text
    matrix: str
    score: int
    band: str
    tolerated: bool
    person: str
    review_due: datetime | UnsetType = UNSET


class RiskTreatmentChosen(Event, frozen=True, kw_only=True):
    """What is done about it, until when. To choose `accept` is to ask for an acceptance.

    `persons` are all ids of the human, and of whom he is the deputy.
    """

    name: ClassVar[str] = "risk.treatment_chosen.v1"

    treatment: Treatment
    plan: Text
    person: str
    persons: tuple[str, ...] = ()
    due: datetime | UnsetType = UNSET


class RiskTreatmentCompleted(Event, frozen=True, kw_only=True):
    """What was planned is done."""

    name: ClassVar[str] = "risk.treatment_completed.v1"

    what: Text


class RiskTreatmentOverdue(Event, frozen=True, kw_only=True):
    """The time passed until which the treatment was to be done."""

    name: ClassVar[str] = "risk.treatment_overdue.v1"

    due: datetime


class RiskAcceptanceRequested(Event, frozen=True, kw_only=True):
    """Somebody asks that it be accepted as it is assessed, until a time where one is named.

    `persons` are all ids of the human, and of whom he is the deputy.
    """

    name: ClassVar[str] = "risk.acceptance_requested.v1"

    person: str
    reason: Text
    persons: tuple[str, ...] = ()
    until: datetime | UnsetType = UNSET


class RiskAccepted(Event, frozen=True, kw_only=True):
    """A person accepted it in a role that may accept risks of its band, until a time.

    `assessed_at_version` is the version of the stream that has the current assessment.
    """

    name: ClassVar[str] = "risk.accepted.v1"

    person: str
    role: str
    until: datetime
    reason: Text
    band: str
    assessed_at_version: int


class RiskAcceptanceWithdrawn(Event, frozen=True, kw_only=True):
    """It is accepted, or its acceptance asked for, no more."""

    name: ClassVar[str] = "risk.acceptance_withdrawn.v1"

    reason: Text


class RiskAcceptanceExpired(Event, frozen=True, kw_only=True):
    """The time passed until which it was accepted."""

    name: ClassVar[str] = "risk.acceptance_expired.v1"

    until: datetime


class RiskIncidentLinked(Event, frozen=True, kw_only=True):
    """An incident is behind it, by its id."""

    name: ClassVar[str] = "risk.incident_linked.v1"

    incident: str


class RiskControlLinked(Event, frozen=True, kw_only=True):
    """A control of the policy's catalogue makes it less; of a system, where one is named."""

    name: ClassVar[str] = "risk.control_linked.v1"

    control: str
    system: str | UnsetType = UNSET


class RiskImprovementLinked(Event, frozen=True, kw_only=True):
    """An improvement is about it, by its id."""

    name: ClassVar[str] = "risk.improvement_linked.v1"

    improvement: str


class RiskSystemLinked(Event, frozen=True, kw_only=True):
    """It concerns another system, too."""

    name: ClassVar[str] = "risk.system_linked.v1"

    system: str


class RiskUnlinked(Event, frozen=True, kw_only=True):
    """A link was removed: what of, and which, as it was linked."""

    name: ClassVar[str] = "risk.unlinked.v1"

    kind: RiskLink
    id: str
    reason: Text
    system: str | UnsetType = UNSET


class RiskReviewed(Event, frozen=True, kw_only=True):
    """A person looked whether what is on record still holds; the next review is due `next_due`."""

    name: ClassVar[str] = "risk.reviewed.v1"

    person: str
    next_due: datetime
    notes: Text | UnsetType = UNSET


class RiskReviewOverdue(Event, frozen=True, kw_only=True):
    """The time passed until which it was to be reviewed."""

    name: ClassVar[str] = "risk.review_overdue.v1"

    due: datetime


class RiskClosed(Event, frozen=True, kw_only=True):
    """It is a risk no more; what was accepted or asked for ends with it."""

    name: ClassVar[str] = "risk.closed.v1"

    reason: Text


class RiskReopened(Event, frozen=True, kw_only=True):
    """It is a risk again, and reviewed until `review_due`; it is to be treated anew."""

    name: ClassVar[str] = "risk.reopened.v1"

    reason: Text
    review_due: datetime


RiskEvent = (
    RiskIdentified
    | RiskAmended
    | RiskAssessed
    | RiskTreatmentChosen
    | RiskTreatmentCompleted
    | RiskTreatmentOverdue
    | RiskAcceptanceRequested
    | RiskAccepted
    | RiskAcceptanceWithdrawn
    | RiskAcceptanceExpired
    | RiskIncidentLinked
    | RiskControlLinked
    | RiskImprovementLinked
    | RiskSystemLinked
    | RiskUnlinked
    | RiskReviewed
    | RiskReviewOverdue
    | RiskClosed
    | RiskReopened
)
