"""The RCA clock of every incident: due, at risk, completed, recorded marks. One row per incident.

On track, at risk and breached depend on the time of the query: no row holds them (see
`projections.rca_status`). Source: runbook section 7.5, "Complete RCA within 24 h".
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.vocabulary import RcaMark, Status
from projections import rca_marks, rca_words
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.values import amended_text, subject, time_text


def columns() -> Iterable[Column[Any]]:
    """Times are RFC 3339 text in UTC. `due` and `at_risk_at` are those in force.

    `verdict_at_due` is met or overdue: what was on record when the RCA was first due, or at its
    completion before that; it changes only if a mark is withdrawn. `overdue_recorded_at` is when
    the ledger recorded the newest overdue event in force, which may be long after the due time in
    it. `marks` are the recorded marks (see `projections.rca_marks`). A near miss owes no RCA. The
    last columns are those of a preliminary RCA and of approval (see `projections.rca_words`).
    """
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("basis", String, nullable=False)
    yield Column("status", String, nullable=False)
    yield Column("detected_at", String, nullable=False)
    yield Column("due", String, nullable=False)
    yield Column("at_risk_at", String, nullable=False)
    yield Column("started_at", String)
    yield Column("completed_at", String)
    yield Column("at_risk_recorded_at", String)
    yield Column("overdue_recorded_at", String)
    yield Column("verdict_at_due", String)
    yield Column("marks", Sparse(list))
    yield Column("near_miss", Boolean, nullable=False)
    yield Column("preliminary", Sparse(dict))
    yield Column("preliminary_due", String)
    yield Column("preliminary_met_at", String)
    yield Column("approval", Sparse(dict))


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident, where the event moves its clock."""
    return ((subject(recorded),),) if isinstance(recorded.event, _MOVING) else ()


_MOVING = (
    e.IncidentDetected,
    e.Classified,
    e.RcaStarted,
    e.RcaAtRisk,
    e.RcaOverdue,
    e.RcaCompleted,
    e.RcaMarkWithdrawn,
    e.Amended,
    e.Merged,
    e.Dismissed,
    e.Closed,
    e.Reopened,
    e.NearMissDeclared,
    e.NearMissWithdrawn,
    e.RcaPreliminary,
    e.RcaApprovalRequested,
    e.RcaApproved,
)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The clock after an event."""
    event = cast("e.IncidentEvent", recorded.event)
    if isinstance(event, e.IncidentDetected):
        return {
            "incident": key[0],
            "leaf": recorded.leaf,
            "basis": event.basis,
            "status": Status.OPEN.value,
            "detected_at": time_text(event.at),
            "due": time_text(event.rca_due),
            "at_risk_at": time_text(event.at_risk_at),
            "started_at": None,
            "completed_at": None,
            "at_risk_recorded_at": None,
            "overdue_recorded_at": None,
            "verdict_at_due": None,
            "marks": [],
            "near_miss": False,
            **rca_words.NONE,
        }
    if row is None:
        raise ValueError(f"{recorded.stream} has no detection before leaf {recorded.leaf}")
    marks = rca_marks.after(row["marks"], recorded, row["due"], near_miss=row["near_miss"])
    marked = {} if marks is row["marks"] else _marked(marks)
    words = rca_words.changes(row, recorded, due="due")
    return {**row, **_changes(row, event), **words, **marked}


def _marked(marks: Sequence[rca_marks.Entry]) -> dict[str, Any]:
    return {
        "marks": marks,
        "at_risk_recorded_at": rca_marks.recorded_at(marks, RcaMark.AT_RISK),
        "overdue_recorded_at": rca_marks.recorded_at(marks, RcaMark.OVERDUE),
        "verdict_at_due": rca_marks.verdict_at_due(marks),
    }


def _changes(row: Row, event: e.IncidentEvent) -> dict[str, Any]:
    match event:
        case e.RcaStarted():
            return {"started_at": time_text(event.at)}
        case e.RcaCompleted():
            return {"completed_at": time_text(event.at)}
        case e.Amended():
            return _amended(row, event)
        case e.Classified() if event.rca_due and event.at_risk_at:
            return rca_words.due_moved(row, event.rca_due, event.at_risk_at, due="due")
        case e.Merged():
            return {"status": Status.MERGED.value}
        case e.Dismissed():
            return {"status": Status.DISMISSED.value}
        case e.Closed():
            return {"status": Status.CLOSED.value}
        case e.Reopened():
            return {"status": Status.OPEN.value}
        case e.NearMissDeclared():
            return {"near_miss": True}
        case e.NearMissWithdrawn():
            return {"near_miss": False}
        case _:
            return {}


def _amended(row: Row, event: e.Amended) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if event.rca_completed_at:
        changes["completed_at"] = time_text(event.rca_completed_at)
    changes |= rca_words.corrected(row, event)
    if event.field == "detected_at":
        changes["detected_at"] = amended_text(event)
    if event.rca_due is not None and event.at_risk_at is not None:
        changes |= rca_words.due_moved(row, event.rca_due, event.at_risk_at, due="due")
    return changes


RCA_SLA = Projection(
    name="rca_sla",
    version=4,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("due", "incident"), ("completed_at", "due")),
)
