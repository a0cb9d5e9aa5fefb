"""The open risks of a system, and those that concern it, too. Blocking."""

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.risk_map import (
    RiskName,
    Standing,
    judged,
    risk_names,
    standings,
    tolerated,
)
from ledger.domain.risk.words import RiskAcceptance, Tolerated
from projections.engine.projection import Row
from projections.queries.risks import risks_of_system
from projections.risk_dues import acceptance_at
from projections.values import time_text

UNJUDGED = 1_000
"""The rank of what cannot be judged: above every band."""


class SystemRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A risk as the policy in force judges it; without a `band` it is not assessed by that."""

    risk: RiskName
    band: str | None
    label: str
    score: int | None
    tolerated: Tolerated
    acceptance: RiskAcceptance


def system_risks(ledger: Ledger, system: str) -> list[SystemRisk]:
    """The worst first; those that are not assessed before all."""
    pairs, now = standings(policy_in_force(ledger.store).risks), time_text(ledger.now())
    rows = risks_of_system(ledger.views, system)
    found = {row["risk_id"]: judged(row, pairs) for row in rows}
    rows.sort(key=lambda row: -(of.rank if (of := found[row["risk_id"]]) else UNJUDGED))
    names = {each.id: each for each in risk_names(ledger, rows, found)}
    return [_view(row, names[row["risk_id"]], found[row["risk_id"]], now) for row in rows]


def _view(row: Row, name: RiskName, found: Standing | None, now: str) -> SystemRisk:
    return SystemRisk(
        risk=name,
        band=None if found is None else found.band,
        label="" if found is None else found.label,
        score=None if found is None else found.score,
        tolerated=tolerated(found),
        acceptance=acceptance_at(row, now),
    )
