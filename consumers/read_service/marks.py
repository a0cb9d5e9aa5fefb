"""Public views of the withdrawn marks of an RCA clock."""

import msgspec

from ledger.vocabulary import RcaMark
from projections import rca_marks
from projections.engine.projection import Row


class WithdrawnMark(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawn mark (at_risk, overdue) of the RCA due at `due_at`."""

    mark: RcaMark
    due_at: str
    recorded_at: str
    withdrawn_at: str


def withdrawn_marks(row: Row) -> list[WithdrawnMark]:
    """The withdrawn marks of a register or RCA row, in the order of recording."""
    return [
        WithdrawnMark(
            mark=RcaMark(each["mark"]),
            due_at=each["due"],
            recorded_at=each["recorded_at"],
            withdrawn_at=each["withdrawn_at"],
        )
        for each in rca_marks.withdrawn(row["marks"])
    ]
