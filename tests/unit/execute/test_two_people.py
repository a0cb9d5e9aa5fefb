"""What needs another person: approvals, the policy and grants; and that nobody is locked out."""

from datetime import timedelta

import pytest

from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.access.roles import (
    BreakGlass,
    DelegateRole,
    GrantRole,
    JoinPersons,
    RevokeRole,
    RoleAt,
)
from ledger.domain.incident import commands as c
from ledger.errors import Forbidden, Invalid, LedgerError, Refused
from ledger.execute import ChangeRoles
from ledger.policy import digest, shipped
from ledger.vocabulary import ActsBy, Scope
from tests.unit.execute.desk import Desk, WatchedStore
from tests.unit.execute.people import (
    ADMIN,
    ANN,
    BOB,
    BOSS,
    BOTH,
    ENFORCED,
    ENGINEER,
    EVE,
    LEAD,
    MANAGER,
    PERSON,
    TOKEN,
    TWO,
    acted,
    adopt,
    change,
    enforce,
    grant,
    rule_of,
    send,
)

APPROVED = shipped().replace("final_needs_approval = false", "final_needs_approval = true")
RCA = c.CompleteRca(summary="It broke.", root_cause="A switch.", actions=["Replace it."])


class TestApproval:
    """A person approves, not a token, and one human is one however many credentials he has."""

    @pytest.fixture
    def complete(self, desk: Desk) -> Desk:
        """Ann completed the RCA of INC 1."""
        adopt(desk, APPROVED)
        desk.report(1)
        send(desk, 1, RCA, ANN, TOKEN)
        return desk

    @pytest.mark.parametrize("by", [ActsBy.TOKEN, ActsBy.HOST, ActsBy.LEDGER])
    def test_neither_a_token_nor_the_host_approves(self, complete: Desk, by: ActsBy) -> None:
        asker = Asker(scopes=frozenset({Scope.ADMIN}), by=by)
        with pytest.raises(Forbidden) as refused:
            send(complete, 1, c.ApproveRca(), BOB, asker)
        assert "person_needed" == rule_of(refused)

    def test_another_person_does(self, complete: Desk) -> None:
        send(complete, 1, c.ApproveRca(), BOB)
        assert "incident.rca_approved.v1" == acted(complete)[-1][0]

    def test_the_same_human_by_another_credential_does_not(self, complete: Desk) -> None:
        change(complete, JoinPersons(person=BOB, other=EVE))
        change(complete, JoinPersons(person=EVE, other=ANN))
        with pytest.raises(Refused) as refused:
            send(complete, 1, c.ApproveRca(), BOB)
        assert "rca_approved_by_another" == rule_of(refused)

    def test_a_deputy_of_the_author_does_not(self, complete: Desk) -> None:
        grant(complete, ANN, MANAGER)
        until = complete.now + timedelta(days=1)
        delegated = DelegateRole(holder=ANN, deputy=BOB, at=MANAGER, until=until)
        change(complete, delegated, by=ANN)
        with pytest.raises(Refused) as refused:
            send(complete, 1, c.ApproveRca(), BOB)
        assert "rca_approved_by_another" == rule_of(refused)

    def test_whose_deputy_the_author_was_does_not(self, desk: Desk) -> None:
        adopt(desk, APPROVED)
        grant(desk, BOB, MANAGER)
        until = desk.now + timedelta(days=1)
        change(desk, DelegateRole(holder=BOB, deputy=ANN, at=MANAGER, until=until), by=BOB)
        desk.report(1)
        send(desk, 1, RCA, ANN)
        with pytest.raises(Refused) as refused:
            send(desk, 1, c.ApproveRca(), BOB)
        assert "rca_approved_by_another" == rule_of(refused)
        send(desk, 1, c.ApproveRca(), EVE)


