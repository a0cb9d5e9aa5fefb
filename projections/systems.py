"""The register of AI systems: what each is, and in which phases its iterations are. One row each.

Source: runbook section 2.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import JSON, Boolean, Column, Integer, String

from ledger.domain import system as s
from ledger.domain.envelope import Recorded
from projections.engine.listing import CellKind, ListColumn, ListView, several
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `phase` and `iteration` are those of the latest iteration.

    `phases` are those of all iterations, by their order. `depends_on` are {supplier, service,
    model}; `models` and `suppliers` are those among them as one text, and in columns for filters.
    """
    yield Column("system_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("phase", String, nullable=False)
    yield Column("iteration", Integer, nullable=False)
    yield Column("phases", JSON, nullable=False)
    yield Column("risk_class", String)
    yield Column("classified_until", String)
    yield Column("classification", String, nullable=False)
    yield Column("actor_role", String)
    yield Column("personal_data", Boolean)
    yield Column("depends_on", Sparse(list))
    yield Column("models", String)
    yield Column("models_each", String)
    yield Column("suppliers", String)
    yield Column("suppliers_each", String)
    yield Column("registered_at", String, nullable=False)
    yield Column("retired_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The system."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The system's row after one of its events."""
    event = cast("s.SystemEvent", recorded.event)
    if isinstance(event, s.SystemRegistered):
        return {
            "system_id": key[0],
            "leaf": recorded.leaf,
            "system": event.system,
            "title": event.title,
            "phase": s.Phase.BUSINESS_UNDERSTANDING.value,
            "iteration": 1,
            "phases": [s.Phase.BUSINESS_UNDERSTANDING.value],
            "risk_class": None,
            "classified_until": None,
            "classification": s.Classification.NONE.value,
            "actor_role": event.actor_role.value if event.actor_role else None,
            "personal_data": None if event.personal_data is UNSET else event.personal_data,
            "depends_on": [],
            "models": None,
            "models_each": None,
            "suppliers": None,
            "suppliers_each": None,
            "registered_at": time_text(event.at),
            "retired_at": None,
        }
    if row is None:
        raise ValueError(f"{recorded.stream} was not registered before leaf {recorded.leaf}")
    return {**row, **_changes(row, event)}


def _changes(row: Row, event: s.SystemEvent) -> dict[str, Any]:
    match event:
        case s.SystemAmended():
            return _amended(event)
        case s.SystemClassified():
            return {
                "risk_class": event.risk_class.value,
                "classified_until": time_text(event.until) if event.until else None,
                "classification": s.Classification.HOLDS.value,
            }
        case s.ClassificationEnded():
            return {"classification": s.Classification.ENDED.value}
        case s.DependencyAdded():
            return _depending([*row["depends_on"], asdict(s.dependency(event))])
        case s.DependencyRemoved():
            gone = asdict(s.dependency(event))
            return _depending([each for each in row["depends_on"] if each != gone])
        case s.IterationBegun():
            phase = s.Phase.BUSINESS_UNDERSTANDING.value
            phases = [*row["phases"], phase]
            return {"iteration": event.iteration, "phases": phases, "phase": phase}
        case s.PhaseEntered():
            phases = list(row["phases"])
            phases[event.iteration - 1] = event.phase.value
            return {"phases": phases, "phase": phases[-1]}
        case s.SystemRetired():
            return {"retired_at": time_text(event.at)}
        case s.AliasAdded() | s.AliasRemoved():  # they have rows of their own
            return {}
        case s.SystemRegistered():  # the row's first event, and there is no second one
            return {}
        case _:
            assert_never(event)


def _amended(event: s.SystemAmended) -> dict[str, Any]:
    """What a correction changes, of the fields that a row has."""
    changes: dict[str, Any] = {}
    if event.title:
        changes["title"] = event.title
    if event.actor_role:
        changes["actor_role"] = event.actor_role.value
    if event.personal_data is not UNSET:
        changes["personal_data"] = event.personal_data
    return changes


def _depending(found: list[dict[str, str | None]]) -> dict[str, Any]:
    models = sorted({each["model"] for each in found if each["model"]})
    suppliers = sorted({each["supplier"] for each in found if each["supplier"]})
    return {
        "depends_on": found,
        "models": ", ".join(models) or None,
        "models_each": several(models),
        "suppliers": ", ".join(suppliers) or None,
        "suppliers_each": several(suppliers),
    }


LIST = ListView(
    kind="system",
    key="system_id",
    path="systems",
    title="Systems",
    lead="The AI systems on record, in which phase each is and which models it depends on.",
    columns=(
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="title", label="Title"),
        ListColumn(name="phase", label="Phase", vocabulary=s.Phase, filters=True),
        ListColumn(name="iteration", label="Iteration"),
        ListColumn(name="risk_class", label="Risk class", vocabulary=s.RiskClass, filters=True),
        ListColumn(
            name="classification",
            label="Classification",
            vocabulary=s.Classification,
            filters=True,
        ),
        ListColumn(name="classified_until", label="Classified until", cell=CellKind.TIME),
        ListColumn(name="actor_role", label="Role", vocabulary=s.ActorRole, filters=True),
        ListColumn(name="personal_data", label="Personal data", cell=CellKind.FLAG),
        ListColumn(name="suppliers", label="Suppliers", filters=True, one="supplier"),
        ListColumn(name="models", label="Models", filters=True, one="model"),
        ListColumn(name="registered_at", label="Registered", cell=CellKind.TIME),
        ListColumn(name="retired_at", label="Retired", cell=CellKind.TIME),
    ),
)

SYSTEMS = Projection(
    name="systems",
    version=3,
    kinds=frozenset({"system"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
