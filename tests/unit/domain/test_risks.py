"""A risk: identified, assessed by the policy's matrix, treated, reviewed, closed (runbook 3)."""

from datetime import timedelta

import pytest

from ledger.domain.risk import RiskLevel, RiskLink, RiskStatus, Treatment, describe
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from tests.unit.domain.story import POLICY, policy_with
from tests.unit.domain.told_risks import ADA, BOB, NOW, assessed, given, identified, treated

LATER = NOW + timedelta(days=20)


def identify(**changes: object) -> c.IdentifyRisk:
    """A risk as somebody identifies it."""
    facts = {"title": "It invents sources", "category": "reliability", "owner": ADA}
    return c.IdentifyRisk(**(facts | changes))  # type: ignore[arg-type]


def assess(level: RiskLevel, likelihood: str, impact: str) -> c.AssessRisk:
    """An assessment as somebody asks for it."""
    return c.AssessRisk(level=level, likelihood=likelihood, impact=impact, rationale="Seen.")


def test_what_is_identified_without_a_system_is_the_organisations() -> None:
    [event] = given().when(identify()).decided()
    assert isinstance(event, e.RiskIdentified)
    assert not event.system
    said = f"Identified for the organisation (reliability), owned by {ADA}, to be reviewed until "
    assert describe(event).startswith(said)


def test_a_risk_is_first_reviewed_as_soon_as_the_worst_of_all_bands() -> None:
    due = NOW + timedelta(days=30)
    given().when(identify(system="chat")).then(identified(review_due=due))
    given().when(identify(system="chat", review_due=LATER)).then(identified(review_due=LATER))
    given().when(identify(review_due=due + timedelta(days=1))).refused("review_too_late")
    given().when(identify(review_due=NOW)).refused("review_after_now")


def test_a_category_that_the_policy_has_not_is_refused_with_those_that_it_has() -> None:
    refusal = given().when(identify(category="saftey")).refused("unknown_label")
    assert "Did you mean safety?" in str(refusal)
    assert "privacy" in refusal.remedy
    given(identified()).when(c.AmendRisk(reason="So", category="x")).refused("unknown_label")


@pytest.mark.parametrize(
    ("likelihood", "impact", "score", "band", "tolerated", "days"),
    [
        ("rare", "negligible", 1, "low", True, 365),
        ("possible", "moderate", 9, "medium", True, 180),
        ("likely", "major", 16, "high", False, 90),
        ("almost_certain", "severe", 25, "extreme", False, 30),
    ],
)
def test_a_current_assessment_has_its_band_its_tolerance_and_the_next_review(
    likelihood: str, impact: str, score: int, band: str, tolerated: bool, days: int
) -> None:
    command = assess(RiskLevel.CURRENT, likelihood, impact)
    given(identified()).when(command).then(
        assessed(
            likelihood=likelihood,
            impact=impact,
            score=score,
            band=band,
            tolerated=tolerated,
            review_due=NOW + timedelta(days=days),
        )
    )


@pytest.mark.parametrize("level", [RiskLevel.INHERENT, RiskLevel.RESIDUAL])
def test_what_is_supposed_judges_nothing_and_sets_no_review(level: RiskLevel) -> None:
    told = given(identified()).when(assess(level, "likely", "major"))
    [event] = told.decided()
    assert isinstance(event, e.RiskAssessed)
    assert not event.review_due
    state = told.state_after()
    assert state.current is None
    assert identified().review_due == state.review_due


@pytest.mark.parametrize(
    ("likelihood", "impact", "near"), [("likley", "major", "likely"), ("likely", "majr", "major")]
)
def test_an_unknown_label_is_refused_and_never_scored(
    likelihood: str, impact: str, near: str
) -> None:
    command = assess(RiskLevel.CURRENT, likelihood, impact)
    refusal = given(identified()).when(command).refused("unknown_label")
    assert f"Did you mean {near}?" in refusal.message


