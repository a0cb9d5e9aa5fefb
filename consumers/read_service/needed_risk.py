"""What waits for somebody in the place Risk: risks, improvements, standards, documents. Blocking.

A count of risks is by their assessments as they were judged then. Those that were within tolerance
then, and are not by the policy in force, are counted apart.
"""

from collections.abc import Iterator
from typing import Any

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.governance import GovernanceState, governance
from consumers.read_service.needed import Needed, needed
from consumers.read_service.risk_map import standings
from ledger.domain.control import ControlStatus
from ledger.domain.improvement import ImprovementStatus, PdcaColumn
from ledger.domain.risk.words import RiskAcceptance, RiskStatus, Tolerated
from ledger.domain.standard import StandardStatus
from ledger.vocabulary import YesNo
from projections.controls import CONTROLS
from projections.engine.projection import Projection
from projections.improvements import IMPROVEMENTS
from projections.queries import lists
from projections.queries.improvements import improvement_board
from projections.queries.risks import tolerated_by_other_matrices
from projections.risks import RISKS
from projections.standards import STANDARDS
from projections.values import time_text

PLACE = "Risk"


def needed_in_risk(ledger: Ledger) -> Iterator[Needed]:
    """All that waits there; what is zero is among it."""
    yield from _risks(ledger)
    yield from _improvements(ledger)
    yield from _standards(ledger)
    documents = governance(ledger).items
    wrong = sum(each.state is not GovernanceState.IN_FORCE for each in documents if each.id)
    yield needed(PLACE, wrong, "governance documents are not as they should be", "/governance")


def _risks(ledger: Ledger) -> Iterator[Needed]:
    above = Tolerated.NO
    for filters, words, late in (
        ({"tolerated": above, "acceptance": RiskAcceptance.NONE}, _NOT_ACCEPTED, True),
        ({"tolerated": above, "acceptance": RiskAcceptance.EXPIRED}, _EXPIRED, True),
        ({"tolerated": above, "acceptance": RiskAcceptance.STALE}, _STALE, True),
        ({"tolerated": above, "acceptance": RiskAcceptance.WITHDRAWN}, _WITHDRAWN, True),
        ({"acceptance": RiskAcceptance.REQUESTED}, "risks are to be accepted, or not", False),
        ({"treatment_overdue": YesNo.YES}, "treatments of risks are overdue", True),
        ({"review_overdue": YesNo.YES}, "reviews of risks are overdue", True),
        ({"tolerated": Tolerated.UNKNOWN}, "risks are not assessed", False),
    ):
        asked: dict[str, str] = {"status": RiskStatus.OPEN, **filters}
        yield _listed(ledger, RISKS, "/risks", asked, words, late=late)
    risks = policy_in_force(ledger.store).risks
    pairs = standings(risks)
    before = tolerated_by_other_matrices(ledger.views, risks.digest)
    count = sum(
        number
        for pair, number in before.items()
        if (found := pairs.get(pair)) is None or not found.tolerated
    )
    yield needed(PLACE, count, _TOLERATED_BEFORE, "/risks", late=True)


_TOLERATED_BEFORE = "risks were within tolerance when assessed, and are not by the policy in force"
_NOT_ACCEPTED = "risks are above tolerance, and nobody accepted them"
_EXPIRED = "risks are above tolerance, and their acceptance has expired"
_STALE = "risks are above tolerance, and were assessed anew since they were accepted"
_WITHDRAWN = "risks are above tolerance, and their acceptance was withdrawn"


def _improvements(ledger: Ledger) -> Iterator[Needed]:
    for filters, words, late in (
        (
            {"status": ImprovementStatus.PROPOSED},
            "improvements are proposed and not decided",
            False,
        ),
        ({"overdue": YesNo.YES}, "improvements are overdue", True),
        (
            {"status": ImprovementStatus.DONE},
            "improvements were done and wait for a check",
            False,
        ),
        (
            {"status": ImprovementStatus.NOT_EFFECTIVE},
            "improvements had no effect, and are open",
            True,
        ),
    ):
        yield _listed(ledger, IMPROVEMENTS, "/improvements", filters, words, late=late)
    at = time_text(ledger.now())
    due = improvement_board(ledger.views, now=at, soon=at, limit=1).columns[PdcaColumn.CHECK].late
    yield needed(PLACE, due, _TO_BE_CHECKED, f"/improvements?column={PdcaColumn.CHECK}", late=True)


_TO_BE_CHECKED = "checks of improvements are due: somebody names what shows their effect"


def _standards(ledger: Ledger) -> Iterator[Needed]:
    for status, words, late in (
        (ControlStatus.REASSESSMENT_OVERDUE, "re-assessments of controls are overdue", True),
        (ControlStatus.REASSESSMENT_DUE, "controls are to be assessed again", False),
        (ControlStatus.EXPIRED, "assessments of controls have expired", True),
    ):
        yield _listed(ledger, CONTROLS, "/controls", {"status": status}, words, late=late)
    words = "standards were not looked at in time: they may have changed"
    filters = {"status": StandardStatus.REVIEW_OVERDUE}
    yield _listed(ledger, STANDARDS, "/standards", filters, words, late=True)


def _listed(
    ledger: Ledger,
    projection: Projection,
    page: str,
    filters: dict[str, Any],
    words: str,
    *,
    late: bool,
) -> Needed:
    """The rows of a list that match some filters, with the page that is filtered so."""
    count = lists.count(ledger.views, projection, filters)
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return needed(PLACE, count, words, f"{page}?{query}", late=late)
