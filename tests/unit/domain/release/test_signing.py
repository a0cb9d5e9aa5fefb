"""A sign-off counts for what was signed, by two persons, none of whom made it (runbook 5)."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.domain.access.role_events import PersonsJoined
from ledger.domain.access.roles import holder_stream
from ledger.domain.envelope import Event, stream_id
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.words import Verdict
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid
from tests.unit.domain.release.life import (
    AUTHOR,
    DAY,
    LEAD,
    NOW,
    OWNER,
    Life,
    model,
    person,
    policy_with,
    prompt,
    rule_of,
)

PIA, LEA = "product_owner", "governance_lead"
BOTH = person("person/bob", PIA, LEA)


@pytest.fixture
def life() -> Life:
    made = Life()
    made.ready()
    return made


def sign(life: Life, role: str = PIA, by: Sender = OWNER, **more: Any) -> tuple[Event, ...]:
    return life.tell("2", c.SignOffRelease(role=role, **more), by)


def counts(life: Life, role: str = PIA) -> bool:
    return life.verdict(role) is Verdict.PASS


def join(life: Life, one: str, other: str) -> None:
    """An admin finds that two ids are one human's."""
    for person_, joined in ((one, other), (other, one)):
        event = PersonsJoined(at=NOW, person=person_, other=joined)
        life.append(stream_id("access", holder_stream(person_)), event)


class TestSigning:
    """A person signs in a role that he holds and that the gates ask for."""

    def test_it_names_the_digest_and_the_verdicts_as_they_were(self, life: Life) -> None:
        judged = life.judged()
        seen = {each.id: each.verdict for each in judged.requirements[:-2]}
        signed = e.ReleaseSignedOff(
            at=NOW,
            role=PIA,
            person=OWNER.actor,
            persons=(OWNER.actor,),
            subject_digest=judged.subject_digest,
            verdicts=seen,
            statement="I read it.",
        )
        assert (signed,) == sign(life, statement="I read it.")
        assert 10 == len(seen)
        found = life.requirement(PIA)
        assert (Verdict.PASS, (OWNER.actor,), NOW) == (found.verdict, found.basis, found.as_of)
        assert () == sign(life)

    def test_what_is_missing_may_be_signed(self) -> None:
        life = Life()
        life.propose()
        [signed] = sign(life)
        assert isinstance(signed, e.ReleaseSignedOff)
        assert Verdict.UNDECIDED is signed.verdicts["safety"]
        assert counts(life)

    def test_an_author_does_not_sign(self, life: Life) -> None:
        assert "author_signs" == rule_of(lambda: sign(life, by=AUTHOR))
        other_id = OWNER._replace(persons=OWNER.persons | AUTHOR.persons)
        assert "author_signs" == rule_of(lambda: sign(life, by=other_id))

    def test_unless_the_policy_lets_him(self, life: Life) -> None:
        life.policy = policy_with(("authors_may_sign = false", "authors_may_sign = true"))
        sign(life, by=AUTHOR)
        assert counts(life)

    def test_the_role_is_held_and_asked_for(self, life: Life) -> None:
        assert "release_role_not_held" == rule_of(lambda: sign(life, LEA, OWNER))
        risk = person("person/r", "risk_manager")
        assert "sign_off_role" == rule_of(lambda: sign(life, "risk_manager", risk))
        with pytest.raises(Invalid, match="Did you mean product_owner"):
            sign(life, "product_owners")

    def test_what_changed_since_one_looked_is_not_signed(self, life: Life) -> None:
        seen = life.judged().subject_digest
        life.amend("2", artefacts=[model("new"), prompt()])
        assert "subject_changed" == rule_of(lambda: sign(life, digest=seen))

    def test_it_is_taken_back_by_the_person_alone(self, life: Life) -> None:
        sign(life)
        back = c.WithdrawSignOff(role=PIA, reason="I was wrong.")
        assert "no_such_sign_off" == rule_of(lambda: life.tell("2", back, LEAD))
        assert 1 == len(life.tell("2", back, OWNER))
        assert not counts(life)