def test_the_same_assessment_again_is_nothing_to_do_and_by_another_matrix_it_is_new() -> None:
    past = given(identified(), assessed())
    command = assess(RiskLevel.CURRENT, "likely", "major")
    past.when(command).nothing()
    past.when(command, by=BOB).then(assessed(person=BOB))
    stricter = policy_with('tolerated = "medium"', 'tolerated = "low"')
    past.when(command, policy=stricter).then(assessed(matrix=stricter.risks.digest))
    assert POLICY.risks.digest != stricter.risks.digest


def test_an_assessment_leaves_a_review_overdue() -> None:
    due = NOW - timedelta(days=1)
    overdue = given(identified(review_due=due), e.RiskReviewOverdue(at=due, due=due))
    told = overdue.when(assess(RiskLevel.CURRENT, "rare", "minor"))
    [event] = told.decided()
    assert isinstance(event, e.RiskAssessed)
    assert not event.review_due
    assert told.state_after().review_overdue


def test_what_is_amended_is_what_differs() -> None:
    past = given(identified())
    amended = e.RiskAmended(at=NOW, reason="It grew.", owner=BOB, causes="No retrieval.")
    command = c.AmendRisk(
        reason="It grew.", title="It invents sources", owner=BOB, causes="No retrieval."
    )
    state = past.when(command).then(amended)
    assert (BOB, "No retrieval.", "It invents sources") == (state.owner, state.causes, state.title)
    assert "Amended (causes, owner): It grew." == describe(amended)
    past.when(c.AmendRisk(reason="Why not", owner=ADA)).nothing()


def test_a_treatment_has_a_due_time_and_the_same_again_is_nothing_to_do() -> None:
    past = given(identified())
    treat = c.TreatRisk(treatment=Treatment.MITIGATE, plan="Retrieve.", due=LATER)
    past.when(treat).then(treated(due=LATER))
    given(identified(), treated(due=LATER)).when(treat).nothing()
    past.when(c.TreatRisk(treatment=Treatment.AVOID, plan="Stop.")).invalid("due")
    early = c.TreatRisk(treatment=Treatment.TRANSFER, plan="Insure.", due=NOW)
    past.when(early).refused("due_after_now")


def test_a_treatment_is_completed_once() -> None:
    done = e.RiskTreatmentCompleted(at=NOW, what="It retrieves.")
    complete = c.CompleteTreatment(what="It retrieves.")
    past = given(identified(), treated(due=LATER))
    state = past.when(complete).then(done)
    assert state.treatment is not None
    assert NOW == state.treatment.completed_at
    given(identified(), treated(due=LATER), done).when(complete).nothing()
    given(identified()).when(complete).refused("no_treatment")
    accept = treated(treatment=Treatment.ACCEPT, due=LATER)
    given(identified(), accept).when(complete).refused("no_treatment")


def test_the_clock_marks_a_treatment_overdue_once_and_at_its_due_time_alone() -> None:
    mark = c.MarkTreatmentOverdue(due=LATER)
    past = given(identified(), treated(due=LATER))
    overdue = e.RiskTreatmentOverdue(at=LATER, due=LATER)
    past.when(mark, now=LATER).then(overdue)
    past.when(mark, now=LATER - timedelta(seconds=1)).nothing()
    past.when(c.MarkTreatmentOverdue(due=NOW), now=LATER).nothing()
    given(identified(), treated(due=LATER), overdue).when(mark, now=LATER).nothing()
    done = e.RiskTreatmentCompleted(at=NOW, what="It retrieves.")
    given(identified(), treated(due=LATER), done).when(mark, now=LATER).nothing()
    accept = treated(treatment=Treatment.ACCEPT, due=LATER)
    given(identified(), accept).when(mark, now=LATER).nothing()
    given(identified(), treated(due=LATER), closed()).when(mark, now=LATER).nothing()


def closed() -> e.RiskClosed:
    """It is closed."""
    return e.RiskClosed(at=NOW, reason="The system is gone.")


