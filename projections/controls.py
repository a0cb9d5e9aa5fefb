"""The controls that were assessed, or are to be: of which system, with which result. One row each.

What the policy's catalogue has and nobody touched has no row. Source: runbook section 3.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from sqlalchemy import Column, Integer, String

from ledger.domain import control as k
from ledger.domain.envelope import Recorded
from ledger.domain.text import plain_text
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `status` is where it stands as far as events say.

    `owed` counts the re-assessments that are open, `reassess_by` is the earliest of their times,
    `standards` names what changed, as one text. `evidence` are ids, a line each.
    """
    yield Column("control_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("control", String, nullable=False)
    yield Column("system", String)
    yield Column("status", String, nullable=False)
    yield Column("design", String)
    yield Column("operating", String)
    yield Column("assessed_at", String)
    yield Column("person", String)
    yield Column("until", String)
    yield Column("evidence", String)
    yield Column("notes", String)
    yield Column("owed", Integer, nullable=False)
    yield Column("reassess_by", String)
    yield Column("standards", String)
    yield Column("assessments", Integer, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The control."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("k.ControlEvent", recorded.event)
    if row is None:
        if not isinstance(event, k.ControlAssessed | k.ControlReassessmentDue):
            raise ValueError(f"{recorded.stream} has no control before leaf {recorded.leaf}")
        row = {
            "control_id": key[0],
            "leaf": recorded.leaf,
            "control": event.control,
            "system": event.system or None,
            "status": k.ControlStatus.NOT_ASSESSED.value,
            "owed": 0,
            "assessments": 0,
            **dict.fromkeys(("design", "operating", "assessed_at", "person", "until")),
            **dict.fromkeys(("evidence", "notes", "reassess_by", "standards")),
        }
    return {**row, **_changes(row, event)}


def _changes(row: Row, event: k.ControlEvent) -> dict[str, Any]:
    match event:
        case k.ControlAssessed():
            effect = k.worse_of(event.design, event.operating)
            return {
                "status": effect.value if effect else k.ControlStatus.NOT_ASSESSED.value,
                "design": event.design.value,
                "operating": event.operating.value,
                "assessed_at": time_text(event.at),
                "person": event.person,
                "until": time_text(event.until) if event.until else None,
                "evidence": "\n".join(event.evidence) or None,
                "notes": plain_text(event.notes) if event.notes else None,
                "owed": 0,
                "reassess_by": None,
                "standards": None,
                "assessments": row["assessments"] + 1,
            }
        case k.ControlReassessmentDue():
            return _due(row, event)
        case k.ControlReassessmentOverdue():
            return {"status": k.ControlStatus.REASSESSMENT_OVERDUE.value}
        case k.ControlAssessmentExpired():
            return {} if row["owed"] else {"status": k.ControlStatus.EXPIRED.value}
        case k.ControlRetired():
            ended = dict.fromkeys(("until", "reassess_by", "standards"))
            return {"status": k.ControlStatus.RETIRED.value, "owed": 0, **ended}
        case _:
            assert_never(event)


def _due(row: Row, event: k.ControlReassessmentDue) -> dict[str, Any]:
    by = time_text(event.by)
    overdue = k.ControlStatus.REASSESSMENT_OVERDUE.value
    named = {*filter(None, (row["standards"] or "").split(", ")), event.standard}
    return {
        "status": overdue if row["status"] == overdue else k.ControlStatus.REASSESSMENT_DUE.value,
        "owed": row["owed"] + 1,
        "reassess_by": min(by, row["reassess_by"] or by),
        "standards": ", ".join(sorted(named)),
    }


LIST = ListView(
    kind="control",
    key="control_id",
    path="controls",
    title="Controls",
    lead="The controls that were assessed, or are to be, of each system and of the organisation.",
    columns=(
        ListColumn(name="control", label="Control", filters=True),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="status", label="Status", vocabulary=k.ControlStatus, filters=True),
        ListColumn(name="design", label="As designed", vocabulary=k.Effect),
        ListColumn(name="operating", label="In operation", vocabulary=k.Effect),
        ListColumn(name="reassess_by", label="Re-assess until", cell=CellKind.TIME),
        ListColumn(name="standards", label="Because of"),
        ListColumn(name="owed", label="Re-assessments", on_page=False),
        ListColumn(name="assessed_at", label="Assessed", cell=CellKind.TIME),
        ListColumn(name="until", label="Holds until", cell=CellKind.TIME),
        ListColumn(name="person", label="Assessed by", on_page=False),
        ListColumn(name="evidence", label="Evidence", on_page=False),
        ListColumn(name="notes", label="Notes", on_page=False),
        ListColumn(name="assessments", label="Assessments", on_page=False),
    ),
)

CONTROLS = Projection(
    name="controls",
    version=1,
    kinds=frozenset({"control"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
