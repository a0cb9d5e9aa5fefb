"""A preliminary RCA and the approval of a complete one, as rows have them.

For the register and the RCA rows, which name the due time in force `rca_due` and `due`.
`preliminary` is the newest: `at`, `by` (who recorded it), `summary`, `root_cause`, `actions` and
`meets`, whether the policy let it meet the deadline. `approval` is there where the complete RCA
needs one: `author`, and once it is approved `at`, `by` and `comment`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from projections.engine.projection import Row
from projections.values import plain_text, time_text

NONE: Mapping[str, Any] = {
    "preliminary": {},
    "preliminary_due": None,
    "preliminary_met_at": None,
    "approval": {},
}
"""The columns of an incident that has neither."""


def changes(row: Row, recorded: Recorded, *, due: str) -> dict[str, Any]:
    """The columns that an event changes; `due` names that of the due time in force."""
    match recorded.event:
        case e.RcaPreliminary() as event:
            return _preliminary(row, event, recorded, due)
        case e.RcaApprovalRequested(author=author):
            return {"approval": {"author": author, "at": None, "by": None, "comment": ""}}
        case e.RcaApproved() as event:
            given = {"at": time_text(event.at), "by": recorded.actor}
            return {"approval": {**row["approval"], **given, "comment": plain_text(event.comment)}}
        case _:
            return {}


def corrected(row: Row, event: e.Amended) -> dict[str, Any]:
    """The column whose text a correction changes."""
    if event.moves not in e.PARTS or not row[e.PARTS[event.moves]]:
        return {}
    column, field = e.PARTS[event.moves], event.field.rpartition(".")[2]
    to = plain_text(event.to) or ""
    value = [line for line in to.split("\n") if line] if field == "actions" else to
    return {column: {**row[column], field: value}}


def due_moved(row: Row, to: datetime, at_risk_at: datetime, *, due: str) -> dict[str, Any]:
    """The deadline moved: that which a preliminary RCA met, or the one in force."""
    if row["preliminary_due"] is not None:
        return {"preliminary_due": time_text(to)}
    return {due: time_text(to), "at_risk_at": time_text(at_risk_at)}


def _preliminary(row: Row, event: e.RcaPreliminary, recorded: Recorded, due: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "preliminary": {
            "at": time_text(event.at),
            "by": recorded.actor,
            "summary": plain_text(event.summary),
            "root_cause": plain_text(event.root_cause),
            "actions": [plain_text(action) for action in event.actions],
            "meets": event.meets,
        }
    }
    if event.final_due is None or event.final_at_risk_at is None:
        return found
    return found | {
        "preliminary_due": row[due],
        "preliminary_met_at": time_text(event.at),
        due: time_text(event.final_due),
        "at_risk_at": time_text(event.final_at_risk_at),
    }