class TestTwoPeople:
    """A change of the policy needs two persons, each logged in as a person."""

    LONGER = TWO.replace('due_after = "PT24H"', 'due_after = "PT48H"')

    @pytest.fixture
    def two(self, desk: Desk) -> Desk:
        """Two people are needed; two turned it on."""
        assert not adopt(desk, TWO, BOSS, ADMIN).done
        assert adopt(desk, TWO, BOB, ADMIN).done
        return desk

    def in_force(self, desk: Desk) -> str:
        """The digest of the policy in force."""
        adopted = [each for each in desk.events() if each.event.name == "policy.adopted.v1"]
        return str(getattr(adopted[-1].event, "digest"))  # noqa: B009 - of its own type

    def test_nobody_turns_it_on_alone(self, desk: Desk) -> None:
        assert not adopt(desk, TWO, BOSS, ADMIN).done
        assert not adopt(desk, TWO, BOSS, ADMIN).done
        assert not adopt(desk, TWO, BOSS, HOST).done
        assert digest(shipped()) == self.in_force(desk)

    def test_the_second_person_adopts_and_the_event_names_the_first(self, two: Desk) -> None:
        assert not adopt(two, self.LONGER, ANN, ADMIN).done
        assert adopt(two, self.LONGER, BOB, ADMIN).done
        event = two.events()[-1].event
        assert (digest(self.LONGER), ANN) == (
            getattr(event, "digest", ""),
            getattr(event, "proposed_by", ""),
        )

    @pytest.mark.parametrize("by", [ActsBy.TOKEN, ActsBy.HOST])
    def test_what_is_no_persons_session_counts_as_nobody(self, two: Desk, by: ActsBy) -> None:
        program = Asker(scopes=frozenset({Scope.ADMIN}), by=by)
        assert not adopt(two, self.LONGER, ANN, program).done
        assert not adopt(two, self.LONGER, BOB, program).done
        assert not adopt(two, self.LONGER, BOB, ADMIN).done
        assert adopt(two, self.LONGER, ANN, ADMIN).done

    def test_one_human_with_two_credentials_counts_once(self, two: Desk) -> None:
        change(two, JoinPersons(person=ANN, other=EVE), by=BOB)
        assert not adopt(two, self.LONGER, ANN, ADMIN).done
        assert not adopt(two, self.LONGER, EVE, ADMIN).done
        assert adopt(two, self.LONGER, BOB, ADMIN).done

    def test_a_proposal_is_about_the_policy_that_was_in_force(self, two: Desk) -> None:
        other = TWO.replace('quiet = "PT1H"', 'quiet = "PT2H"')
        adopt(two, self.LONGER, ANN, ADMIN)
        adopt(two, other, ANN, ADMIN)
        assert adopt(two, other, BOB, ADMIN).done
        assert not adopt(two, self.LONGER, BOB, ADMIN).done

    def test_it_names_who_proposed_and_not_whose_deputy_he_is(self, two: Desk) -> None:
        grant(two, ANN, MANAGER)
        until = two.now + timedelta(days=1)
        change(two, DelegateRole(holder=ANN, deputy=EVE, at=MANAGER, until=until), by=ANN)
        adopt(two, self.LONGER, EVE, ADMIN)
        proposed = two.events()[-1].event
        assert (EVE, {EVE, ANN}) == (
            getattr(proposed, "by", ""),
            {*getattr(proposed, "persons", ())},
        )
        assert not adopt(two, self.LONGER, ANN, ADMIN).done
        assert adopt(two, self.LONGER, BOB, ADMIN).done
        assert EVE == getattr(two.events()[-1].event, "proposed_by", "")

    def test_a_harmless_key_is_changed_by_one(self, two: Desk) -> None:
        assert adopt(two, TWO.replace("as shipped", "as we have it"), ANN, ADMIN).done

    def test_turning_it_off_needs_two_as_well(self, two: Desk) -> None:
        assert not adopt(two, shipped(), ANN, ADMIN).done

    def test_a_role_is_granted_by_another_person(self, two: Desk) -> None:
        for asker, holder, rule in (
            (HOST, ANN, "second_person_needed"),
            (Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.TOKEN), ANN, "second_person_needed"),
            (ADMIN, BOSS, "grant_to_oneself"),
        ):
            with pytest.raises(Forbidden) as refused:
                change(two, GrantRole(holder=holder, at=MANAGER), asker=asker)
            assert rule == rule_of(refused)
        with pytest.raises(Forbidden):
            change(two, JoinPersons(person=BOSS, other=ANN))
        grant(two, ANN, MANAGER)

    def test_the_owner_of_the_host_breaks_the_glass_and_it_is_recorded(self, two: Desk) -> None:
        until = two.now + timedelta(hours=1)
        command = BreakGlass(holder=BOSS, reason="Nobody else is left.", until=until)
        for asker in (ADMIN, TOKEN, PERSON):
            with pytest.raises(Forbidden):
                change(two, command, asker=asker)
        change(two, command, asker=HOST)
        assert "access.glass_broken.v1" == two.events()[-1].event.name
        assert adopt(two, self.LONGER, BOSS, HOST).done
        two.pass_time(hours=1)
        assert not adopt(two, shipped(), BOSS, HOST).done

    def test_the_glass_does_not_stay_broken_for_long_nor_without_a_reason(self, desk: Desk) -> None:
        for reason, hours in (("So.", 9), ("  ", 1)):
            until = desk.now + timedelta(hours=hours)
            with pytest.raises(Invalid):
                change(desk, BreakGlass(holder=BOSS, reason=reason, until=until), asker=HOST)


