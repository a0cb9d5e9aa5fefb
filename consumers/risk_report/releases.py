"""The releases that were decided in the month, and what runs without a decision (section 5)."""

from collections import Counter

from msgspec import UNSET

from consumers.commands.references import reference
from consumers.risk_report.fold import LogFold
from consumers.risk_report.model import (
    NonconformingRelease,
    ReportedDecision,
    ReportedDeployment,
    ReportedReleases,
)
from consumers.risk_report.period import Period
from ledger.domain.envelope import Recorded
from ledger.domain.release import RELEASE
from ledger.domain.release.events import ReleaseDecided, ReleaseDeployed
from ledger.domain.release.words import Decision, Verdict
from projections.engine.projection import Row
from projections.releases import RELEASES
from projections.values import subject, time_text


def report_releases(log: LogFold, period: Period) -> ReportedReleases:
    """Each decision of the month, each deployment that nobody approved, and what conforms no more.

    A release that was decided twice in the month stands in it twice.
    """
    rows = log.rows.by_key(RELEASES)
    decisions: list[ReportedDecision] = []
    unapproved: list[ReportedDeployment] = []
    for recorded in filter(period.in_month, log.kept):
        match recorded.event:
            case ReleaseDecided() as event:
                decisions.append(_decision(rows[subject(recorded),], event))
            case ReleaseDeployed(approved=False, gated=True) as event:
                unapproved.append(_deployment(recorded, rows[subject(recorded),], event))
            case _:
                pass
    go = sum(each.decision == Decision.GO.value for each in decisions)
    return ReportedReleases(
        decided=len(decisions),
        go=go,
        no_go=len(decisions) - go,
        decisions=tuple(sorted(decisions, key=lambda each: each.decided_at)),
        unapproved=tuple(sorted(unapproved, key=lambda each: each.deployed_at)),
        nonconforming=tuple(
            NonconformingRelease(
                reference=reference(row["leaf"], RELEASE),
                system=row["system"],
                version=row["version"],
                environment=row["environment"],
                requirements=tuple(row["nonconforming"].split(", ")),
            )
            for row in sorted(log.at_end.of(RELEASES), key=lambda row: row["leaf"])
            if row["nonconforming"]
        ),
    )


def _decision(row: Row, event: ReleaseDecided) -> ReportedDecision:
    verdicts = Counter(each.verdict for each in event.requirements)
    return ReportedDecision(
        reference=reference(row["leaf"], RELEASE),
        system=row["system"],
        version=row["version"],
        environment=row["environment"],
        change_class=event.change_class,
        decision=event.decision.value,
        person=event.person,
        decided_at=time_text(event.at),
        passed=verdicts[Verdict.PASS],
        waived=verdicts[Verdict.WAIVED],
        undecided=verdicts[Verdict.UNDECIDED],
        failed=verdicts[Verdict.FAIL],
        not_applicable=verdicts[Verdict.NOT_APPLICABLE],
        conditions=len(event.conditions),
    )


def _deployment(recorded: Recorded, row: Row, event: ReleaseDeployed) -> ReportedDeployment:
    return ReportedDeployment(
        reference=reference(row["leaf"], RELEASE),
        system=event.system,
        version=event.version,
        environment=event.environment,
        deployed_at=time_text(recorded.event.at),
        reason=None if event.why is UNSET else event.why,
    )
