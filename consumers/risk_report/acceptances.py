"""The acceptances of risks: which hold, which are stale or have expired, which end soon."""

from collections import Counter
from datetime import timedelta

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_risks import ReportedAcceptance, ReportedAcceptances
from consumers.risk_report.period import Period
from consumers.risk_report.risks import open_risks
from ledger.domain.risk.kind import RISK
from ledger.domain.risk.words import RiskAcceptance
from projections.engine.projection import Row
from projections.risk_dues import acceptance_at
from projections.values import time_text

DAYS = 30
"""What ends within so many days after the end of the month ends soon."""


def report_acceptances(log: LogFold, period: Period) -> ReportedAcceptances:
    """The acceptances of open risks at the end of the month; what ends first comes first."""
    now, soon = period.until_text, time_text(period.until + timedelta(days=DAYS))
    found = [
        (row, state)
        for row in open_risks(log.at_end)
        if (state := acceptance_at(row, now)) is not RiskAcceptance.NONE
    ]
    states = Counter(state for _, state in found)
    found.sort(key=lambda each: (each[0]["accepted_until"] or "", each[0]["leaf"]))
    return ReportedAcceptances(
        days=DAYS,
        requested=states[RiskAcceptance.REQUESTED],
        holds=states[RiskAcceptance.HOLDS],
        expiring=sum(
            state is RiskAcceptance.HOLDS and row["accepted_until"] <= soon for row, state in found
        ),
        stale=states[RiskAcceptance.STALE],
        expired=states[RiskAcceptance.EXPIRED],
        withdrawn=states[RiskAcceptance.WITHDRAWN],
        rows=tuple(_acceptance(row, state) for row, state in found),
    )


def _acceptance(row: Row, state: RiskAcceptance) -> ReportedAcceptance:
    return ReportedAcceptance(
        reference=reference(row["leaf"], RISK),
        title=row["title"],
        system=row["system"],
        state=state.value,
        band=row["accepted_band"],
        person=row["accepted_by"],
        role=row["accepted_as"],
        until=row["accepted_until"],
    )
