"""The heat map: the open risks by the likelihood and impact of their current assessment."""

from consumers.read_service.risk_map import placed
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model_risks import HeatCell, HeatRow, ReportedHeatMap
from consumers.risk_report.period import Period
from consumers.risk_report.risks import open_risks
from ledger.domain.risk.words import RiskLevel
from ledger.policy.risks import Risks

SHADES = 4
"""So many shades tell bands apart, the first for the least."""


def report_heat_map(log: LogFold, period: Period) -> ReportedHeatMap:
    """The heat map of the policy's matrix at the end of the month."""
    policy = period.policy.risks
    found = placed(policy, RiskLevel.CURRENT, open_risks(log.at_end))
    return ReportedHeatMap(
        impacts=tuple(policy.impact.values()),
        rows=tuple(
            HeatRow(
                likelihood=likelihood,
                label=label,
                cells=tuple(
                    _cell(policy, likelihood, impact, found.counts[likelihood, impact])
                    for impact in policy.impact
                ),
            )
            for likelihood, label in reversed(list(policy.likelihood.items()))
        ),
        elsewhere=len(found.outdated),
        not_assessed=len(found.not_assessed),
    )


def _cell(policy: Risks, likelihood: str, impact: str, count: int) -> HeatCell:
    band = policy.band_of(likelihood, impact)
    most = max(len(policy.bands) - 1, 1)
    shade = (policy.rank_of(band) or 0) * (SHADES - 1) // most
    return HeatCell(impact=impact, band=band, shade=shade, count=count)
