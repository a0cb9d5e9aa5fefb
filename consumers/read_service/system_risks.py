"""The open risks of a system, and those that concern it, too. Blocking."""

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.risk_above import acceptance_now, judged_now
from consumers.read_service.risk_map import RiskName, risk_names
from ledger.domain.risk.words import RiskAcceptance, Tolerated
from projections.queries.risks import risks_of_system
from projections.values import time_text


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
    policy, now = policy_in_force(ledger.store), time_text(ledger.now())
    rows = risks_of_system(ledger.views, system)
    judged = {row["risk_id"]: judged_now(policy, row) for row in rows}
    rows.sort(key=lambda row: -(of.rank if (of := judged[row["risk_id"]]) else 1_000))
    names = {each.id: each for each in risk_names(ledger, rows, judged)}
    found = []
    for row in rows:
        of = judged[row["risk_id"]]
        known = Tolerated.UNKNOWN if of is None else Tolerated.YES if of.tolerated else Tolerated.NO
        found.append(
            SystemRisk(
                risk=names[row["risk_id"]],
                band=None if of is None else of.band,
                label="" if of is None else of.label,
                score=None if of is None else of.score,
                tolerated=known,
                acceptance=acceptance_now(row, now),
            )
        )
    return found
