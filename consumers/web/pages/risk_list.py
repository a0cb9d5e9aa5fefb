"""What is above the list of risks: the heat map, and what is not within tolerance."""

from collections.abc import Mapping
from typing import Any

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.risk_above import above_tolerance
from consumers.read_service.risk_map import heat_map
from consumers.web.pages.list_heads import ListHead
from consumers.web.pages.list_params import ListParams
from ledger.domain.risk.words import RiskLevel, RiskStatus
from ledger.policy.risks import Risks

LEVEL = "level"
"""The parameter of the page that chooses the assessments of the heat map."""
MOST_ABOVE = 100
"""So many risks above tolerance are shown."""
LABELS = frozenset(f"{each.value}_{of}" for each in RiskLevel for of in ("likelihood", "impact"))
"""The filters that the cells of the heat map set."""


def _context(ledger: Ledger, params: ListParams) -> Mapping[str, Any]:
    level = RiskLevel(params.filters[LEVEL] or RiskLevel.CURRENT)
    of = {name: params.filters[name] for name in ("system", "category")}
    found = heat_map(ledger, level=level, **of)
    return {
        "heat": found,
        "levels": [(each, params.link(**_at(each)), each is level) for each in RiskLevel],
        "shades": shades(policy_in_force(ledger.store).risks),
        "cell_link": lambda cell: _cell_link(params, level, cell.likelihood, cell.impact),
        "above": above_tolerance(ledger, **of, limit=MOST_ABOVE),
    }


def _words(ledger: Ledger) -> Mapping[str, Mapping[str, str]]:
    risks = policy_in_force(ledger.store).risks
    bands = {name: of.label for name, of in risks.bands.items()}
    return {"category": risks.categories, "current_band": bands}


def _at(level: RiskLevel) -> dict[str, str | None]:
    """The parameters of the page at another level, which forget the cell that was chosen."""
    chosen = None if level is RiskLevel.CURRENT else level.value
    return {**dict.fromkeys(LABELS, None), LEVEL: chosen}


def _cell_link(params: ListParams, level: RiskLevel, likelihood: str, impact: str) -> str:
    """The list of the open risks in a cell, of the system and category that are chosen."""
    others = dict.fromkeys(set(params.filters) - {"system", "category", LEVEL}, None)
    cell = {f"{level.value}_likelihood": likelihood, f"{level.value}_impact": impact}
    return f"{params.link(**{**others, **cell, 'status': RiskStatus.OPEN.value})}#register"


def shades(risks: Risks) -> dict[str, str]:
    """The colour of each band: the worst, others above tolerance, the least, others within it."""
    last = len(risks.bands) - 1
    return {
        name: ("least" if place == 0 else "within")
        if risks.tolerates(name)
        else ("worst" if place == last else "above")
        for place, name in enumerate(risks.bands)
    }


RISKS_HEAD = ListHead(
    template="risks.html",
    filters={LEVEL: RiskLevel},
    unshown=LABELS,
    context=_context,
    words=_words,
)
