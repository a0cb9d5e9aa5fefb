"""AI systems: what each is for, in which phase its iterations are, and what it depends on.

A system is one intended purpose, and its name is the one that alerts and incidents carry. Source:
runbook section 2 (reference architecture, phases I to VI).
"""

from datetime import datetime
from uuid import UUID

from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.identity import name_key, system_id
from ledger.domain.stream_type import CommandType, OtherNames, StreamType, members
from ledger.domain.system import exits, naming
from ledger.domain.system.commands import (
    AddAlias,
    AddDependency,
    AmendSystem,
    BeginIteration,
    ClassifySystem,
    EndClassification,
    EnterPhase,
    RegisterSystem,
    RemoveAlias,
    RemoveDependency,
    RetireSystem,
    SystemCommand,
)
from ledger.domain.system.decide import decide
from ledger.domain.system.describing import describe
from ledger.domain.system.events import (
    AliasAdded,
    AliasRemoved,
    ClassificationEnded,
    DependencyAdded,
    DependencyRemoved,
    IterationBegun,
    PhaseEntered,
    SystemAmended,
    SystemClassified,
    SystemEvent,
    SystemRegistered,
    SystemRetired,
)
from ledger.domain.system.names import (
    NAMES_STREAM,
    SYSTEM_NAMES,
    AliasFreed,
    AliasTaken,
    SystemNames,
)
from ledger.domain.system.state import DependsOn, System, dependency, evolve
from ledger.domain.system.words import (
    ActorRole,
    Cause,
    Classification,
    Deployment,
    ModelKind,
    Phase,
    RiskClass,
)
from ledger.domain.text import Text


def _named(text: str) -> UUID | None:
    """The system of a name, however it is written."""
    return system_id(text) if text.strip() else None


def _by_alias(names: SystemNames, text: str) -> UUID | None:
    """The system that has an alias, which is told by its words or by the id of such a system."""
    own = names.own.get(name_key(text))
    if own is None:
        own = next((each for key, each in names.own.items() if str(system_id(key)) == text), None)
    return None if own is None else system_id(own)


def _texts(_: SystemCommand, state: System) -> tuple[Text, ...]:
    return state.intended_purpose, state.business_objective


SYSTEM = StreamType(
    kind="system",
    initial=System(),
    evolve=evolve,
    events=members(SystemEvent),
    decide=decide,
    commands={
        "register": CommandType(
            body=RegisterSystem,
            title="Register a system",
            done="registered",
            opens=True,
            opens_as=lambda command: system_id(command.system),
            arguments=("system",),
            touches=lambda command: (command.system,),
            compares=_texts,
            checks=naming.names_checked,
            decide_over=naming.register,
        ),
        "amend": CommandType(
            body=AmendSystem,
            done="corrected",
            corrects=True,
            compares=_texts,
        ),
        "classify": CommandType(body=ClassifySystem, done="classified", arguments=("risk_class",)),
        "dependency/add": CommandType(
            body=AddDependency, done="dependency recorded", arguments=("supplier", "service")
        ),
        "dependency/remove": CommandType(
            body=RemoveDependency, done="dependency removed", arguments=("supplier", "service")
        ),
        "alias/add": CommandType(
            body=AddAlias,
            done="alias recorded",
            arguments=("alias",),
            checks=naming.alias_checked,
            decide_over=naming.add_alias,
        ),
        "alias/remove": CommandType(
            body=RemoveAlias,
            done="alias removed",
            arguments=("alias",),
            checks=naming.names_checked,
            decide_over=naming.remove_alias,
        ),
        "iteration": CommandType(body=BeginIteration, done="iteration begun"),
        "phase": CommandType(
            body=EnterPhase,
            done="phase entered",
            arguments=("phase",),
            reads=exits.named,
            decide_over=exits.enter,
        ),
        "retire": CommandType(body=RetireSystem, done="retired"),
    },
    groups={
        "alias": "Other names that its alerts and incidents carry.",
        "dependency": "What it depends on: suppliers, services and models.",
    },
    label="system",
    plural="systems",
    prefix="SYS",
    describe=describe,
    named=_named,
    by_name="its name",
    other_names=OtherNames(NAMES_STREAM, _by_alias),
    concerns=lambda state: Concern(frozenset({state.system}) if state.system else frozenset()),
)


def _classified_until(state: System) -> datetime | None:
    """When the clock has to look whether the classification ended."""
    holds = state.classification is Classification.HOLDS and not state.retired
    return state.classified_until if holds else None


CLASSIFICATION_DUE = DeadlineType(
    name="classification",
    kind="system",
    label="system classification",
    finds="ended",
    sets={SystemClassified: lambda event: event.until or None},
    ends=frozenset({SystemRetired}),
    commands=lambda state: (EndClassification(),) if _classified_until(state) else (),
    next_at=_classified_until,
)
"""A classification with an end is renewed until then."""

__all__ = [
    "CLASSIFICATION_DUE",
    "NAMES_STREAM",
    "SYSTEM",
    "SYSTEM_NAMES",
    "ActorRole",
    "AddAlias",
    "AddDependency",
    "AliasAdded",
    "AliasFreed",
    "AliasRemoved",
    "AliasTaken",
    "AmendSystem",
    "BeginIteration",
    "Cause",
    "Classification",
    "ClassificationEnded",
    "ClassifySystem",
    "DependencyAdded",
    "DependencyRemoved",
    "DependsOn",
    "Deployment",
    "EndClassification",
    "EnterPhase",
    "IterationBegun",
    "ModelKind",
    "Phase",
    "PhaseEntered",
    "RegisterSystem",
    "RemoveAlias",
    "RemoveDependency",
    "RetireSystem",
    "RiskClass",
    "System",
    "SystemAmended",
    "SystemClassified",
    "SystemCommand",
    "SystemEvent",
    "SystemNames",
    "SystemRegistered",
    "SystemRetired",
    "decide",
    "dependency",
    "describe",
    "evolve",
]