def test_a_review_sets_the_next_by_the_band_of_the_current_assessment() -> None:
    due = NOW + timedelta(days=90)
    reviewed = e.RiskReviewed(at=NOW, person=ADA, next_due=due, notes="Still so.")
    past = given(identified(), assessed())
    state = past.when(c.ReviewRisk(notes="Still so.")).then(reviewed)
    assert (due, NOW, False) == (state.review_due, state.reviewed_at, state.review_overdue)
    late = c.ReviewRisk(next_due=due + timedelta(seconds=1))
    past.when(late).refused("review_too_late")
    past.when(c.ReviewRisk(next_due=NOW)).refused("review_after_now")
    unassessed = NOW + timedelta(days=30)
    given(identified()).when(c.ReviewRisk()).then(
        e.RiskReviewed(at=NOW, person=ADA, next_due=unassessed)
    )


def test_the_clock_marks_a_review_overdue_once_and_at_its_due_time_alone() -> None:
    mark = c.MarkRiskReviewOverdue(due=LATER)
    overdue = e.RiskReviewOverdue(at=LATER, due=LATER)
    past = given(identified(review_due=LATER))
    assert past.when(mark, now=LATER).then(overdue).review_overdue
    past.when(mark, now=NOW).nothing()
    past.when(c.MarkRiskReviewOverdue(due=NOW), now=LATER).nothing()
    given(identified(review_due=LATER), overdue).when(mark, now=LATER).nothing()
    given(identified(review_due=LATER), closed()).when(mark, now=LATER).nothing()


def test_what_is_done_late_says_so_whether_the_clock_looked_before_or_not() -> None:
    at = LATER + timedelta(days=1)
    review = e.RiskReviewOverdue(at=LATER, due=LATER)
    treatment = e.RiskTreatmentOverdue(at=LATER, due=LATER)
    past = identified(review_due=LATER), treated(due=LATER)
    reviewed = e.RiskReviewed(at=at, person=ADA, next_due=at + timedelta(days=30))
    done = e.RiskTreatmentCompleted(at=at, what="Done.")
    anew = treated(at=at, due=at + timedelta(days=1))
    gone = e.RiskClosed(at=at, reason="Gone.")
    for command, late, then in (
        (c.ReviewRisk(), (review,), reviewed),
        (c.CompleteTreatment(what="Done."), (treatment,), done),
        (c.TreatRisk(treatment=Treatment.MITIGATE, plan="Retrieve.", due=anew.due or None),
         (treatment,), anew),
        (c.CloseRisk(reason="Gone."), (treatment, review), gone),
    ):  # fmt: skip
        given(*past).when(command, now=at).then(*late, then)
        given(*past, *late).when(command, now=at).then(then)


def test_a_closed_risk_takes_no_command_until_it_is_reopened() -> None:
    past = given(identified(), assessed(), treated(due=LATER), closed())
    for command in (
        c.AmendRisk(reason="So", title="T"),
        assess(RiskLevel.CURRENT, "rare", "minor"),
        c.TreatRisk(treatment=Treatment.MITIGATE, plan="P", due=LATER),
        c.CompleteTreatment(what="W"),
        c.RequestAcceptance(reason="R"),
        c.AcceptRisk(reason="R"),
        c.WithdrawAcceptance(reason="R"),
        c.LinkSystem(system="search"),
        c.UnlinkRisk(reason="R", system="search"),
        c.ReviewRisk(),
    ):
        past.when(command).refused("risk_closed")
    past.when(c.CloseRisk(reason="Again")).nothing()


def test_what_is_reopened_is_treated_anew_and_reviewed_by_its_band() -> None:
    due = NOW + timedelta(days=90)
    past = given(identified(), assessed(), treated(due=LATER), closed())
    reopened = e.RiskReopened(at=NOW, reason="It is back.", review_due=due)
    state = past.when(c.ReopenRisk(reason="It is back.")).then(reopened)
    assert (RiskStatus.OPEN, None, due) == (state.status, state.treatment, state.review_due)
    assert state.current is not None
    given(identified()).when(c.ReopenRisk(reason="It is back.")).nothing()


