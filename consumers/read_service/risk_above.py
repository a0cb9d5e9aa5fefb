"""Risks above tolerance: why each is, what is behind it, and who has to do what. Blocking.

The policy in force judges the labels of the newest current assessment. A risk that is not assessed,
or whose labels the matrix has no more, is not within tolerance either: both are said apart.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.items import Items, cut
from consumers.read_service.risk_map import (
    RiskName,
    Standing,
    judged,
    risk_names,
    standings,
    tolerated,
)
from consumers.read_service.withholding import readable_in
from ledger.domain.risk.words import RiskAcceptance, RiskLink, Tolerated, Treatment
from ledger.policy import Policy
from ledger.policy.risks import Risks
from ledger.vocabulary import Labelled, Severity, Status
from projections.engine.projection import Row
from projections.queries.risks import incidents_behind, linked_with, open_risks
from projections.risk_dues import acceptance_at, is_review_overdue, is_treatment_overdue
from projections.values import time_text

LIST = "risks-above-tolerance"
"""The name of the list in the record of reads."""


class WhyAbove(Labelled):
    """Why a risk is not within tolerance. The order is that of the list."""

    ABOVE = "above", "Above tolerance"
    OUTDATED = "outdated", "Assessed by labels that the policy has no more"
    NOT_ASSESSED = "not_assessed", "Not assessed"


class BehindIncident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that is behind a risk; the title of one that is withheld is not shown."""

    id: str
    reference: str
    title: str
    status: Status
    severity: Severity | None
    restricted: bool


class RiskAbove(msgspec.Struct, frozen=True, kw_only=True):
    """An open risk that is not within tolerance, with why, and who has to do what.

    `band`, its `label` and `score` are by the policy in force, None where it has none.
    `assessed_band` is the one of the assessment, `accepted_band` that of the acceptance. `who` are
    persons or roles.
    """

    risk: RiskName
    category: str
    why: WhyAbove
    reason: str
    next: str
    who: tuple[str, ...]
    band: str | None
    label: str | None
    score: int | None
    likelihood: str | None
    impact: str | None
    assessed_at: str | None
    assessed_band: str | None
    incidents: tuple[BehindIncident, ...]
    treatment: Treatment | None
    treatment_due: str | None
    treatment_done_at: str | None
    treatment_overdue: bool
    acceptance: RiskAcceptance
    accepted_until: str | None
    accepted_by: str | None
    accepted_as: str | None
    accepted_band: str | None
    review_due: str | None
    review_overdue: bool


