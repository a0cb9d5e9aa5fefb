"""The RCA clock's marks that were withdrawn, as the world outside sees them."""

import msgspec

from ledger.vocabulary import RcaMark
from projections import rca_marks
from projections.engine.projection import Row


class WithdrawnMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark (at_risk, overdue) of the RCA due at `due_at` that was recorded wrongly."""

    mark: RcaMark
    due_at: str
    recorded_at: str
    withdrawn_at: str


def withdrawn_marks(row: Row) -> list[WithdrawnMark]:
    """Those of a register's or an RCA clock's row, in the order in which they were recorded."""
    return [
        WithdrawnMark(
            mark=RcaMark(each["mark"]),
            due_at=each["due"],
            recorded_at=each["recorded_at"],
            withdrawn_at=each["withdrawn_at"],
        )
        for each in rca_marks.withdrawn(row["marks"])
    ]