class TestNobodyIsLockedOut:
    """Somebody who can adopt another policy is always left."""

    @pytest.fixture
    def known(self, desk: Desk) -> Desk:
        """The ledger knows the persons."""
        return desk

    def test_enforcement_needs_somebody_who_may_adopt(self, known: Desk) -> None:
        with pytest.raises(Refused) as refused:
            adopt(known, ENFORCED)
        assert "nobody_could_adopt" == rule_of(refused)
        grant(known, ANN, RoleAt("risk_manager", "chat"))
        with pytest.raises(Refused):
            adopt(known, ENFORCED)
        grant(known, ANN, MANAGER)
        assert adopt(known, ENFORCED).done

    def test_two_people_need_two(self, known: Desk) -> None:
        grant(known, ANN, MANAGER)
        for by in (ANN, BOB):
            with pytest.raises(Refused):
                adopt(known, BOTH, by, ADMIN)
        grant(known, BOB, LEAD)
        adopt(known, BOTH, ANN, ADMIN)
        assert adopt(known, BOTH, BOB, ADMIN).done

    def test_the_last_one_keeps_his_role(self, known: Desk) -> None:
        enforce(known)
        change(known, RevokeRole(holder=BOSS, at=LEAD))
        with pytest.raises(Refused) as refused:
            change(known, RevokeRole(holder=BOSS, at=MANAGER))
        assert "nobody_could_adopt" == rule_of(refused)

    def test_where_nobody_is_left_other_roles_are_still_taken_back(self, known: Desk) -> None:
        day = known.now + timedelta(days=1)
        grant(known, BOSS)
        change(known, GrantRole(holder=BOSS, at=MANAGER, until=day))
        grant(known, ANN, ENGINEER)
        adopt(known, ENFORCED)
        known.pass_time(days=1)
        assert 1 == change(known, RevokeRole(holder=ANN, at=ENGINEER)).events
        grant(known, BOSS, MANAGER)

    def test_two_are_not_joined_where_two_are_needed(self, known: Desk) -> None:
        grant(known, ANN, MANAGER)
        grant(known, BOB, LEAD)
        adopt(known, BOTH, ANN, ADMIN)
        assert adopt(known, BOTH, BOB, ADMIN).done
        with pytest.raises(Refused) as refused:
            change(known, JoinPersons(person=ANN, other=BOB))
        assert "nobody_could_adopt" == rule_of(refused)
        grant(known, EVE, MANAGER)
        assert 1 == change(known, JoinPersons(person=ANN, other=BOB)).events

    def test_of_two_revocations_at_once_one_is_decided_again(
        self, desk: Desk, watched: WatchedStore
    ) -> None:
        grant(desk, ANN, MANAGER)
        grant(desk, BOB, LEAD)
        adopt(desk, ENFORCED)
        other = Desk(watched.store, now=desk.now)
        change(other, GrantRole(holder=EVE, at=ENGINEER))
        watched.hold()
        first = ChangeRoles(command=RevokeRole(holder=ANN, at=MANAGER), asker=ADMIN)
        waiting = desk.executor.submit(first, desk.context(actor=BOSS))
        assert watched.arrived.wait(10)
        second = ChangeRoles(command=RevokeRole(holder=BOB, at=LEAD), asker=ADMIN)
        vars(watched.store)["append"] = watched._append
        other.executor.execute(second, other.context(actor=BOSS))
        watched.gate.set()
        with pytest.raises(Refused) as refused:
            waiting.result(10)
        assert "nobody_could_adopt" == rule_of(refused)
        other.executor.close()

    def test_a_refusal_leaves_nothing(self, known: Desk) -> None:
        before = len(known.events())
        with pytest.raises(LedgerError):
            adopt(known, ENFORCED)
        assert before == len(known.events())
