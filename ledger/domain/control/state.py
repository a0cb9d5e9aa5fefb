"""A control's state, folded from its stream."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ledger.domain.control import events as e
from ledger.domain.control.words import ControlStatus, Effect
from ledger.domain.text import Text

_WORST = (Effect.NOT, Effect.PARTLY, Effect.NOT_APPLICABLE, Effect.EFFECTIVE)


class Reassessment(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a standard that no assessment has answered; `overdue`: the clock marked it."""

    standard: str
    by: datetime
    leaf: int
    overdue: bool = False


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A control of a system, or of the organisation; `control` is empty where nothing happened.

    `owed` are the re-assessments that are open, by their leaves; `asked` are the leaves of all
    changes that ever called for one. `expired` is the end of an assessment that the clock marked,
    `assessments` counts them all. `retired`: its system was, and nothing is owed any more.
    """

    control: str = ""
    system: str | None = None
    design: Effect | None = None
    operating: Effect | None = None
    evidence: tuple[str, ...] = ()
    assessed_at: datetime | None = None
    person: str = ""
    until: datetime | None = None
    notes: Text = ""
    expired: datetime | None = None
    owed: tuple[Reassessment, ...] = ()
    asked: tuple[int, ...] = ()
    assessments: int = 0
    retired: bool = False

    @property
    def effect(self) -> Effect | None:
        """What the latest assessment came to: the worse of design and operation."""
        return worse_of(self.design, self.operating)

    def status_at(self, at: datetime) -> ControlStatus:
        """Where it stands at a time, whether the clock has marked it yet or not."""
        if self.retired:
            return ControlStatus.RETIRED
        if any(each.by <= at for each in self.owed):
            return ControlStatus.REASSESSMENT_OVERDUE
        if self.owed:
            return ControlStatus.REASSESSMENT_DUE
        if (effect := self.effect) is None:
            return ControlStatus.NOT_ASSESSED
        if self.until is not None and self.until <= at:
            return ControlStatus.EXPIRED
        return ControlStatus(effect.value)


def worse_of(design: Effect | None, operating: Effect | None) -> Effect | None:
    """The worse of two; None where it was not assessed."""
    if design is None or operating is None:
        return None
    return min(design, operating, key=_WORST.index)


def evolve(state: Control, event: e.ControlEvent) -> Control:
    """The state after an event."""
    match event:
        case e.ControlAssessed():
            return Control(
                control=event.control,
                system=event.system or None,
                design=event.design,
                operating=event.operating,
                evidence=event.evidence,
                assessed_at=event.at,
                person=event.person,
                until=event.until or None,
                notes=event.notes or "",
                asked=state.asked,
                assessments=state.assessments + 1,
            )
        case e.ControlReassessmentDue():
            owed = Reassessment(standard=event.standard, by=event.by, leaf=event.leaf)
            return replace(
                state,
                control=event.control,
                system=event.system or None,
                owed=(*state.owed, owed),
                asked=(*state.asked, event.leaf),
            )
        case e.ControlReassessmentOverdue():
            marked = (
                replace(each, overdue=True) if each.by <= event.by else each for each in state.owed
            )
            return replace(state, owed=tuple(marked))
        case e.ControlAssessmentExpired():
            return replace(state, expired=event.until)
        case e.ControlRetired():
            return replace(state, owed=(), until=None, retired=True)
        case _:
            assert_never(event)
