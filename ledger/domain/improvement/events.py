"""What happens to an improvement. `at` is when it happened; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.improvement.words import CauseKind, ImprovementKind
from ledger.domain.text import Text


class ImprovementCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an improvement is proposed.

    `ref` names what caused it: a stream ("incident/<uuid>"), a reference, or an id from elsewhere.
    `leaf` is that of the event which caused it, where it is one of this ledger.
    """

    kind: CauseKind
    ref: str | UnsetType = UNSET
    leaf: int | UnsetType = UNSET


class ImprovementProposed(Event, frozen=True, kw_only=True):
    """Something is to be improved; `action` is what might be done.

    A trigger proposes its policy's action, once for each time that it fires.
    """

    name: ClassVar[str] = "improvement.proposed.v1"

    title: Text
    system: str
    improvement_kind: ImprovementKind
    cause: ImprovementCause
    action: Text | UnsetType = UNSET


class ImprovementAccepted(Event, frozen=True, kw_only=True):
    """It will be done: `owner` (an opaque "person/<uuid>") sees to it until `due`.

    `success` says by what it is known to have had an effect.
    """

    name: ClassVar[str] = "improvement.accepted.v1"

    owner: str
    due: datetime
    success: Text | UnsetType = UNSET


class ImprovementRejected(Event, frozen=True, kw_only=True):
    """It will not be done."""

    name: ClassVar[str] = "improvement.rejected.v1"

    reason: Text


ImprovementEvent = ImprovementProposed | ImprovementAccepted | ImprovementRejected