def above_tolerance(
    ledger: Ledger,
    *,
    system: str | None = None,
    category: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[RiskAbove]:
    """The open risks that are not within tolerance, the worst first. Raises Invalid."""
    policy, now = policy_in_force(ledger.store), time_text(ledger.now())
    pairs = standings(policy.risks)
    fine = [
        (likelihood, impact)
        for (likelihood, impact), each in pairs.items()
        if likelihood is not None and impact is not None and each.tolerated
    ]
    rows = open_risks(ledger.views, system=system, category=category, without=fine)
    found = {row["risk_id"]: judged(row, pairs) for row in rows}
    above = [row for row in rows if tolerated(found[row["risk_id"]]) is not Tolerated.YES]
    above.sort(key=lambda row: _place(row, found[row["risk_id"]]))
    page, following = cut(
        above,
        lambda row: str(row["risk_id"]),
        cursor=cursor,
        limit=limit,
        remedy="Begin again without a cursor.",
    )
    ids = [row["risk_id"] for row in page]
    behind, names = behind_of(ledger, ids), display_names(ledger.store)
    named = {each.id: each for each in risk_names(ledger, page, ids)}
    items = [
        _view(
            policy,
            row,
            found[row["risk_id"]],
            named[row["risk_id"]],
            behind.get(row["risk_id"], ()),
            names,
            now,
        )
        for row in page
    ]
    return Items(items=items, next=following)


def behind_of(ledger: Ledger, risks: Collection[str]) -> dict[str, tuple[BehindIncident, ...]]:
    """The incidents behind each of these risks, oldest link first, as the reader may see them.

    Where he sees the title of a restricted one, that is noted first. Raises Unavailable.
    """
    links = linked_with(ledger.views, RiskLink.INCIDENT, risks)
    shown = {each.id: each for each in incidents_shown(ledger, {row["target"] for row in links})}
    found: dict[str, list[BehindIncident]] = {}
    for row in links:
        if (incident := shown.get(row["target"])) is not None:
            found.setdefault(row["risk_id"], []).append(incident)
    return {of: tuple(incidents) for of, incidents in found.items()}


def incidents_shown(ledger: Ledger, incidents: Collection[str]) -> tuple[BehindIncident, ...]:
    """These incidents, in the order of their references; see `behind_of`."""
    rows = incidents_behind(ledger.views, incidents)
    seen = readable_in(ledger.reader, sorted(rows.values(), key=lambda row: row["leaf"]), LIST)
    return tuple(map(_incident, filled_columns(ledger.store, seen, ("title",))))


def _incident(row: Mapping[str, Any]) -> BehindIncident:
    return BehindIncident(
        id=row["incident"],
        reference=reference(row["leaf"]),
        title=row["title"],
        status=Status(row["status"]),
        severity=None if row["severity"] is None else Severity(row["severity"]),
        restricted=row["restricted"],
    )


def _why(row: Row, found: Standing | None) -> WhyAbove:
    if row["current_likelihood"] is None:
        return WhyAbove.NOT_ASSESSED
    return WhyAbove.OUTDATED if found is None else WhyAbove.ABOVE


def _place(row: Row, found: Standing | None) -> tuple[int, int, int, int]:
    why = list(WhyAbove).index(_why(row, found))
    rank, score = (0, 0) if found is None else found.order
    return why, -rank, -score, row["leaf"]


def _view(
    policy: Policy,
    row: Row,
    found: Standing | None,
    risk: RiskName,
    incidents: tuple[BehindIncident, ...],
    names: Mapping[str, str],
    now: str,
) -> RiskAbove:
    stands, why = acceptance_at(row, now), _why(row, found)
    by, treatment = row["accepted_by"], row["treatment"]
    likelihood, impact = row["current_likelihood"], row["current_impact"]
    stage = Stage(
        assessed_band=row["current_band"],
        treatment=None if treatment is None else Treatment(treatment),
        is_treated=row["treatment_done_at"] is not None,
        is_overdue=is_treatment_overdue(row, now),
        acceptance=stands,
    )
    doing, who = to_do(policy, stage, found, risk.owner)
    return RiskAbove(
        risk=risk,
        category=policy.risks.categories.get(row["category"], row["category"]),
        why=why,
        reason=why_above(policy.risks, likelihood, impact, found),
        next=doing,
        who=who,
        band=None if found is None else found.band,
        label=None if found is None else found.label,
        score=None if found is None else found.score,
        likelihood=likelihood,
        impact=impact,
        assessed_at=row["assessed_at"],
        assessed_band=row["current_band"],
        incidents=incidents,
        treatment=stage.treatment,
        treatment_due=row["treatment_due"],
        treatment_done_at=row["treatment_done_at"],
        treatment_overdue=stage.is_overdue,
        acceptance=stands,
        accepted_until=row["accepted_until"],
        accepted_by=None if by is None else names.get(by, by),
        accepted_as=row["accepted_as"],
        accepted_band=row["accepted_band"],
        review_due=row["review_due"],
        review_overdue=is_review_overdue(row, now),
    )


def why_above(
    risks: Risks, likelihood: str | None, impact: str | None, found: Standing | None
) -> str:
    """Why a risk with these labels, None without an assessment, is not within tolerance."""
    if likelihood is None or impact is None:
        return "Nobody assessed it with the controls that there are."
    if found is None:
        gone = impact if likelihood in risks.likelihood else likelihood
        return f"It was assessed by {gone!r}, which the policy in force has no more."
    most = risks.bands[risks.tolerated].label
    return (
        f"{risks.likelihood[likelihood]} and {risks.impact[impact]} is {found.label}; tolerated is "
        f"{most} at most."
    )


class Stage(NamedTuple):
    """Where a risk stands, as far as what has to be done next depends on it.

    `assessed_band` is that of its newest current assessment, None without one. `is_treated`: what
    was planned is done.
    """

    assessed_band: str | None
    treatment: Treatment | None
    is_treated: bool
    is_overdue: bool
    acceptance: RiskAcceptance


def to_do(
    policy: Policy, stage: Stage, found: Standing | None, owner: str
) -> tuple[str, tuple[str, ...]]:
    """What has to be done about an open risk that is not tolerated, and who does it.

    `found` is what it comes to by the policy in force, `owner` a name.
    """
    own = (owner,)
    if stage.assessed_band is None:
        return "Assess it, level current.", own
    if found is None or found.band != stage.assessed_band:
        return "Assess it anew, level current: the policy judges it otherwise now.", own
    if stage.acceptance is RiskAcceptance.HOLDS:
        return "Treat it, or assess it anew, before its acceptance ends.", own
    if stage.acceptance is RiskAcceptance.REQUESTED:
        if accept := accepting_roles(policy, found.band):
            return "Accept it, or have it treated.", tuple(accept.values())
        return "Treat it: the policy names nobody who may accept it.", own
    if stage.is_overdue:
        return "Complete its treatment, which is overdue.", own
    if stage.treatment not in {None, Treatment.ACCEPT}:
        if stage.is_treated:
            return "Assess it anew: its treatment is done, and it is above tolerance still.", own
        return "Complete its treatment.", own
    if stage.acceptance is RiskAcceptance.NONE:
        return "Choose a treatment, or ask for an acceptance.", own
    return "Treat it, or ask for another acceptance.", own


def accepting_roles(policy: Policy, band: str) -> dict[str, str]:
    """The roles that may accept risks of a band, with their labels."""
    labels = policy.guards.role_labels
    return {each: labels.get(each, each) for each in policy.risks.bands[band].accepted_by}
