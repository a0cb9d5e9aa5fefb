"""The recorded marks of an RCA's due times, and its completion; for the register and the RCA rows.

A list of objects in log order, so that withdrawing a mark restores the entry before it. `verdict`
is the entry's verdict on its due time; an at-risk mark has none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.vocabulary import RcaMark
from projections.rca_status import verdict
from projections.values import time_text

COMPLETED, PRELIMINARY = "completed", "preliminary"
Entry = dict[str, Any]
"""`mark`, `due`, `recorded_at`, `verdict`, `withdrawn_at`.

`mark` is at_risk, overdue, preliminary (one that met the deadline) or completed.
"""


def after(
    entries: Sequence[Entry], recorded: Recorded, due: str, *, near_miss: bool
) -> Sequence[Entry]:
    """The entries after an event; `due` is the time in force.

    A near miss owes no RCA: one that is completed has no verdict, unless it is in time.
    """
    match recorded.event:
        case e.RcaAtRisk(due=of):
            return [*entries, _entry(recorded, RcaMark.AT_RISK, time_text(of), None)]
        case e.RcaOverdue(due=of):
            return [*entries, _entry(recorded, RcaMark.OVERDUE, time_text(of), "overdue")]
        case e.RcaCompleted(at=at):
            return [*entries, _entry(recorded, COMPLETED, due, _judged(at, due, near_miss))]
        case e.RcaPreliminary(at=at, final_due=final) if final is not None:
            return [*entries, _entry(recorded, PRELIMINARY, due, _judged(at, due, near_miss))]
        case e.RcaMarkWithdrawn(at=at, mark=mark, due=of):
            key = (mark.value, time_text(of))
            return [
                {**each, "withdrawn_at": time_text(at)}
                if (each["mark"], each["due"]) == key and each["withdrawn_at"] is None
                else each
                for each in entries
            ]
        case _:
            return entries


def verdict_at_due(entries: Sequence[Entry]) -> str | None:
    """The verdict of the first entry in force that has one."""
    return next((each["verdict"] for each in in_force(entries) if each["verdict"]), None)


def recorded_at(entries: Sequence[Entry], mark: RcaMark) -> str | None:
    """When the newest mark of this kind that is in force was recorded."""
    times = [each["recorded_at"] for each in in_force(entries) if each["mark"] == mark]
    return times[-1] if times else None


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that were not withdrawn."""
    return [each for each in entries if each["withdrawn_at"] is None]


def withdrawn(entries: Sequence[Entry]) -> list[Entry]:
    """The marks that were withdrawn."""
    return [each for each in entries if each["withdrawn_at"] is not None]


def _judged(at: datetime, due: str, near_miss: bool) -> str | None:
    found = verdict(time_text(at), due)
    return None if near_miss and found == "overdue" else found


def _entry(recorded: Recorded, mark: str, due: str, verdict_of_mark: str | None) -> Entry:
    return {
        "mark": str(mark),
        "due": due,
        "recorded_at": time_text(recorded.recorded_at),
        "verdict": verdict_of_mark,
        "withdrawn_at": None,
    }
