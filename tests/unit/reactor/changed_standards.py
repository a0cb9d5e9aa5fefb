"""Standards that change, and what a change calls for, as tests of the reactor say it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from consumers.reactor.standards import NAME, STANDARDS
from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.command import Command
from ledger.domain.control import (
    CONTROL,
    AssessControl,
    Control,
    ControlReassessmentDue,
    ControlStatus,
    Effect,
)
from ledger.domain.identity import control_id, standard_id, system_id
from ledger.domain.improvement import ImprovementProposed
from ledger.domain.standard import (
    STANDARD,
    ChangeStandard,
    RegisterStandard,
)
from ledger.domain.system import RegisterSystem, RetireSystem
from ledger.execute import ExecuteCommand
from ledger.policy import shipped
from ledger.store.decoding import state_of
from ledger.store.side_records import PositionMove
from ledger.vocabulary import ActsBy, Scope
from tests.unit.reactor.watch import Watch

ADA = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.LINK)
BOTH = 'eu_ai_act = ["14", "26"]'
"""What maps the control `oversight` to the law."""
STANDARD_STREAM = STANDARD.stream(standard_id("eu_ai_act"))
RETIRE = RetireSystem(data="Deleted.", keys="Revoked.", users="Told.", open_clocks="None.")
Pair = tuple[str, str | None]


def sends(desk: Watch, kind: str, subject: UUID, command: Command, by: Asker = HOST) -> int:
    """Somebody sends a command, and it is sealed; the leaf of its event."""
    request = ExecuteCommand(asker=by, kind=kind, subject=subject, command=command)
    position = desk.executor.execute(request, desk.context()).position
    desk.seal()
    assert position is not None
    return position


def registers(desk: Watch, *systems: str) -> None:
    for system in systems:
        command = RegisterSystem(system=system, title=system, intended_purpose="Answers.")
        sends(desk, "system", system_id(system), command)


def holds_to(desk: Watch, *systems: str, **given: Any) -> None:
    """The law is registered, for these systems or for all."""
    command = RegisterStandard(standard="eu_ai_act", systems=list(systems), **given)
    sends(desk, "standard", standard_id("eu_ai_act"), command)


def changes(desk: Watch, version: str = "2026", by: datetime | None = None) -> int:
    """The law changes; the leaf of that."""
    command = ChangeStandard(edition=version, summary="Other deadlines.", reassess_by=by)
    return sends(desk, "standard", standard_id("eu_ai_act"), command)


def assesses(desk: Watch, control: str, system: str) -> None:
    """A person finds a control effective."""
    effective = Effect.EFFECTIVE
    assess = AssessControl(control=control, system=system, design=effective, operating=effective)
    sends(desk, "control", control_id(control, system), assess, ADA)


def reads_again(desk: Watch) -> None:
    """A follower reads all from the first leaf."""
    moved = PositionMove(follower=NAME, old=desk.store.followers.position(NAME), new=0)
    desk.store.append([], [moved])
    reads_on(desk)


def reads_on(desk: Watch) -> bool:
    """A follower that is new reads all that is sealed; whether that caused events."""
    caused = STANDARDS.start(desk.services()).catch_up()
    desk.seal()
    return caused


def due(desk: Watch) -> Counter[tuple[Pair, int]]:
    """How often each control of a system was called for, by each change."""
    found = [each.event for each in desk.told_of(ControlReassessmentDue)]
    assert all(isinstance(each, ControlReassessmentDue) for each in found)
    return Counter(((each.control, each.system or None), each.leaf) for each in found)  # type: ignore[attr-defined]


def proposed(desk: Watch) -> list[tuple[str, str]]:
    """The system and the stream of each improvement that a change called for."""
    return [(each.event.system, each.stream) for each in desk.told_of(ImprovementProposed)]  # type: ignore[attr-defined]


def mapped(systems: Sequence[str], but: Sequence[str] = ()) -> set[Pair]:
    """The controls that the shipped policy maps to the law, as a reader of its text finds them."""
    found: set[Pair] = set()
    for part in shipped().split("[controls.")[1:]:
        name, table = part.split("]", 1)
        table = table.split("\n[", 1)[0]
        if "eu_ai_act" in table and name not in but:
            places: Sequence[str | None] = (
                [None] if 'scope = "organisation"' in table else [*systems]
            )
            found |= {(name, place) for place in places}
    return found


def standing(desk: Watch, control: str, system: str | None = "chat") -> ControlStatus:
    state: Control = state_of(desk.store, CONTROL.stream(control_id(control, system)))
    return state.status_at(desk.now)