class TestTwoPersons:
    """Two sign-offs are of two persons, however many ids they have."""

    def test_one_person_signs_once(self, life: Life) -> None:
        sign(life, PIA, BOTH)
        assert "signed_already" == rule_of(lambda: sign(life, LEA, BOTH))

    def test_nor_with_another_id(self, life: Life) -> None:
        sign(life, PIA, BOTH)
        other_id = Sender(
            "person/bob2", BOTH.persons | {"person/bob2"}, None, BOTH.roles, in_person=True
        )
        assert "signed_already" == rule_of(lambda: sign(life, LEA, other_id))

    def test_two_ids_that_are_joined_later_count_once(self, life: Life) -> None:
        life.sign()
        assert counts(life, PIA)
        assert counts(life, LEA)
        join(life, OWNER.actor, "person/third")
        join(life, "person/third", LEAD.actor)
        assert 1 == counts(life, PIA) + counts(life, LEA)
        assert "gates_not_passed" == rule_of(life.decide)

    def test_who_is_found_to_be_an_author_later_did_not_sign(self, life: Life) -> None:
        life.sign()
        join(life, OWNER.actor, AUTHOR.actor)
        assert "it is an author's" in life.requirement(PIA).reason
        assert counts(life, LEA)

    def test_who_is_named_an_author_later_did_not_sign(self, life: Life) -> None:
        life.sign()
        life.amend("2", authors=["person/emil", OWNER.actor])
        assert (False, True) == (counts(life, PIA), counts(life, LEA))

    def test_a_deputy_counts_as_both(self, life: Life) -> None:
        deputy = person("person/dan", PIA)._replace(deputy_in=frozenset({(PIA, None, LEAD.actor)}))
        [signed] = sign(life, PIA, deputy)
        assert isinstance(signed, e.ReleaseSignedOff)
        assert ("person/dan", LEAD.actor) == signed.persons
        assert "signed_already" == rule_of(lambda: sign(life, LEA, LEAD))

    def test_the_deputy_of_an_author_does_not_sign(self, life: Life) -> None:
        deputy = person("person/dan")._replace(
            roles=frozenset({(PIA, "chat")}), deputy_in=frozenset({(PIA, "chat", AUTHOR.actor)})
        )
        assert "author_signs" == rule_of(lambda: sign(life, PIA, deputy))

    def test_in_a_role_of_his_own_a_deputy_counts_as_himself(self, life: Life) -> None:
        deputy = person("person/dan", PIA, LEA)._replace(
            deputy_in=frozenset({(LEA, None, AUTHOR.actor)})
        )
        [signed] = sign(life, PIA, deputy)
        assert isinstance(signed, e.ReleaseSignedOff)
        assert ("person/dan",) == signed.persons
        assert "author_signs" == rule_of(lambda: sign(life, LEA, deputy))

    def test_as_many_as_can_be_are_counted(self) -> None:
        either = 'words = "Product Owner signed", by = "sign_off", roles = ["product_owner"'
        life = Life(policy_with((f"{either}]", f'{either}, "governance_lead"]')))
        life.ready()
        sign(life, LEA, LEAD)
        assert (False, True) == (counts(life, PIA), counts(life, LEA))
        sign(life, PIA, OWNER)
        assert (True, True) == (counts(life, PIA), counts(life, LEA))

    def test_of_many_that_are_asked_for_those_that_are_there_are_counted(self) -> None:
        asked = (
            '    { id = "product_owner", words = "Product Owner signed", by = "sign_off", roles ='
        )
        more = "".join(asked.replace("owner", f"owner_{n}", 1) + ' ["product_owner"] },\n'
                       for n in range(20))  # fmt: skip
        life = Life(policy_with((asked, more + asked)))
        life.ready()
        for number in range(9):
            sign(life, PIA, person(f"person/{number}", PIA))
        verdicts = [each.verdict for each in life.judged().requirements if "owner" in each.id]
        assert (9, 21) == (verdicts.count(Verdict.PASS), len(verdicts))