def test_a_control_is_one_of_the_policys_catalogue_and_of_the_risks_system() -> None:
    policy = policy_with("[improvements]\n", CONTROLS + "[improvements]\n")
    past = given(identified())
    link = c.LinkControl(control="test_filter")
    linked = e.RiskControlLinked(at=NOW, control="test_filter", system="chat")
    past.when(link, policy=policy).then(linked)
    again = given(identified(), linked)
    again.when(link, policy=policy).nothing()
    again.when(c.LinkControl(control="test_filter", system="CHAT"), policy=policy).nothing()
    of_other = c.LinkControl(control="test_filter", system="search")
    again.when(of_other, policy=policy).then(
        e.RiskControlLinked(at=NOW, control="test_filter", system="search")
    )
    assert "Control test_filter of chat linked" == describe(linked)
    past.when(c.LinkControl(control="test_filtr"), policy=policy).refused("unknown_label")


def test_a_control_of_the_organisation_has_no_system() -> None:
    policy = policy_with("[improvements]\n", CONTROLS + "[improvements]\n")
    past = given(identified())
    past.when(c.LinkControl(control="test_charter"), policy=policy).then(
        e.RiskControlLinked(at=NOW, control="test_charter")
    )
    of_system = c.LinkControl(control="test_charter", system="chat")
    past.when(of_system, policy=policy).refused("control_of_organisation")


CONTROLS = """\
[controls.test_filter]
words = "Answers are filtered"

[controls.test_charter]
words = "There is a charter"
scope = "organisation"

"""


def test_another_system_is_linked_once_and_its_own_never() -> None:
    linked = e.RiskSystemLinked(at=NOW, system="search")
    given(identified()).when(c.LinkSystem(system="search")).then(linked)
    given(identified(), linked).when(c.LinkSystem(system="Search")).nothing()
    given(identified()).when(c.LinkSystem(system="Chat")).nothing()


@pytest.mark.parametrize(
    ("linked", "named", "link"),
    [
        (e.RiskIncidentLinked(at=NOW, incident="i"), {"incident": "i"}, (RiskLink.INCIDENT, "i")),
        (
            e.RiskImprovementLinked(at=NOW, improvement="i"),
            {"improvement": "i"},
            (RiskLink.IMPROVEMENT, "i"),
        ),
        (e.RiskSystemLinked(at=NOW, system="search"), {"system": "search"}, None),
        (e.RiskControlLinked(at=NOW, control="k"), {"control": "k"}, (RiskLink.CONTROL, "k")),
    ],
)
def test_a_link_is_removed_once(
    linked: e.RiskEvent, named: dict[str, str], link: tuple[RiskLink, str] | None
) -> None:
    kind, of = link or (RiskLink.SYSTEM, "search")
    unlink = c.UnlinkRisk(reason="It is not.", **named)
    unlinked = e.RiskUnlinked(at=NOW, kind=kind, id=of, reason="It is not.")
    state = given(identified(), linked).when(unlink).then(unlinked)
    assert () == state.links
    given(identified()).when(unlink).nothing()
    assert describe(unlinked).endswith("unlinked: It is not.")


def test_a_control_of_the_risks_system_is_removed_without_naming_it() -> None:
    linked = e.RiskControlLinked(at=NOW, control="k", system="chat")
    unlink = c.UnlinkRisk(reason="It is not.", control="k")
    given(identified(), linked).when(unlink).then(
        e.RiskUnlinked(at=NOW, kind=RiskLink.CONTROL, id="k", reason="It is not.", system="chat")
    )


def test_one_link_is_removed_at_a_time() -> None:
    past = given(identified())
    past.when(c.UnlinkRisk(reason="It is not.")).invalid("incident")
    both = c.UnlinkRisk(reason="It is not.", incident="i", system="search")
    past.when(both).invalid("incident")


def test_a_risk_has_so_many_links_at_most() -> None:
    many = (e.RiskSystemLinked(at=NOW, system=f"s{n}") for n in range(c.MOST_LINKED))
    given(identified(), *many).when(c.LinkSystem(system="one more")).refused("most_linked")
