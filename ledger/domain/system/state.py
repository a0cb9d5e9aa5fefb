"""An AI system's state, folded from its stream."""

from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import asdict, replace

from ledger.domain.identity import name_key
from ledger.domain.system import events as e
from ledger.domain.system.words import (
    ActorRole,
    Classification,
    Deployment,
    ModelKind,
    Phase,
    RiskClass,
)
from ledger.domain.text import Text


class DependsOn(msgspec.Struct, frozen=True, kw_only=True):
    """A service of a supplier, and the model that it runs where it is known."""

    supplier: str
    service: str
    model: str | None


class System(msgspec.Struct, frozen=True, kw_only=True):
    """Where a system stands; `system` is empty where none is registered.

    `phases` are those that its iterations are in, by their order.
    """

    system: str = ""
    title: str = ""
    intended_purpose: Text = ""
    business_objective: Text = ""
    kpis: tuple[str, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    model_kinds: tuple[ModelKind, ...] = ()
    actor_role: ActorRole | None = None
    jurisdictions: tuple[str, ...] = ()
    personal_data: bool | None = None
    risk_class: RiskClass | None = None
    classified_until: datetime | None = None
    classification: Classification = Classification.NONE
    depends_on: tuple[DependsOn, ...] = ()
    aliases: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    retired: bool = False


def evolve(state: System, event: e.SystemEvent) -> System:
    """The state after an event."""
    match event:
        case e.SystemRegistered():
            return System(phases=(Phase.BUSINESS_UNDERSTANDING,), **_given(event))
        case e.SystemAmended():
            return replace(state, **_given(event))
        case e.SystemClassified():
            return replace(
                state,
                risk_class=event.risk_class,
                classified_until=event.until or None,
                classification=Classification.HOLDS,
            )
        case e.ClassificationEnded():
            return replace(state, classification=Classification.ENDED)
        case e.DependencyAdded():
            return replace(state, depends_on=(*state.depends_on, dependency(event)))
        case e.DependencyRemoved():
            gone = dependency(event)
            return replace(
                state, depends_on=tuple(each for each in state.depends_on if each != gone)
            )
        case e.AliasAdded():
            return replace(state, aliases=(*state.aliases, event.alias))
        case e.AliasRemoved():
            kept = (each for each in state.aliases if name_key(each) != name_key(event.alias))
            return replace(state, aliases=tuple(kept))
        case e.IterationBegun():
            return replace(state, phases=(*state.phases, Phase.BUSINESS_UNDERSTANDING))
        case e.PhaseEntered():
            at = event.iteration - 1
            return replace(state, phases=(*state.phases[:at], event.phase, *state.phases[at + 1 :]))
        case e.SystemRetired():
            return replace(state, retired=True)
        case _:
            assert_never(event)


def _given(event: e.SystemRegistered | e.SystemAmended) -> dict[str, Any]:
    """The fields that an event sets, of those that a system has."""
    given = {name: value for name, value in asdict(event).items() if value is not msgspec.UNSET}
    return {name: value for name, value in given.items() if name not in {"at", "reason"}}


def dependency(event: e.DependencyAdded | e.DependencyRemoved) -> DependsOn:
    """What an event is about."""
    return DependsOn(supplier=event.supplier, service=event.service, model=event.model or None)