class TestStaleness:
    """A sign-off is of what was signed: once that is something else, it counts no more."""

    def test_after_an_amendment(self, life: Life) -> None:
        sign(life)
        life.now += DAY
        life.amend("2", summary="Said otherwise.")
        assert counts(life)
        life.amend("2", artefacts=[model("new"), prompt()])
        assert "what was signed has changed since" in life.requirement(PIA).reason
        life.amend("2", artefacts=[model(), prompt()])
        assert not counts(life)  # of other artefacts the evaluations say nothing
        life.evaluate("2")
        assert counts(life)

    def test_after_another_class(self, life: Life) -> None:
        sign(life)
        life.amend("2", change_class="standard")
        assert not counts(life)

    def test_after_evidence_is_attached_or_detached(self, life: Life) -> None:
        sign(life)
        card = str(life.file("model_card"))
        life.tell("2", c.AttachEvidence(requirement="model_card", evidence=card))
        assert not counts(life)
        detach = c.DetachEvidence(requirement="model_card", evidence=card, reason="Wrong.")
        life.tell("2", detach)
        assert counts(life)

    def test_after_a_waiver(self, life: Life) -> None:
        sign(life)
        waive = c.ExcludeRequirement(requirement="fairness", reason="R", role=LEA)
        life.tell("2", waive, LEAD)
        assert not counts(life)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("target = 0.82", "target = 0.5"),
            ('owes = ["legal_basis"]', 'owes = ["legal_basis", "tra"]'),
            ("sign_offs = 1", "sign_offs = 2"),
            ("authors_may_sign = false", "authors_may_sign = true"),
        ],
    )
    def test_after_other_gates_phases_or_classes(self, life: Life, old: str, new: str) -> None:
        sign(life)
        life.policy = policy_with((old, new))
        assert not counts(life)

    def test_not_after_another_policy_with_the_same_gates(self, life: Life) -> None:
        sign(life)
        life.policy = policy_with(('due_after = "PT24H"', 'due_after = "PT12H"'))
        assert counts(life)

    def test_after_a_verdict_got_worse(self, life: Life) -> None:
        sign(life)
        life.measure("2", "harmful output rate", 0.9)
        assert "safety was pass then, and is fail now" in life.requirement(PIA).reason

    def test_after_evidence_is_withdrawn(self) -> None:
        life = Life()
        found = life.ready()
        sign(life)
        life.withdraw(life.file("model_card"))
        assert counts(life)
        life.withdraw(found["model_card"])
        assert "model_card was pass then, and is undecided now" in life.requirement(PIA).reason

    def test_after_an_evaluation_became_too_old(self) -> None:
        life = Life()
        found = life.ready()
        sign(life)
        life.now += 91 * DAY
        assert not counts(life)
        life.evaluate("2")
        life.attest(found["way_back"])
        assert counts(life)

    def test_not_after_it_got_better(self) -> None:
        life = Life()
        life.propose()
        life.measure("2", "harmful output rate", 0.9)
        sign(life)
        life.now += timedelta(hours=1)
        life.measure("2", "harmful output rate", 0.1)
        assert counts(life)

    def test_a_stale_one_is_signed_anew_by_the_same_person(self, life: Life) -> None:
        sign(life)
        life.amend("2", artefacts=[model("new"), prompt()])
        assert 1 == len(sign(life))
        assert (True, 1) == (counts(life), len(life.release().sign_offs))

    def test_a_stale_one_lets_the_same_person_sign_in_another_role(self, life: Life) -> None:
        sign(life, PIA, BOTH)
        life.amend("2", artefacts=[model("new"), prompt()])
        sign(life, LEA, BOTH)
        assert (False, True) == (counts(life, PIA), counts(life, LEA))
