"""The acceptance of a risk: asked for by one person, accepted by another of the right role."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.domain.risk import RiskAcceptance, RiskLevel, Treatment, describe
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.stream_type import Sender
from tests.unit.domain.story import policy_with
from tests.unit.domain.told_risks import (
    ADA,
    BOB,
    EVE,
    NOW,
    Told,
    assessed,
    given,
    identified,
    treated,
)

LEAD = (("governance_lead", None),)
UNTIL = NOW + timedelta(days=60)
LONGEST = NOW + timedelta(days=180)
ACCEPT = c.AcceptRisk(reason="Until the new model.")


def requested(**changes: Any) -> e.RiskAcceptanceRequested:
    """Bob asks for it."""
    facts: dict[str, Any] = {
        "at": NOW,
        "person": BOB,
        "persons": (BOB,),
        "reason": "It is little.",
    }
    return e.RiskAcceptanceRequested(**facts | changes)


def accepted(**changes: Any) -> e.RiskAccepted:
    """Eve accepts it."""
    facts: dict[str, Any] = {
        "at": NOW,
        "person": EVE,
        "role": "governance_lead",
        "until": LONGEST,
        "reason": "Until the new model.",
        "band": "high",
        "assessed_at_version": 2,
    }
    return e.RiskAccepted(**facts | changes)


PAST = (identified(), assessed(), requested())


def test_whoever_neither_owns_nor_asked_accepts_it_as_long_as_the_band_allows() -> None:
    state = given(*PAST).when(ACCEPT, by=EVE, roles=LEAD).then(accepted())
    assert RiskAcceptance.HOLDS is state.acceptance_at(NOW)
    assert RiskAcceptance.EXPIRED is state.acceptance_at(LONGEST)
    assert describe(accepted()).startswith("Accepted as governance_lead until ")


def test_it_is_accepted_until_the_time_that_was_asked_for_or_is_named() -> None:
    asked = given(identified(), assessed(), requested(until=UNTIL))
    asked.when(ACCEPT, by=EVE, roles=LEAD).then(accepted(until=UNTIL))
    named = c.AcceptRisk(reason="Until the new model.", until=LONGEST)
    asked.when(named, by=EVE, roles=LEAD).then(accepted(until=LONGEST))
    long = given(identified(), assessed(), requested(until=LONGEST + timedelta(days=1)))
    long.when(ACCEPT, by=EVE, roles=LEAD).then(accepted(until=LONGEST))


def test_nobody_accepts_it_for_longer_than_the_band_allows_or_into_the_past() -> None:
    past = given(*PAST)
    too_long = c.AcceptRisk(reason="R", until=LONGEST + timedelta(seconds=1))
    refusal = past.when(too_long, by=EVE, roles=LEAD).refused("accepted_too_long")
    assert "High (high)" in refusal.message
    ended = c.AcceptRisk(reason="R", until=NOW)
    past.when(ended, by=EVE, roles=LEAD).refused("acceptance_ended_already")
    past.when(c.RequestAcceptance(reason="R", until=NOW)).refused("acceptance_ended_already")


def test_a_role_that_the_band_does_not_name_is_refused_with_those_that_it_does() -> None:
    past = given(*PAST)
    for roles in ((), (("risk_manager", None),), (("governance_lead", "search"),)):
        refusal = past.when(ACCEPT, by=EVE, roles=roles).refused("above_authority")
        assert "Governance Lead (governance_lead)" in refusal.message
    named = c.AcceptRisk(reason="R", role="risk_manager")
    both = (*LEAD, ("risk_manager", None))
    past.when(named, by=EVE, roles=both).refused("above_authority")
    past.when(c.AcceptRisk(reason="R", role="boss"), by=EVE, roles=LEAD).invalid("role")


def test_the_role_is_held_for_the_risks_system_or_the_organisation() -> None:
    of_system = (("governance_lead", "chat"),)
    given(*PAST).when(ACCEPT, by=EVE, roles=of_system).then(accepted())
    organisation = given(identified(system=""), assessed(), requested())
    organisation.when(ACCEPT, by=EVE, roles=of_system).refused("above_authority")
    organisation.when(ACCEPT, by=EVE, roles=LEAD).then(accepted())


def test_the_role_is_the_one_that_is_named_then_the_racis_then_the_first_of_the_band() -> None:
    low = assessed(likelihood="rare", impact="minor", score=2, band="low", tolerated=True)
    past = given(identified(), low, requested())
    roles = (("risk_manager", "chat"), ("product_owner", "chat"))
    until = NOW + timedelta(days=365)
    first = past.when(ACCEPT, by=EVE, roles=roles)
    first.then(accepted(role="product_owner", band="low", until=until))
    raci = past.when(ACCEPT, by=EVE, roles=roles, role="risk_manager")
    raci.then(accepted(role="risk_manager", band="low", until=until))
    named = c.AcceptRisk(reason="Until the new model.", role="risk_manager")
    past.when(named, by=EVE, roles=roles).then(
        accepted(role="risk_manager", band="low", until=until)
    )


def test_an_own_role_comes_before_one_that_is_held_as_a_deputy() -> None:
    low = assessed(likelihood="rare", impact="minor", score=2, band="low", tolerated=True)
    state = given(identified(), low, requested(person=ADA, persons=(ADA,))).state
    roles = frozenset({("product_owner", "chat"), ("risk_manager", "chat")})
    until = NOW + timedelta(days=365)
    for as_deputy, own in (("product_owner", "risk_manager"), ("risk_manager", "product_owner")):
        for raci in (None, "product_owner", "risk_manager"):
            deputy = frozenset({(as_deputy, "chat", ADA)})
            sender = Sender(EVE, frozenset({EVE}), raci, roles, deputy_in=deputy)
            told = Told(state, ACCEPT, NOW, policy_with("[risks]", "[risks]"), sender)
            told.then(accepted(role=own, band="low", until=until))


def test_a_newer_current_assessment_ends_what_is_asked_for_and_others_do_not() -> None:
    worse = assessed(likelihood="almost_certain", impact="severe", score=25, band="extreme")
    for asked in (requested(), treated(treatment=Treatment.ACCEPT)):
        past = given(identified(), assessed(), asked, worse)
        assert RiskAcceptance.NONE is past.state.acceptance_at(NOW)
        past.when(ACCEPT, by=EVE, roles=LEAD).refused("acceptance_not_requested")
    supposed = given(*PAST, assessed(level=RiskLevel.RESIDUAL))
    assert RiskAcceptance.REQUESTED is supposed.state.acceptance_at(NOW)
    again = given(*PAST, assessed(rationale="Again."), requested(person=EVE, persons=(EVE,)))
    again.when(ACCEPT, by=BOB, roles=LEAD).then(accepted(person=BOB, assessed_at_version=4))


def test_to_choose_accept_again_asks_again_once_it_is_asked_for_no_more() -> None:
    chosen = treated(treatment=Treatment.ACCEPT, plan="It is little.")
    command = c.TreatRisk(treatment=Treatment.ACCEPT, plan="It is little.")
    given(identified(), assessed(), chosen).when(command).nothing()
    given(identified(), assessed(), chosen, accepted()).when(command).nothing()
    for ended in (assessed(rationale="Again."), e.RiskAcceptanceWithdrawn(at=NOW, reason="R")):
        given(identified(), assessed(), chosen, ended).when(command).then(chosen)


def test_nobody_may_accept_a_band_that_names_nobody() -> None:
    nobody = policy_with(
        'label = "High"\naccepted_by = ["governance_lead"]', 'label = "High"\naccepted_by = []'
    )
    told = given(*PAST).when(ACCEPT, by=EVE, roles=LEAD, policy=nobody)
    assert "accepted by nobody" in told.refused("above_authority").message


def test_neither_the_owner_nor_who_asked_accepts_it_nor_who_counts_as_one() -> None:
    past = given(*PAST)
    for by, also in ((ADA, ()), (BOB, ()), (EVE, (ADA,)), (EVE, (BOB,))):
        past.when(ACCEPT, by=by, also=also, roles=LEAD).refused("own_acceptance")
    for_another = given(identified(), assessed(), requested(persons=(BOB, EVE)))
    for_another.when(ACCEPT, by=EVE, roles=LEAD).refused("own_acceptance")


def test_who_gives_the_risk_away_once_it_is_asked_for_accepts_it_no_more_than_before() -> None:
    to_eve = e.RiskAmended(at=NOW, reason="R", owner=EVE)
    to_bob = e.RiskAmended(at=NOW, reason="R", owner=BOB)
    past = given(*PAST, to_eve, to_bob)
    past.when(ACCEPT, by=ADA, roles=LEAD).refused("own_acceptance")
    past.when(ACCEPT, by=EVE, roles=LEAD).refused("own_acceptance")
    before = given(identified(), assessed(), to_bob, requested())
    before.when(ACCEPT, by=ADA, roles=LEAD).then(accepted(person=ADA, assessed_at_version=2))


def test_a_deputy_in_the_role_counts_as_its_holder() -> None:
    state = given(*PAST).state
    deputy = Sender(
        EVE,
        frozenset({EVE}),
        None,
        frozenset(LEAD),
        deputy_in=frozenset({("governance_lead", None, BOB)}),
    )
    Told(state, ACCEPT, NOW, policy_with("[risks]", "[risks]"), deputy).refused("own_acceptance")


def test_who_asked_first_asked_all_the_same_once_somebody_else_asks_as_well() -> None:
    past = given(*PAST, requested(person=ADA, persons=(ADA,), reason="Indeed."))
    past.when(ACCEPT, by=BOB, roles=LEAD).refused("own_acceptance")


def test_nobody_accepts_what_nobody_asked_for() -> None:
    past = given(identified(), assessed())
    past.when(ACCEPT, by=EVE, roles=LEAD).refused("acceptance_not_requested")


def test_to_choose_the_treatment_accept_is_to_ask_for_it() -> None:
    chosen = treated(treatment=Treatment.ACCEPT, person=BOB, persons=(BOB,), due=UNTIL)
    past = given(identified(), assessed(), chosen)
    assert RiskAcceptance.REQUESTED is past.state.acceptance_at(NOW)
    past.when(ACCEPT, by=BOB, roles=LEAD).refused("own_acceptance")
    past.when(ACCEPT, by=EVE, roles=LEAD).then(accepted(until=UNTIL))
    other = given(identified(), assessed(), chosen, treated(due=UNTIL))
    assert RiskAcceptance.NONE is other.state.acceptance_at(NOW)
    asked = given(identified(), assessed(), requested(), chosen, treated(due=UNTIL))
    assert RiskAcceptance.REQUESTED is asked.state.acceptance_at(NOW)
    given(identified()).when(c.TreatRisk(treatment=Treatment.ACCEPT, plan="P", due=NOW)).refused(
        "acceptance_ended_already"
    )


def test_the_same_request_again_is_nothing_to_do() -> None:
    past = given(*PAST)
    past.when(c.RequestAcceptance(reason="It is little."), by=BOB).nothing()
    past.when(c.RequestAcceptance(reason="It is less."), by=BOB).then(
        requested(reason="It is less.")
    )


def test_what_is_not_assessed_is_not_accepted() -> None:
    past = given(identified(), assessed(level=RiskLevel.INHERENT), requested())
    past.when(ACCEPT, by=EVE, roles=LEAD).refused("risk_not_assessed")


@pytest.mark.parametrize(
    "change",
    [
        ('["medium", "medium", "high", "high", "extreme"]', '["low", "low", "low", "low", "low"]'),
        ('likely = "Likely"\nalmost', 'probable = "Likely"\nalmost'),
    ],
)
def test_an_assessment_counts_while_the_policy_in_force_comes_to_the_same(
    change: tuple[str, str],
) -> None:
    told = given(*PAST).when(ACCEPT, by=EVE, roles=LEAD, policy=policy_with(*change))
    told.refused("assessment_outdated")


def test_the_same_acceptance_again_is_nothing_to_do_and_no_other_takes_its_place() -> None:
    past = given(*PAST, accepted())
    past.when(ACCEPT, by=EVE, roles=LEAD).nothing()
    other = c.AcceptRisk(reason="Until the new model.", until=UNTIL)
    past.when(other, by=EVE, roles=LEAD).refused("accepted_already")
    asked = given(*PAST, accepted(), requested())
    asked.when(c.AcceptRisk(reason="R"), by=EVE, roles=LEAD).refused("accepted_already")


def test_a_newer_current_assessment_makes_it_stale_and_others_do_not() -> None:
    supposed = given(*PAST, accepted(), assessed(level=RiskLevel.RESIDUAL))
    assert RiskAcceptance.HOLDS is supposed.state.acceptance_at(NOW)
    stale = given(*PAST, accepted(), assessed(rationale="Again."))
    assert RiskAcceptance.STALE is stale.state.acceptance_at(NOW)
    assert RiskAcceptance.STALE is stale.state.acceptance_at(LONGEST)
    stale.when(ACCEPT, by=EVE, roles=LEAD).refused("acceptance_not_requested")
    again = given(*PAST, accepted(), assessed(rationale="Again."), requested())
    again.when(ACCEPT, by=EVE, roles=LEAD).then(accepted(assessed_at_version=5))


def marked(*past: e.RiskEvent, now: datetime = LONGEST) -> Told:
    """The clock looks whether it has expired."""
    return given(*past).when(c.MarkAcceptanceExpired(until=LONGEST), now=now)


def test_the_clock_marks_that_it_expired_once() -> None:
    expired = e.RiskAcceptanceExpired(at=LONGEST, until=LONGEST)
    state = marked(*PAST, accepted()).then(expired)
    assert RiskAcceptance.EXPIRED is state.acceptance_at(LONGEST)
    marked(*PAST, accepted(), now=UNTIL).nothing()
    marked(*PAST, accepted(), expired).nothing()
    marked(*PAST, accepted(until=UNTIL)).nothing()
    marked(*PAST, accepted(), assessed(rationale="Again.")).nothing()
    marked(*PAST, accepted(), e.RiskAcceptanceWithdrawn(at=NOW, reason="R")).nothing()
    marked(*PAST, accepted(), e.RiskClosed(at=NOW, reason="R")).nothing()


def test_what_expired_before_the_clock_saw_it_is_recorded_before_what_comes_next() -> None:
    late = LONGEST + timedelta(minutes=1)
    expired = e.RiskAcceptanceExpired(at=LONGEST, until=LONGEST)
    past = given(*PAST, accepted(), requested())
    due = late + timedelta(days=180)
    past.when(ACCEPT, by=EVE, roles=LEAD, now=late).then(expired, accepted(at=late, until=due))
    reviewed = e.RiskReviewed(at=NOW, person=ADA, next_due=late + timedelta(days=1))
    closed = e.RiskClosed(at=late, reason="R")
    in_time = given(*PAST, accepted(), requested(), reviewed)
    in_time.when(c.CloseRisk(reason="R"), now=late).then(expired, closed)
    withdrawn = e.RiskAcceptanceWithdrawn(at=late, reason="R")
    state = past.when(c.WithdrawAcceptance(reason="R"), now=late).then(expired, withdrawn)
    assert RiskAcceptance.EXPIRED is state.acceptance_at(late)
    current = c.AssessRisk(
        level=RiskLevel.CURRENT, likelihood="rare", impact="minor", rationale="R"
    )
    assert expired == past.when(current, now=late).decided()[0]


def test_what_holds_or_is_asked_for_is_withdrawn_once() -> None:
    withdraw = c.WithdrawAcceptance(reason="It is too much.")
    withdrawn = e.RiskAcceptanceWithdrawn(at=NOW, reason="It is too much.")
    state = given(*PAST, accepted()).when(withdraw).then(withdrawn)
    assert RiskAcceptance.WITHDRAWN is state.acceptance_at(NOW)
    asked = given(*PAST).when(withdraw).then(withdrawn)
    assert RiskAcceptance.NONE is asked.acceptance_at(NOW)
    given(*PAST, accepted(), withdrawn).when(withdraw).nothing()
    given(identified()).when(withdraw).refused("acceptance_none")


def test_an_acceptance_ends_with_the_risk() -> None:
    closed = e.RiskClosed(at=NOW, reason="R")
    state = given(*PAST, accepted(), requested(), closed).state
    assert (None, None) == (state.acceptance, state.asked)
