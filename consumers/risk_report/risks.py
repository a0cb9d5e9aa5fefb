"""The risk register at the end of the month (runbook section 3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from consumers.commands.references import reference
from consumers.read_service.risk_map import Pairs, Standing, judged, standings, tolerated
from consumers.risk_report.fold import LogFold, Rows
from consumers.risk_report.model_risks import (
    IncidentBehind,
    NamedCount,
    ReportedAssessment,
    ReportedRisk,
    ReportedRisks,
)
from consumers.risk_report.period import Period
from ledger.domain.risk.kind import RISK
from ledger.domain.risk.words import RiskLevel, RiskLink, RiskStatus, Tolerated
from ledger.policy.risks import Risks
from projections.engine.projection import Row
from projections.register import REGISTER
from projections.risk_dues import acceptance_at, is_review_overdue, is_treatment_overdue
from projections.risk_links import RISK_LINKS
from projections.risks import RISKS

_FIRST = {Tolerated.NO.value: 0, Tolerated.UNKNOWN.value: 1, Tolerated.YES.value: 2}


def open_risks(rows: Rows) -> list[Row]:
    """The risks that are on the register."""
    return [row for row in rows.of(RISKS) if row["status"] == RiskStatus.OPEN.value]


def report_risks(log: LogFold, period: Period) -> ReportedRisks:
    """The register: what is above tolerance comes first, then by score, the highest first."""
    policy, behind = period.policy.risks, _incidents(log)
    pairs = standings(policy)
    rows = tuple(
        sorted(
            (
                _risk(row, policy, pairs, behind[row["risk_id"]], period.until_text)
                for row in open_risks(log.at_end)
            ),
            key=_worst_first,
        )
    )
    counts = Counter(each.tolerated for each in rows)
    return ReportedRisks(
        total=len(rows),
        above_tolerance=counts[Tolerated.NO.value],
        within_tolerance=counts[Tolerated.YES.value],
        not_assessed=counts[Tolerated.UNKNOWN.value],
        treatments_overdue=sum(each.treatment_overdue for each in rows),
        reviews_overdue=sum(each.review_overdue for each in rows),
        most_tolerated=policy.bands[policy.tolerated].label,
        bands=_counts(
            (each.band or "" for each in rows),
            {band: of.label for band, of in reversed(list(policy.bands.items()))},
            "Not placed",
        ),
        categories=_counts((each.category for each in rows), policy.categories, None),
        rows=rows,
    )


def _worst_first(risk: ReportedRisk) -> tuple[int, int, int]:
    return _FIRST[risk.tolerated], -(risk.score or 0), int(risk.reference.partition("-")[2])


def _counts(
    found: Iterable[str], labels: Mapping[str, str], none: str | None
) -> tuple[NamedCount, ...]:
    """Those of the policy in its order, those that it has no more, and those without one."""
    counts = Counter(found)
    others = {each: each for each in sorted(counts) if each and each not in labels}
    named = {**labels, **others, **({} if none is None else {"": none})}
    return tuple(
        NamedCount(id=each, label=label, count=counts[each]) for each, label in named.items()
    )


def _risk(
    row: Row, policy: Risks, pairs: Pairs, behind: list[IncidentBehind], now: str
) -> ReportedRisk:
    found = judged(row, pairs)
    return ReportedRisk(
        reference=reference(row["leaf"], RISK),
        id=row["risk_id"],
        title=row["title"],
        system=row["system"],
        category=row["category"],
        category_label=policy.categories.get(row["category"], row["category"]),
        owner=row["owner"],
        inherent=_assessment(row, RiskLevel.INHERENT),
        current=_assessment(row, RiskLevel.CURRENT),
        residual=_assessment(row, RiskLevel.RESIDUAL),
        band=None if found is None else found.band,
        band_label=_label(row, found),
        score=None if found is None else found.score,
        tolerated=tolerated(found).value,
        treatment=row["treatment"],
        treatment_due=row["treatment_due"],
        treatment_overdue=is_treatment_overdue(row, now),
        acceptance=acceptance_at(row, now).value,
        accepted_until=row["accepted_until"],
        review_due=row["review_due"],
        review_overdue=is_review_overdue(row, now),
        incidents=tuple(behind),
        controls=row["controls"],
        improvements=row["improvements"],
    )


def _label(row: Row, found: Standing | None) -> str:
    if found is not None:
        return found.label
    return "Not assessed" if row["current_band"] is None else "Not in the matrix"


def _assessment(row: Row, level: RiskLevel) -> ReportedAssessment | None:
    of = level.value
    if row[f"{of}_band"] is None:
        return None
    return ReportedAssessment(
        likelihood=row[f"{of}_likelihood"],
        impact=row[f"{of}_impact"],
        score=row[f"{of}_score"],
        band=row[f"{of}_band"],
    )


def _incidents(log: LogFold) -> Mapping[str, list[IncidentBehind]]:
    """The incidents that each risk was linked with, by risk, in the order of the log."""
    incidents = log.rows.by_key(REGISTER)
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for link in log.at_end.of(RISK_LINKS):
        if link["kind"] != RiskLink.INCIDENT.value or not link["linked"]:
            continue
        if (row := incidents.get((link["target"],))) is not None:
            found[link["risk_id"]].append(row)
    behind: defaultdict[str, list[IncidentBehind]] = defaultdict(list)
    for risk, rows in found.items():
        behind[risk] = [_behind(row) for row in sorted(rows, key=lambda row: row["leaf"])]
    return behind


def _behind(row: Row) -> IncidentBehind:
    return IncidentBehind(
        reference=reference(row["leaf"]),
        system=row["system"],
        severity=row["severity"],
        status=row["status"],
        restricted=bool(row["restricted"]),
        detected_at=row["detected_at"],
    )
