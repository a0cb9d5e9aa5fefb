"""The incident register: every incident and its state. One row per incident.

Source: runbook section 8, "Incident register & RCA summaries".
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.domain.incident import impact
from ledger.domain.incident.steps import (
    AT_DETECTION,
    added_steps,
    next_step,
    step_change,
    with_added,
)
from ledger.vocabulary import Impact, Status, Step, StepState
from projections import incident_end, rca_marks, rca_words
from projections.engine.projection import Key, Projection, Row
from projections.engine.types import Sparse
from projections.measures import MEASURES, measured_anew, measures
from projections.values import amended_text, plain_text, subject, time_text

_FIRST_STEPS = {
    str(step): {"state": state, "at": None, "by": None} for step, state in AT_DETECTION.items()
}
"""The steps of a new incident; shared, since rows are never changed in place."""


def columns() -> Iterable[Column[Any]]:
    """`leaf` is the leaf index of the detection, which gives the reference INC-<leaf>.

    Times are RFC 3339 text in UTC, which sorts. `firing` counts the linked alerts that still fire;
    `stale` maps each stale alert to when it was last heard of, and `unknown_since` is the latest of
    these times. `impact_ended_at` is the latest end of the others, or the reported one,
    `resolved_at` the end that a person stated. `started_at` is when the incident began. `opened_by`
    is the actor of its detection. `ended` says when and why it was merged, dismissed or closed: the
    `version` of that event, `at`, `reason`. `restricted`: only some roles read its texts and its
    timeline. `acknowledged_at` is when somebody last did, `acknowledged_by` the actor.
    `marks` are the recorded marks of the RCA's due times
    (see `projections.rca_marks`). `rca_due` and `at_risk_at` are those in force: of the final RCA
    once a preliminary one met the deadline `preliminary_due` at `preliminary_met_at`. `preliminary`
    is the newest preliminary RCA, `approval` the approval of the completed one, if it needs one
    (see `projections.rca_words`).
    """
    yield Column("incident", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("version", Integer, nullable=False)
    yield Column("external_id", String)
    yield Column("title", String, nullable=False)
    yield Column("description", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("source", String, nullable=False)
    yield Column("basis", String, nullable=False)
    yield Column("started_at", String, nullable=False)
    yield Column("detected_at", String, nullable=False)
    yield Column("recorded_at", String, nullable=False)
    yield Column("month", String, nullable=False)
    yield Column("counts", Boolean, nullable=False)
    yield Column("category", String)
    yield Column("category_label", String)
    yield Column("severity", String)
    yield Column("status", String, nullable=False)
    yield Column("firing", Integer, nullable=False)
    yield Column("stale", Sparse(dict))
    yield Column("unknown_since", String)
    yield Column("impact_ended_at", String)
    yield Column("resolved_at", String)
    yield Column("owner", String)
    yield Column("merged_into", String)
    yield Column("rca_due", String, nullable=False)
    yield Column("at_risk_at", String, nullable=False)
    yield Column("rca_completed_at", String)
    yield Column("verdict_at_due", String)
    yield Column("marks", Sparse(list))
    yield Column("next_step", String)
    yield Column("steps", JSON, nullable=False)
    yield Column("near_miss", Boolean, nullable=False)
    yield Column("secondary_category", String)
    yield Column("secondary_category_label", String)
    yield Column("system_action", String, nullable=False)
    yield Column("preliminary", Sparse(dict))
    yield Column("preliminary_due", String)
    yield Column("preliminary_met_at", String)
    yield Column("approval", Sparse(dict))
    yield Column("opened_by", String, nullable=False)
    yield Column("ended", Sparse(dict))
    yield Column("restricted", Boolean, nullable=False)
    yield Column("acknowledged_at", String)
    yield Column("acknowledged_by", String)
    for name in MEASURES:  # see `projections.measures`
        yield Column(f"{name}_measure", String, nullable=False)
        yield Column(f"{name}_us", Integer)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The incident."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The incident's row after one of its events."""
    event = cast("e.IncidentEvent", recorded.event)
    if isinstance(event, e.IncidentDetected):
        detected = _detected(event, recorded, key)
        return {**detected, **measures(detected)}
    if row is None:
        raise ValueError(f"{recorded.stream} has no detection before leaf {recorded.leaf}")
    after = {**row, "version": recorded.version, **_changes(row, event)}
    after |= incident_end.changes(row, event, recorded.version)
    marks = rca_marks.after(row["marks"], recorded, row["rca_due"], near_miss=row["near_miss"])
    if marks is not row["marks"]:
        after |= {"marks": marks, "verdict_at_due": rca_marks.verdict_at_due(marks)}
    if isinstance(event, e.Acknowledged):
        after |= {"acknowledged_at": time_text(event.at), "acknowledged_by": recorded.actor}
    after |= rca_words.changes(row, recorded, due="rca_due")
    rca = StepState(row["steps"][Step.RCA]["state"])
    step, added = step_change(event, rca, near_miss=row["near_miss"]), added_steps(event)
    if step is not None or added:
        steps = row["steps"] if step is None else _moved(row["steps"], *step, event, recorded)
        steps = with_added(steps, added, _pending)
        after |= {"steps": steps, "next_step": _next(steps)}
    return after | measured_anew(row, after)


