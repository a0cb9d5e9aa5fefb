"""Releases: what was proposed, decided and deployed of which system. One row each.

Source: runbook section 5.
"""

from collections.abc import Iterable
from typing import Any, cast

from msgspec import UNSET
from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.release import events as e
from ledger.domain.release.words import Decision, DeployMode, ReleaseNeed, ReleaseStatus
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `decide_by` is until when an emergency is to be decided.

    `nonconforming` are the requirements that passed and do so no more, as one text. `needs` is what
    somebody is needed for; of what was not decided, whatever its gates come to.
    """
    yield Column("release_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("version", String, nullable=False)
    yield Column("environment", String, nullable=False)
    yield Column("change_class", String)
    yield Column("status", String, nullable=False)
    yield Column("replaces", String)
    yield Column("incident", String)
    yield Column("decision", String)
    yield Column("decided_at", String)
    yield Column("decided_by", String)
    yield Column("mode", String)
    yield Column("deployed_at", String)
    yield Column("approved", Boolean)
    yield Column("decide_by", String)
    yield Column("overdue", Boolean, nullable=False)
    yield Column("nonconforming", String)
    yield Column("proposed_at", String)
    yield Column("needs", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The release."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The release's row after one of its events."""
    event = cast("e.ReleaseEvent", recorded.event)
    if row is None:
        row = _new(event, recorded, key)
    row = {**row, **_changes(row, event)}
    return {**row, "needs": _needs(row, event)}


def _new(event: e.ReleaseEvent, recorded: Recorded, key: Key) -> Row:
    opens = event if isinstance(event, e.ReleaseProposed | e.ReleaseDeployed) else None
    if opens is None:
        raise ValueError(f"{recorded.stream} was not proposed before leaf {recorded.leaf}")
    return {
        "release_id": key[0],
        "leaf": recorded.leaf,
        "system": opens.system,
        "version": opens.version,
        "environment": opens.environment,
        "change_class": None,
        "status": ReleaseStatus.PROPOSED.value,
        "replaces": None,
        "incident": None,
        "decision": None,
        "decided_at": None,
        "decided_by": None,
        "mode": None,
        "deployed_at": None,
        "approved": None,
        "decide_by": None,
        "overdue": False,
        "nonconforming": None,
        "proposed_at": None,
        "needs": None,
    }


def _changes(row: Row, event: e.ReleaseEvent) -> dict[str, Any]:
    match event:
        case e.ReleaseProposed():
            deployed = row["status"] == ReleaseStatus.DEPLOYED.value
            return {
                "change_class": event.change_class,
                "replaces": event.replaces or None,
                "incident": event.incident or None,
                "proposed_at": time_text(event.at),
                **({} if deployed else {"status": ReleaseStatus.PROPOSED.value}),
            }
        case e.ReleaseAmended():
            return {} if event.change_class is UNSET else {"change_class": event.change_class}
        case e.ReleaseDecided():
            return _decided(row, event)
        case e.ReleaseDeployed():
            return {
                "status": ReleaseStatus.DEPLOYED.value,
                "mode": event.mode.value,
                "deployed_at": time_text(event.at),
                "approved": event.approved,
                "decide_by": time_text(event.decide_by) if event.decide_by else row["decide_by"],
            }
        case e.ReleaseUndeployed():
            return {**_ENDED, "status": ReleaseStatus.UNDEPLOYED.value}
        case e.ReleaseRolledBack():
            return {**_ENDED, "status": ReleaseStatus.ROLLED_BACK.value}
        case e.ReleaseNonconforming():
            return {"nonconforming": _names(row, add=event.requirement)}
        case e.ReleaseConforming():
            return {"nonconforming": _names(row, drop=event.requirement)}
        case e.ReleaseUndecidedLate():
            return {"overdue": True}
        case e.ReleaseRetired():
            return {"status": ReleaseStatus.RETIRED.value}
        case _:
            return {}


