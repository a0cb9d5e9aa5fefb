"""What is above the list of improvements: who is late, and Plan, Do, Check, Act."""

from collections.abc import Mapping
from typing import Any

from consumers.container.ledger import Ledger
from consumers.read_service.improvement_board import board
from consumers.web.pages.list_heads import ListHead
from consumers.web.pages.list_params import ListParams
from ledger.domain.improvement import ImprovementStatus, PdcaColumn
from ledger.vocabulary import YesNo

ORDER: Mapping[PdcaColumn, str | None] = {
    PdcaColumn.PLAN: "reference",
    PdcaColumn.DO: "due",
    PdcaColumn.CHECK: "check_by",
    PdcaColumn.ACT: None,
}
"""The order of the list to which a column leads."""
KEPT = frozenset({"system", "owner"})
"""The filters that the board has, too."""
REST = "#list"


def _context(ledger: Ledger, params: ListParams) -> Mapping[str, Any]:
    others = dict.fromkeys(set(params.filters) - KEPT, None)

    def whole(column: PdcaColumn) -> str:
        """The link to all of a column."""
        return params.link(**{**others, "column": column.value, "sort": ORDER[column]}) + REST

    def overdue(owner: str) -> str:
        """The link to what of a person is overdue."""
        return params.link(**{**others, "owner": owner, "overdue": YesNo.YES.value}) + REST

    def to_do(owner: str) -> str:
        """The link to what a person has to do, by when it is due."""
        accepted = {"owner": owner, "status": ImprovementStatus.ACCEPTED.value, "sort": "due"}
        return params.link(**{**others, **accepted}) + REST

    return {
        "board": board(ledger, system=params.filters["system"], owner=params.filters["owner"]),
        "column_link": whole,
        "overdue_link": overdue,
        "soon_link": to_do,
    }


IMPROVEMENTS_HEAD = ListHead(template="improvements.html", context=_context)