def _changes(row: Row, event: e.IncidentEvent) -> dict[str, Any]:
    match event:
        case e.AlertLinked():
            return {
                "firing": row["firing"] + 1,
                "started_at": min(row["started_at"], time_text(event.at)),
                "resolved_at": None,
                **_unheard(_without(row["stale"], event.alert)),
            }
        case e.LinkedAlertResolved():
            return _alert_resolved(row, event)
        case e.ImpactResolved():
            return {"resolved_at": time_text(event.at)}
        case e.Absorbed():
            return _absorbed(row, event)
        case e.Classified():
            return {
                "category": event.category,
                "category_label": event.category_label,
                "severity": event.severity or row["severity"],
                "counts": row["counts"] if event.counts is None else event.counts,
                "secondary_category": event.secondary_category or None,
                "secondary_category_label": event.secondary_category_label,
                **_due_classified(row, event),
            }
        case e.IncidentRestricted() | e.RestrictionLifted():
            return {"restricted": isinstance(event, e.IncidentRestricted)}
        case e.NearMissDeclared():
            return {"near_miss": True, "counts": False}
        case e.NearMissWithdrawn():
            return {"near_miss": False, "counts": event.counts}
        case e.RcaCompleted():
            return {"rca_completed_at": time_text(event.at)}
        case e.OwnerAssigned():
            return {"owner": event.owner}
        case e.Amended():
            return _amended(row, event)
        case e.Merged():
            return {
                "status": Status.MERGED,
                "merged_into": str(event.into),
                "firing": 0,
                **_unheard({}),
            }
        case e.Dismissed():
            return {"status": Status.DISMISSED}
        case e.Closed():
            return {"status": Status.CLOSED}
        case e.Reopened():
            return {"status": Status.OPEN}
        case _:
            return {}


def _due_classified(row: Row, event: e.Classified) -> dict[str, Any]:
    if not event.rca_due or not event.at_risk_at:
        return {}
    return rca_words.due_moved(row, event.rca_due, event.at_risk_at, due="rca_due")


def impact_of(row: Row) -> Impact:
    """The impact of an incident by its row; for a merged one use the target's row."""
    return impact.impact_of(
        row["firing"], len(row["stale"]), row["impact_ended_at"], row["resolved_at"]
    )


def _alert_resolved(row: Row, event: e.LinkedAlertResolved) -> dict[str, Any]:
    at, alert, stale = time_text(event.at), str(event.alert), row["stale"]
    if event.basis == e.STALE:
        return {"firing": row["firing"] - 1, **_unheard({**stale, alert: at})}
    fired = alert not in stale and event.basis != e.LATE
    return {
        "firing": row["firing"] - fired,
        "impact_ended_at": impact.latest(row["impact_ended_at"], at),
        **_unheard(_without(stale, event.alert)),
    }


def _without(stale: dict[str, str], alert: UUID) -> dict[str, str]:
    return {of: at for of, at in stale.items() if of != str(alert)} if stale else stale


def _unheard(stale: dict[str, str]) -> dict[str, Any]:
    return {"stale": stale, "unknown_since": max(stale.values(), default=None)}


def _absorbed(row: Row, event: e.Absorbed) -> dict[str, Any]:
    ended, resolved = _time(event.impact_ended_at), _time(event.resolved_at or None)
    stale = {str(each.alert): time_text(each.last_heard_at) for each in event.stale or ()}
    ended_at, resolved_at = impact.merged(
        impact_of(row),
        row["impact_ended_at"],
        row["resolved_at"],
        ended,
        resolved,
        alerts=event.leaves_alerts,
        over=event.over,
    )
    started = min(row["started_at"], _time(event.started_at or None) or row["started_at"])
    return {
        "firing": row["firing"] + len(event.alerts),
        **_unheard({**row["stale"], **stale}),
        "started_at": started,
        "impact_ended_at": ended_at,
        "resolved_at": resolved_at,
    }