_ENDED: dict[str, Any] = {"mode": None, "decide_by": None, "nonconforming": None}


def _decided(row: Row, event: e.ReleaseDecided) -> dict[str, Any]:
    go = event.decision is Decision.GO
    changes: dict[str, Any] = {
        "decision": event.decision.value,
        "decided_at": time_text(event.at),
        "decided_by": event.person,
        "decide_by": None,
        "overdue": False,
    }
    if row["status"] in _BEFORE_IT_RAN:
        changes["status"] = (ReleaseStatus.GO if go else ReleaseStatus.NO_GO).value
    if go and row["mode"] is not None:
        changes["approved"] = True
    return changes


_BEFORE_IT_RAN = frozenset(
    {ReleaseStatus.PROPOSED.value, ReleaseStatus.GO.value, ReleaseStatus.NO_GO.value}
)


CHANGES = (
    e.ReleaseAmended
    | e.ReleaseEvidenceAttached
    | e.ReleaseEvidenceDetached
    | e.RequirementWaived
    | e.RequirementExcluded
)
"""What a decision of before is not about."""


def _needs(row: Row, event: e.ReleaseEvent) -> str | None:
    """What the release needs somebody for after an event."""
    match ReleaseStatus(row["status"]):
        case ReleaseStatus.PROPOSED:
            return ReleaseNeed.UNDECIDED.value
        case ReleaseStatus.GO | ReleaseStatus.NO_GO:
            if isinstance(event, CHANGES):
                return ReleaseNeed.UNDECIDED.value
            return None if isinstance(event, e.ReleaseDecided) else row["needs"]
        case ReleaseStatus.DEPLOYED:
            if row["overdue"]:
                return ReleaseNeed.OVERDUE.value
            if row["decide_by"] is not None:
                return ReleaseNeed.RUNS_UNDECIDED.value
            return ReleaseNeed.NONCONFORMING.value if row["nonconforming"] else None
        case _:
            return None


def _names(row: Row, *, add: str = "", drop: str = "") -> str | None:
    names = set(filter(None, (row["nonconforming"] or "").split(", "))) - {drop}
    return ", ".join(sorted(names | ({add} if add else set()))) or None


LIST = ListView(
    kind="release",
    key="release_id",
    path="releases",
    title="Releases",
    lead="What was proposed to run, what was decided, and what runs.",
    columns=(
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="version", label="Version", filters=True),
        ListColumn(name="environment", label="Environment", filters=True),
        ListColumn(name="status", label="Status", vocabulary=ReleaseStatus, filters=True),
        ListColumn(name="needs", label="Needs", vocabulary=ReleaseNeed, filters=True),
        ListColumn(name="change_class", label="Class", filters=True),
        ListColumn(name="decision", label="Decision", vocabulary=Decision, filters=True),
        ListColumn(name="decided_by", label="Decided by", on_page=False),
        ListColumn(name="decided_at", label="Decided", cell=CellKind.TIME),
        ListColumn(name="mode", label="Runs", vocabulary=DeployMode, filters=True),
        ListColumn(name="deployed_at", label="Deployed", cell=CellKind.TIME),
        ListColumn(name="approved", label="Approved", cell=CellKind.FLAG, on_page=False),
        ListColumn(name="decide_by", label="Decide by", cell=CellKind.TIME, on_page=False),
        ListColumn(name="overdue", label="Overdue", cell=CellKind.FLAG, on_page=False),
        ListColumn(name="nonconforming", label="Nonconforming", on_page=False),
        ListColumn(name="replaces", label="Replaces", on_page=False),
        ListColumn(name="incident", label="For incident", cell=CellKind.INCIDENT, on_page=False),
        ListColumn(name="proposed_at", label="Proposed", cell=CellKind.TIME),
    ),
)

RELEASES = Projection(
    name="releases",
    version=1,
    kinds=frozenset({"release"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("system", "environment"),),
    listing=LIST,
)
