"""The risk register: what each risk comes to by its newest assessments. One row each.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET
from sqlalchemy import Boolean, Column, Integer, String

from ledger.domain.envelope import Recorded
from ledger.domain.risk import events as e
from ledger.domain.risk.words import (
    RiskAcceptance,
    RiskLevel,
    RiskLink,
    RiskStatus,
    Tolerated,
    Treatment,
)
from ledger.domain.text import plain_text
from ledger.vocabulary import YesNo
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text

_ASSESSED = ("likelihood", "impact", "score", "band")
_COUNTS = {
    RiskLink.INCIDENT: "incidents",
    RiskLink.CONTROL: "controls",
    RiskLink.IMPROVEMENT: "improvements",
    RiskLink.SYSTEM: "systems",
}


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; without `system` it is the organisation's.

    Each level has its newest assessment; `current_matrix` is the digest of the matrix by which the
    current one was judged. `tolerated` and `assessed_at` are of the current one, as
    it was judged then. `acceptance` is what events say of it: one that has expired is marked by the
    clock. `given` is the same without what is asked for. The counts are of what is linked.
    """
    yield Column("risk_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("system", String)
    yield Column("category", String, nullable=False)
    yield Column("owner", String, nullable=False)
    yield Column("status", String, nullable=False)
    for level in RiskLevel:
        yield Column(f"{level.value}_likelihood", String)
        yield Column(f"{level.value}_impact", String)
        yield Column(f"{level.value}_score", Integer)
        yield Column(f"{level.value}_band", String)
    yield Column("current_matrix", String)
    yield Column("tolerated", String, nullable=False)
    yield Column("assessed_at", String)
    yield Column("treatment", String)
    yield Column("treatment_due", String)
    yield Column("treatment_done_at", String)
    yield Column("treatment_overdue", Boolean, nullable=False)
    yield Column("acceptance", String, nullable=False)
    yield Column("accepted_until", String)
    yield Column("accepted_by", String)
    yield Column("accepted_as", String)
    yield Column("accepted_band", String)
    yield Column("accepted_at", String)
    yield Column("given", String, nullable=False)
    yield Column("asked_at", String)
    yield Column("asked_until", String)
    yield Column("asked_by_treatment", Boolean, nullable=False)
    yield Column("review_due", String)
    yield Column("review_overdue", Boolean, nullable=False)
    yield Column("reviewed_at", String)
    for count in _COUNTS.values():
        yield Column(count, Integer, nullable=False)
    yield Column("identified_at", String, nullable=False)
    yield Column("closed_at", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The risk."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The risk's row after one of its events."""
    event = cast("e.RiskEvent", recorded.event)
    if isinstance(event, e.RiskIdentified):
        return _identified(event, recorded, key)
    if row is None:
        raise ValueError(f"{recorded.stream} was not identified before leaf {recorded.leaf}")
    return {**row, **_changes(row, event)}


def _identified(event: e.RiskIdentified, recorded: Recorded, key: Key) -> Row:
    return {
        "risk_id": key[0],
        "leaf": recorded.leaf,
        "title": plain_text(event.title),
        "system": event.system or None,
        "category": event.category,
        "owner": event.owner,
        "status": RiskStatus.OPEN.value,
        **_NOT_ASSESSED,
        "current_matrix": None,
        "tolerated": Tolerated.UNKNOWN.value,
        "assessed_at": None,
        **_NO_TREATMENT,
        **_NO_ACCEPTANCE,
        "review_due": time_text(event.review_due),
        "review_overdue": False,
        "reviewed_at": None,
        **dict.fromkeys(_COUNTS.values(), 0),
        "identified_at": time_text(event.at),
        "closed_at": None,
    }


_NOT_ASSESSED: dict[str, Any] = {
    f"{level.value}_{each}": None for level in RiskLevel for each in _ASSESSED
}
_NO_TREATMENT: dict[str, Any] = {
    "treatment": None,
    "treatment_due": None,
    "treatment_done_at": None,
    "treatment_overdue": False,
}
_NO_ACCEPTANCE: dict[str, Any] = {
    "acceptance": RiskAcceptance.NONE.value,
    "accepted_until": None,
    "accepted_by": None,
    "accepted_as": None,
    "accepted_band": None,
    "accepted_at": None,
    "given": RiskAcceptance.NONE.value,
    "asked_at": None,
    "asked_until": None,
    "asked_by_treatment": False,
}


def _changes(row: Row, event: e.RiskEvent) -> dict[str, Any]:
    match event:
        case e.RiskAmended():
            return _amended(event)
        case e.RiskAssessed():
            return _assessed(row, event)
        case e.RiskReviewed():
            return {
                "review_due": time_text(event.next_due),
                "review_overdue": False,
                "reviewed_at": time_text(event.at),
            }
        case e.RiskReviewOverdue():
            return {"review_overdue": True}
        case e.RiskClosed():
            return {
                "status": RiskStatus.CLOSED.value,
                **_NO_ACCEPTANCE,
                "treatment_overdue": False,
                "review_due": None,
                "review_overdue": False,
                "closed_at": time_text(event.at),
            }
        case e.RiskReopened():
            return {
                "status": RiskStatus.OPEN.value,
                **_NO_TREATMENT,
                "review_due": time_text(event.review_due),
                "closed_at": None,
            }
        case e.RiskTreatmentChosen() | e.RiskTreatmentCompleted() | e.RiskTreatmentOverdue():
            return _treated(row, event)
        case (
            e.RiskAcceptanceRequested()
            | e.RiskAccepted()
            | e.RiskAcceptanceWithdrawn()
            | e.RiskAcceptanceExpired()
        ):
            return _accepted(row, event)
        case e.RiskIncidentLinked():
            return _counted(row, RiskLink.INCIDENT, 1)
        case e.RiskControlLinked():
            return _counted(row, RiskLink.CONTROL, 1)
        case e.RiskImprovementLinked():
            return _counted(row, RiskLink.IMPROVEMENT, 1)
        case e.RiskSystemLinked():
            return _counted(row, RiskLink.SYSTEM, 1)
        case e.RiskUnlinked():
            return _counted(row, event.kind, -1)
        case e.RiskIdentified():
            return {}
        case _:
            assert_never(event)


def _amended(event: e.RiskAmended) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: value
        for name in ("category", "owner")
        if (value := getattr(event, name)) is not UNSET
    }
    return changes if event.title is UNSET else {**changes, "title": plain_text(event.title)}


def _assessed(row: Row, event: e.RiskAssessed) -> dict[str, Any]:
    level = event.level.value
    changes: dict[str, Any] = {f"{level}_{each}": getattr(event, each) for each in _ASSESSED}
    if event.level is not RiskLevel.CURRENT:
        return changes
    changes["current_matrix"] = event.matrix
    changes["tolerated"] = (Tolerated.YES if event.tolerated else Tolerated.NO).value
    changes["assessed_at"] = time_text(event.at)
    if event.review_due:
        changes["review_due"] = time_text(event.review_due)
    return {**changes, **_stands(row, given=_ended(row, RiskAcceptance.STALE), asked=None)}


def _treated(
    row: Row,
    event: e.RiskTreatmentChosen | e.RiskTreatmentCompleted | e.RiskTreatmentOverdue,
) -> dict[str, Any]:
    match event:
        case e.RiskTreatmentChosen():
            due = time_text(event.due) if event.due else None
            accept = event.treatment is Treatment.ACCEPT
            changes: dict[str, Any] = {
                **_NO_TREATMENT,
                "treatment": event.treatment.value,
                "treatment_due": None if accept else due,
            }
            if accept:
                by_treatment = row["asked_by_treatment"] or row["asked_at"] is None
                return {**changes, **_asking(row, event, due, by_treatment=by_treatment)}
            return {**changes, **_stands(row, asked=None)} if row["asked_by_treatment"] else changes
        case e.RiskTreatmentCompleted():
            return {"treatment_done_at": time_text(event.at), "treatment_overdue": False}
        case e.RiskTreatmentOverdue():
            return {"treatment_overdue": True}
        case _:
            assert_never(event)


def _accepted(
    row: Row,
    event: e.RiskAcceptanceRequested
    | e.RiskAccepted
    | e.RiskAcceptanceWithdrawn
    | e.RiskAcceptanceExpired,
) -> dict[str, Any]:
    match event:
        case e.RiskAcceptanceRequested():
            until = time_text(event.until) if event.until else None
            return _asking(row, event, until, by_treatment=False)
        case e.RiskAccepted():
            return {
                **_stands(row, given=RiskAcceptance.HOLDS.value, asked=None),
                "accepted_until": time_text(event.until),
                "accepted_by": event.person,
                "accepted_as": event.role,
                "accepted_band": event.band,
                "accepted_at": time_text(event.at),
            }
        case e.RiskAcceptanceWithdrawn():
            return _stands(row, given=_ended(row, RiskAcceptance.WITHDRAWN), asked=None)
        case e.RiskAcceptanceExpired():
            return _stands(row, given=_ended(row, RiskAcceptance.EXPIRED))
        case _:
            assert_never(event)


def _asking(
    row: Row,
    event: e.RiskAcceptanceRequested | e.RiskTreatmentChosen,
    until: str | None,
    *,
    by_treatment: bool,
) -> dict[str, Any]:
    return {
        **_stands(row, asked=time_text(event.at)),
        "asked_until": until,
        "asked_by_treatment": by_treatment,
    }


def _ended(row: Row, ended: RiskAcceptance) -> str:
    """What the acceptance came to: what holds ends so, and what has ended stays as it is."""
    holds = row["given"] == RiskAcceptance.HOLDS.value
    return ended.value if holds else str(row["given"])


def _stands(row: Row, **new: str | None) -> dict[str, Any]:
    """Where the acceptance stands with another `given`, or `asked`."""
    given = new.get("given", row["given"])
    asked = new["asked"] if "asked" in new else row["asked_at"]
    holds = given == RiskAcceptance.HOLDS.value
    changes: dict[str, Any] = {
        "given": given,
        "asked_at": asked,
        "acceptance": RiskAcceptance.REQUESTED.value if asked and not holds else given,
    }
    return changes if asked else {**changes, "asked_until": None, "asked_by_treatment": False}


def _counted(row: Row, kind: RiskLink, by: int) -> dict[str, Any]:
    return {_COUNTS[kind]: row[_COUNTS[kind]] + by}


LIST = ListView(
    kind="risk",
    key="risk_id",
    path="risks",
    title="Risks",
    lead="The risk register: what each risk comes to, what is done about it, and until when.",
    columns=(
        ListColumn(name="title", label="Title"),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="category", label="Category", filters=True),
        ListColumn(name="status", label="Status", vocabulary=RiskStatus, filters=True),
        ListColumn(name="current_band", label="Band", filters=True),
        ListColumn(name="current_score", label="Score"),
        ListColumn(
            name="tolerated", label="Tolerated when assessed", vocabulary=Tolerated, filters=True
        ),
        ListColumn(name="owner", label="Owner", filters=True, person=True),
        ListColumn(name="treatment", label="Treatment", vocabulary=Treatment, filters=True),
        ListColumn(name="treatment_due", label="Treatment due", cell=CellKind.TIME, on_page=False),
        ListColumn(
            name="treatment_overdue",
            label="Treatment overdue",
            cell=CellKind.FLAG,
            vocabulary=YesNo,
            filters=True,
            on_page=False,
        ),
        ListColumn(name="acceptance", label="Acceptance", vocabulary=RiskAcceptance, filters=True),
        ListColumn(
            name="accepted_until", label="Accepted until", cell=CellKind.TIME, on_page=False
        ),
        ListColumn(name="accepted_by", label="Accepted by", on_page=False),
        ListColumn(name="accepted_as", label="Accepted as", on_page=False),
        ListColumn(name="review_due", label="Review due", cell=CellKind.TIME),
        ListColumn(
            name="review_overdue",
            label="Review overdue",
            cell=CellKind.FLAG,
            vocabulary=YesNo,
            filters=True,
            on_page=False,
        ),
        ListColumn(name="incidents", label="Incidents"),
        ListColumn(name="controls", label="Controls", on_page=False),
        ListColumn(name="improvements", label="Improvements", on_page=False),
        ListColumn(name="systems", label="Other systems", on_page=False),
        ListColumn(
            name="inherent_likelihood", label="Inherent likelihood", filters=True, on_page=False
        ),
        ListColumn(name="inherent_impact", label="Inherent impact", filters=True, on_page=False),
        ListColumn(name="inherent_band", label="Inherent band", on_page=False),
        ListColumn(name="inherent_score", label="Inherent score", on_page=False),
        ListColumn(name="current_likelihood", label="Likelihood", filters=True, on_page=False),
        ListColumn(name="current_impact", label="Impact", filters=True, on_page=False),
        ListColumn(
            name="residual_likelihood", label="Residual likelihood", filters=True, on_page=False
        ),
        ListColumn(name="residual_impact", label="Residual impact", filters=True, on_page=False),
        ListColumn(name="residual_band", label="Residual band", on_page=False),
        ListColumn(name="residual_score", label="Residual score", on_page=False),
        ListColumn(name="identified_at", label="Identified", cell=CellKind.TIME, on_page=False),
        ListColumn(name="assessed_at", label="Assessed", cell=CellKind.TIME, on_page=False),
        ListColumn(name="reviewed_at", label="Reviewed", cell=CellKind.TIME, on_page=False),
        ListColumn(name="closed_at", label="Closed", cell=CellKind.TIME, on_page=False),
    ),
)

RISKS = Projection(
    name="risks",
    version=2,
    kinds=frozenset({"risk"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