def _amended(row: Row, event: e.Amended) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if event.moves in row["steps"]:
        of_step = event.field.rpartition(".")[2]
        moved = {**row["steps"][event.moves], of_step: amended_text(event)}
        changes["steps"] = {**row["steps"], event.moves: moved}
    if event.rca_completed_at:
        changes["rca_completed_at"] = time_text(event.rca_completed_at)
    changes |= rca_words.corrected(row, event)
    if event.field in row:
        changes[event.field] = amended_text(event)
    if event.field == "detected_at":
        to = changes[event.field]
        changes["started_at"] = impact.began(row["started_at"], row["detected_at"], to)
    if event.field == "impact_ended_at" and row["resolved_at"] is not None:
        changes["resolved_at"] = changes[event.field]
    if event.rca_due is not None and event.at_risk_at is not None:
        changes |= {
            "month": event.month,
            "counts": event.counts,
            **rca_words.due_moved(row, event.rca_due, event.at_risk_at, due="rca_due"),
        }
    return changes


def _detected(event: e.IncidentDetected, recorded: Recorded, key: Key) -> Row:
    steps = with_added(_FIRST_STEPS, added_steps(event), _pending)
    return {
        "incident": key[0],
        "leaf": recorded.leaf,
        "version": recorded.version,
        "external_id": event.external_id,
        "title": plain_text(event.title),
        "description": plain_text(event.description),
        "system": event.system,
        "source": event.source,
        "basis": event.basis,
        "started_at": time_text(event.started_at or event.at),
        "detected_at": time_text(event.at),
        "recorded_at": time_text(recorded.recorded_at),
        "month": event.month,
        "counts": event.counts,
        "category": None,
        "category_label": None,
        "severity": event.severity,
        "status": Status.OPEN,
        "firing": 0,
        **_unheard({}),
        "impact_ended_at": _time(event.impact_ended_at),
        "resolved_at": None,
        "owner": None,
        "merged_into": None,
        "rca_due": time_text(event.rca_due),
        "at_risk_at": time_text(event.at_risk_at),
        "rca_completed_at": None,
        "verdict_at_due": None,
        "marks": [],
        "next_step": _next(steps),
        "steps": steps,
        "near_miss": False,
        "secondary_category": None,
        "secondary_category_label": None,
        "system_action": plain_text(event.system_action or ""),
        "opened_by": recorded.actor,
        "ended": {},
        "restricted": False,
        "acknowledged_at": None,
        "acknowledged_by": None,
        **rca_words.NONE,
    }


def _moved(
    steps: dict[str, Any], step: str, state: StepState, event: e.IncidentEvent, recorded: Recorded
) -> dict[str, Any]:
    """The steps after one was moved; a step that the policy added keeps its label."""
    moved = {**steps[step], "state": state, "at": time_text(event.at), "by": recorded.actor}
    if isinstance(event, e.StepDone):
        moved["note"] = plain_text(event.note)
    return {**steps, step: moved}


def _pending(step: e.OwedStep) -> dict[str, Any]:
    return {"state": StepState.PENDING, "at": None, "by": None, "label": step.label}


def _time(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)


def _next(steps: dict[str, Any]) -> str | None:
    return next_step({step: StepState(each["state"]) for step, each in steps.items()})


REGISTER = Projection(
    name="register",
    version=9,
    kinds=frozenset({"incident"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(
        ("detected_at", "incident"),
        ("status", "detected_at"),
        ("system", "month"),
        # Covers the trends, and the sorts without an index: they do not read the rows.
        (
            "month",
            "system",
            "status",
            "near_miss",
            "category",
            "severity",
            *(f"{name}_{column}" for column in ("measure", "us") for name in MEASURES),
            "rca_due",
            "owner",
            *("incident", "next_step", "source", "started_at", "recorded_at", "firing"),
            *("unknown_since", "impact_ended_at", "resolved_at"),
        ),
        ("rca_due", "incident"),
        ("leaf",),
        ("opened_by", "leaf"),
        # Covers the register's summary: counting does not read the rows.
        (
            "status",
            "rca_completed_at",
            "rca_due",
            "at_risk_at",
            "firing",
            "unknown_since",
            "impact_ended_at",
            "resolved_at",
            "near_miss",
            "category",
            "severity",
        ),
    ),
)
