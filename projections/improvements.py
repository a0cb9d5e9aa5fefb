"""Improvements: what was proposed for which system, why, and where each stands. One row each.

Source: runbook section 9 (Plan, Do, Check, Act).
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET, UnsetType
from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain import improvement as i
from ledger.domain.envelope import Recorded
from ledger.domain.improvement.commands import LAST_LEAF
from ledger.domain.text import plain_text
from ledger.vocabulary import YesNo
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `cause_leaf` that of the event which caused it.

    `column` is that of Plan, Do, Check, Act; NULL of what is closed or rejected. `owner` is an
    opaque id; `decided_at` is when it was accepted or rejected. `overdue` from the time that
    the clock records it until it is done or has another due time. What is of the last time that it
    was done: `done_at`, `check_by`, `checked` (the result of the newest check) and `checked_at`.
    `recurrences` counts the incidents as which it happened again, `updates` what was updated.
    """
    yield Column("improvement", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("system", String, nullable=False)
    yield Column("improvement_kind", String, nullable=False)
    yield Column("cause", String, nullable=False)
    yield Column("cause_ref", String)
    yield Column("cause_leaf", Integer)
    yield Column("action", String)
    yield Column("status", String, nullable=False)
    yield Column("column", String)
    yield Column("owner", String)
    yield Column("due", String)
    yield Column("overdue", Boolean, nullable=False)
    yield Column("success", String)
    yield Column("criterion", String)
    yield Column("proposed_at", String, nullable=False)
    yield Column("decided_at", String)
    yield Column("done_at", String)
    yield Column("check_by", String)
    yield Column("checked", String)
    yield Column("checked_at", String)
    yield Column("recurrences", Integer, nullable=False)
    yield Column("updates", Integer, nullable=False)
    yield Column("closed_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The improvement."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The improvement's row after one of its events."""
    event = cast("i.ImprovementEvent", recorded.event)
    if isinstance(event, i.ImprovementProposed):
        return _proposed(event, recorded, key)
    if row is None:
        raise ValueError(f"{recorded.stream} was not proposed before leaf {recorded.leaf}")
    return {**row, **_changes(event, row)}


def _proposed(event: i.ImprovementProposed, recorded: Recorded, key: Key) -> Row:
    unset = dict.fromkeys((*_ROUND, "owner", "due", "success", "criterion", "decided_at"))
    return {
        **unset,
        **_at(i.ImprovementStatus.PROPOSED),
        "improvement": key[0],
        "leaf": recorded.leaf,
        "title": plain_text(event.title),
        "system": event.system,
        "improvement_kind": event.improvement_kind.value,
        "cause": event.cause.kind.value,
        "cause_ref": event.cause.ref or None,
        "cause_leaf": _leaf(event.cause.leaf),
        "action": plain_text(event.action) if event.action else None,
        "proposed_at": time_text(event.at),
        "overdue": False,
        "recurrences": 0,
        "updates": 0,
        "closed_at": None,
    }


def _leaf(leaf: int | UnsetType) -> int | None:
    """A leaf as databases can hold it: a program could once name one that no log can have."""
    return leaf if leaf is not UNSET and leaf <= LAST_LEAF else None


_ROUND = ("done_at", "check_by", "checked", "checked_at")
"""What is of the last time that it was done."""
_AFTER_CHECK = {
    i.CheckResult.EFFECTIVE: i.ImprovementStatus.EFFECTIVE,
    i.CheckResult.NOT_EFFECTIVE: i.ImprovementStatus.NOT_EFFECTIVE,
}


def _at(status: i.ImprovementStatus) -> dict[str, Any]:
    column = i.COLUMN_OF.get(status)
    return {"status": status.value, "column": None if column is None else column.value}


def _changes(event: i.ImprovementEvent, row: Row) -> dict[str, Any]:
    status = i.ImprovementStatus
    match event:
        case i.ImprovementProposed():
            return {}
        case i.ImprovementAccepted():
            return {
                **_at(status.ACCEPTED),
                "owner": event.owner,
                "due": time_text(event.due),
                "success": plain_text(event.success) if event.success else None,
                "criterion": i.criterion_text(event.criterion) if event.criterion else None,
                "decided_at": time_text(event.at),
            }
        case i.ImprovementRejected():
            return {**_at(status.REJECTED), "decided_at": time_text(event.at)}
        case i.ImprovementDueChanged():
            return {"due": time_text(event.to), "overdue": False}
        case i.ImprovementOverdue():
            return {"overdue": True}
        case i.ImprovementDone():
            return {
                **_at(status.DONE),
                **dict.fromkeys(_ROUND),
                "overdue": False,
                "done_at": time_text(event.at),
                "check_by": time_text(event.check_by) if event.check_by else None,
            }
        case i.ImprovementChecked():
            after = _AFTER_CHECK.get(event.result)
            return {
                **({} if after is None else _at(after)),
                "checked": event.result.value,
                "checked_at": time_text(event.at),
            }
        case i.ImprovementActed():
            return {**_at(status.ACTED), "updates": row["updates"] + len(event.updates)}
        case i.ImprovementReopened():
            again = {"due": time_text(event.due), "overdue": False}
            return {**_at(status.ACCEPTED), **dict.fromkeys(_ROUND), **again, "closed_at": None}
        case i.ImprovementRecurred():
            again = {"recurrences": row["recurrences"] + 1, "closed_at": None}
            return {**_at(status.NOT_EFFECTIVE), **again}
        case i.ImprovementClosed():
            closed = {"overdue": False, "closed_at": time_text(event.at)}
            return {**_at(status.CLOSED), **closed}
        case _:
            assert_never(event)


LIST = ListView(
    kind="improvement",
    key="improvement",
    path="improvements",
    title="Improvements",
    lead="What is to be improved, why, by whom and until when; and whether it had its effect.",
    about="cause_ref",
    words=("title", "action", "success"),
    columns=(
        ListColumn(name="title", label="Title"),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="status", label="Status", vocabulary=i.ImprovementStatus, filters=True),
        ListColumn(
            name="column", label="Phase", vocabulary=i.PdcaColumn, filters=True, on_page=False
        ),
        ListColumn(
            name="improvement_kind", label="Kind", vocabulary=i.ImprovementKind, filters=True
        ),
        ListColumn(name="cause", label="Cause", vocabulary=i.CauseKind, filters=True),
        ListColumn(name="cause_ref", label="Caused by", on_page=False),
        ListColumn(name="action", label="Action", on_page=False),
        ListColumn(name="owner", label="Owner", filters=True, person=True),
        ListColumn(name="due", label="Due", cell=CellKind.TIME),
        ListColumn(
            name="overdue", label="Overdue", cell=CellKind.FLAG, vocabulary=YesNo, filters=True
        ),
        ListColumn(name="criterion", label="Known by", on_page=False),
        ListColumn(name="success", label="Success", on_page=False),
        ListColumn(name="proposed_at", label="Proposed", cell=CellKind.TIME),
        ListColumn(name="decided_at", label="Decided", cell=CellKind.TIME, on_page=False),
        ListColumn(name="done_at", label="Done", cell=CellKind.TIME, on_page=False),
        ListColumn(name="check_by", label="Check by", cell=CellKind.TIME, on_page=False),
        ListColumn(name="checked", label="Checked", vocabulary=i.CheckResult, filters=True),
        ListColumn(name="checked_at", label="Checked at", cell=CellKind.TIME, on_page=False),
        ListColumn(name="recurrences", label="Recurred", on_page=False),
        ListColumn(name="updates", label="Updates", on_page=False),
        ListColumn(name="closed_at", label="Closed", cell=CellKind.TIME, on_page=False),
    ),
)

IMPROVEMENTS = Projection(
    name="improvements",
    version=2,
    kinds=frozenset({"improvement"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
