"""A named person decides: go only where every gate passes; conditions become improvements."""

from typing import Any

import pytest

from ledger.domain.envelope import uuid_of
from ledger.domain.identity import condition_id
from ledger.domain.improvement import ImprovementAccepted
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.production import Running
from ledger.domain.release.words import Decision, GoNoGo, ReleaseStatus
from ledger.errors import Invalid
from tests.unit.domain.release.life import (
    DAY,
    NOW,
    OWNER,
    Life,
    model,
    prompt,
    rule_of,
)


@pytest.fixture
def signed() -> Life:
    made = Life()
    made.ready()
    made.sign()
    return made


def decided(events: tuple[Any, ...]) -> e.ReleaseDecided:
    [event] = events
    assert isinstance(event, e.ReleaseDecided)
    return event


class TestGo:
    """Go needs every gate to pass; passing is no go yet."""

    def test_it_keeps_all_that_it_was_decided_by(self, signed: Life) -> None:
        assert GoNoGo.UNDECIDED is signed.outcome()
        judged, release = signed.judged(), signed.release()
        expected = e.ReleaseDecided(
            at=NOW,
            decision=Decision.GO,
            person=OWNER.actor,
            subject_digest=judged.subject_digest,
            requirements=judged.requirements,
            artefacts=release.artefacts,
            change_class="major",
        )
        assert expected == decided(signed.decide())
        assert (GoNoGo.GO, ReleaseStatus.GO) == (signed.outcome(), signed.release().status)
        assert () == signed.decide()

    @pytest.mark.parametrize(
        "missing", ["model_card", "impact_approved", "way_back", "product_owner", "safety"]
    )
    def test_it_is_refused_while_one_does_not_pass(self, missing: str) -> None:
        life = Life()
        found = life.ready()
        life.sign("2", "governance_lead")
        if missing != "product_owner":
            life.sign("2", "product_owner")
        if missing in found:
            life.withdraw(found[missing])
        if missing == "safety":
            life.measure("2", "harmful output rate", 0.9)
        assert "gates_not_passed" == rule_of(life.decide)

    def test_what_changed_since_one_looked_is_not_decided(self, signed: Life) -> None:
        seen = signed.judged().subject_digest
        signed.amend("2", artefacts=[model("new"), prompt()])
        assert "subject_changed" == rule_of(lambda: signed.decide(digest=seen))

    def test_amended_it_is_undecided_again(self, signed: Life) -> None:
        signed.decide()
        signed.amend("2", artefacts=[model("new"), prompt()])
        assert GoNoGo.UNDECIDED is signed.outcome()

    def test_once_a_verdict_is_worse_it_is_no_go_any_more(self, signed: Life) -> None:
        signed.decide()
        signed.measure("2", "harmful output rate", 0.9)
        assert GoNoGo.NO_GO is signed.outcome()
        signed.measure("2", "harmful output rate", 0.1)
        assert GoNoGo.GO is signed.outcome()

    def test_what_was_taken_back_never_goes_again(self, signed: Life) -> None:
        signed.decide()
        signed.deploy()
        signed.tell("2", c.RollBackRelease())
        assert GoNoGo.NO_GO is signed.outcome()
        signed.deploy()
        assert GoNoGo.NO_GO is signed.outcome()
        assert "release_rolled_back" == rule_of(signed.decide)


class TestNoGo:
    """A no-go is given with its reason, whatever the gates come to."""

    def test_it_needs_a_reason_alone(self) -> None:
        life = Life()
        life.propose()
        with pytest.raises(Invalid, match="reason"):
            life.decide("2", Decision.NO_GO, reason=" ")
        event = decided(life.decide("2", Decision.NO_GO))
        assert (Decision.NO_GO, "It is too early.") == (event.decision, event.reason)
        assert () == life.decide("2", Decision.NO_GO)

    def test_it_holds_until_something_else_is_proposed_or_decided(self, signed: Life) -> None:
        signed.decide("2", Decision.NO_GO)
        assert (GoNoGo.NO_GO, ReleaseStatus.NO_GO) == (signed.outcome(), signed.release().status)
        signed.amend("2", change_class="standard")
        signed.amend("2", change_class="major", artefacts=[model("new"), prompt()])
        assert GoNoGo.UNDECIDED is signed.outcome()
        signed.amend("2", artefacts=[model(), prompt()])
        signed.evaluate("2")
        assert GoNoGo.NO_GO is signed.outcome()
        signed.decide()
        assert GoNoGo.GO is signed.outcome()


class TestConditions:
    """What is to be done as well becomes an improvement each."""

    def test_each_is_proposed_under_an_id_of_its_own(self, signed: Life) -> None:
        event = decided(signed.decide(conditions=["Test Swiss German.", "Ask the union."]))
        of = uuid_of(signed.stream())
        expected = tuple(str(condition_id(of, 1, place)) for place in (0, 1))
        assert expected == event.improvements
        titles = [each.title for each in signed.improvements()]
        assert ["Test Swiss German.", "Ask the union."] == titles
        again = decided(signed.decide(conditions=["Test Swiss German."]))
        assert (str(condition_id(of, 2, 0)),) == again.improvements

    def test_with_an_owner_and_a_due_time_they_are_accepted(self, signed: Life) -> None:
        named: dict[str, Any] = {"owner": "person/pia", "due": NOW + DAY}
        [of] = decided(signed.decide(conditions=["Test it."], **named)).improvements
        accepted = ImprovementAccepted(at=NOW, owner="person/pia", due=NOW + DAY)
        assert accepted == signed.streams[f"improvement/{of}"][1]

    def test_both_are_named_and_the_time_is_to_come(self, signed: Life) -> None:
        conditions: dict[str, Any] = {"conditions": ["Test it."]}
        halves: tuple[dict[str, Any], ...] = ({"owner": "person/pia"}, {"due": NOW + DAY})
        for half in halves:
            with pytest.raises(Invalid, match="together"):
                signed.decide(**conditions, **half)
        assert "due_after_now" == rule_of(
            lambda: signed.decide(**conditions, owner="person/pia", due=NOW)
        )


class TestWhatRuns:
    """What runs in full when it is decided may be rolled back to, or not."""

    def good(self, life: Life) -> list[str]:
        return [each.version for each in life.production().good]

    def test_decided_go_while_it_runs_it_is_known_good(self, signed: Life) -> None:
        signed.deploy()
        assert [] == self.good(signed)
        signed.now += DAY
        signed.decide()
        assert ["2"] == self.good(signed)
        runs = signed.production().current
        assert isinstance(runs, Running)
        assert NOW == runs.at

    def test_decided_no_go_it_is_so_no_more(self, signed: Life) -> None:
        signed.decide()
        signed.deploy()
        assert ["2"] == self.good(signed)
        signed.decide("2", Decision.NO_GO)
        assert ([], False) == (self.good(signed), signed.release().may_return)
