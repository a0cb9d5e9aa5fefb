"""What happens to an AI system. `at` is when it happened; the envelope says who did it."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.system.words import ActorRole, Cause, Deployment, ModelKind, Phase, RiskClass
from ledger.domain.text import Text


class SystemRegistered(Event, frozen=True, kw_only=True):
    """A system is on record: one intended purpose, under the name that alerts and incidents carry.

    `kpis` are names of metrics; `jurisdictions` are where it is used, as the organisation names
    them. The first iteration begins with it, in its first phase.
    """

    name: ClassVar[str] = "system.registered.v1"

    system: str
    title: str
    intended_purpose: Text
    business_objective: Text | UnsetType = UNSET
    kpis: tuple[str, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    model_kinds: tuple[ModelKind, ...] = ()
    actor_role: ActorRole | UnsetType = UNSET
    jurisdictions: tuple[str, ...] = ()
    personal_data: bool | UnsetType = UNSET


class SystemAmended(Event, frozen=True, kw_only=True):
    """A correction: the fields that are there have these values now."""

    name: ClassVar[str] = "system.amended.v1"

    reason: Text
    title: str | UnsetType = UNSET
    intended_purpose: Text | UnsetType = UNSET
    business_objective: Text | UnsetType = UNSET
    kpis: tuple[str, ...] | UnsetType = UNSET
    deployments: tuple[Deployment, ...] | UnsetType = UNSET
    model_kinds: tuple[ModelKind, ...] | UnsetType = UNSET
    actor_role: ActorRole | UnsetType = UNSET
    jurisdictions: tuple[str, ...] | UnsetType = UNSET
    personal_data: bool | UnsetType = UNSET


class SystemClassified(Event, frozen=True, kw_only=True):
    """Its risk class, on which basis, and until when that holds; without `until` it has no end."""

    name: ClassVar[str] = "system.classified.v1"

    risk_class: RiskClass
    basis: Text
    until: datetime | UnsetType = UNSET


class ClassificationEnded(Event, frozen=True, kw_only=True):
    """The clock's mark: nobody classified it anew until then. `at` is that time."""

    name: ClassVar[str] = "system.classification_ended.v1"

    risk_class: RiskClass


class DependencyAdded(Event, frozen=True, kw_only=True):
    """It depends on a service of a supplier, and on the model that this runs, where it is known."""

    name: ClassVar[str] = "system.dependency_added.v1"

    supplier: str
    service: str
    model: str | UnsetType = UNSET


class DependencyRemoved(Event, frozen=True, kw_only=True):
    """It depends on that no longer."""

    name: ClassVar[str] = "system.dependency_removed.v1"

    supplier: str
    service: str
    model: str | UnsetType = UNSET


class AliasAdded(Event, frozen=True, kw_only=True):
    """It has another name: what carries it is recorded under the system's own from now on."""

    name: ClassVar[str] = "system.alias_added.v1"

    alias: str


class AliasRemoved(Event, frozen=True, kw_only=True):
    """That is no name of it any more; what was recorded under its own stays so."""

    name: ClassVar[str] = "system.alias_removed.v1"

    alias: str


class IterationBegun(Event, frozen=True, kw_only=True):
    """Another iteration begins, in the first phase; others go on beside it."""

    name: ClassVar[str] = "system.iteration_begun.v1"

    iteration: int
    cause: Cause
    reason: Text | UnsetType = UNSET


class PhaseEntered(Event, frozen=True, kw_only=True):
    """An iteration is in a phase now: the next one, or an earlier one for a `reason`.

    `evidence` are the ids of what was named for it, and `owed` the kinds that the policy wanted
    then for the phase that it left. `release` is the id of the one that was named.
    """

    name: ClassVar[str] = "system.phase_entered.v1"

    iteration: int
    phase: Phase
    reason: Text | UnsetType = UNSET
    evidence: tuple[str, ...] | UnsetType = UNSET
    owed: tuple[str, ...] | UnsetType = UNSET
    release: str | UnsetType = UNSET


class SystemRetired(Event, frozen=True, kw_only=True):
    """It is used no more: what became of its data, keys and users.

    `open_clocks` is what becomes of what is open: each settled, or waived and why.
    """

    name: ClassVar[str] = "system.retired.v1"

    data: Text
    keys: Text
    users: Text
    open_clocks: Text | UnsetType = UNSET


SystemEvent = (
    SystemRegistered
    | SystemAmended
    | SystemClassified
    | ClassificationEnded
    | DependencyAdded
    | DependencyRemoved
    | AliasAdded
    | AliasRemoved
    | IterationBegun
    | PhaseEntered
    | SystemRetired
)
