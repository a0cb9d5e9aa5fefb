"""Roles in the unit of work: granted, revoked, delegated, enforced, and never past a rule."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.access.roles import (
    BreakGlass,
    DelegateRole,
    EndDelegation,
    GrantRole,
    JoinPersons,
    RenewRoles,
    RevokeRole,
    RoleAt,
    RoleCommand,
)
from ledger.domain.command import Command
from ledger.domain.envelope import Acting
from ledger.domain.incident import commands as c
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Forbidden, Invalid, LedgerError, NotFound, Refused
from ledger.execute import AdoptPolicyRequest, ChangeRoles, ExecuteCommand, Outcome, RegisterPerson
from ledger.policy import digest, shipped
from ledger.store.side_records import Person
from ledger.vocabulary import ActsBy, Category, Scope, Severity
from tests.unit.execute.desk import Desk, WatchedStore

ADMIN = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)
PERSON = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.PROVIDER)
TOKEN = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.TOKEN)
LEDGER = Asker(scopes=frozenset(), by=ActsBy.LEDGER)

BOSS, ANN, BOB, EVE = "person/boss", "person/ann", "person/bob", "person/eve"
MANAGER, LEAD = RoleAt("risk_manager"), RoleAt("governance_lead")
ENGINEER, OF_CHAT = RoleAt("mlops_engineer"), RoleAt("mlops_engineer", "chat")
MINOR = c.Classify(category=Category.INFRA_ERROR, severity=Severity.LOW)
SEVERE = c.Classify(category=Category.INFRA_ERROR, severity=Severity.CRITICAL)
ENFORCED = shipped().replace("enforce = false", "enforce = true")
TWO = shipped().replace("two_people = false", "two_people = true")
BOTH = ENFORCED.replace("two_people = false", "two_people = true")


def change(desk: Desk, command: RoleCommand, by: str = BOSS, asker: Asker = ADMIN) -> Outcome:
    """A change of roles."""
    request = ChangeRoles(command=command, asker=asker)
    return desk.executor.execute(request, desk.context(actor=by))


def grant(desk: Desk, holder: str, *roles: RoleAt) -> None:
    """Roles of somebody whom the ledger knows."""
    known = RegisterPerson(person=Person(id=holder, name=holder))
    desk.executor.execute(known, desk.context())
    for role in roles:
        change(desk, GrantRole(holder=holder, at=role))


def send(desk: Desk, number: int, command: Command, by: str, asker: Asker = PERSON) -> Outcome:
    """A command of an incident."""
    request = ExecuteCommand(
        kind="incident", subject=UUID(int=number), command=command, asker=asker
    )
    return desk.executor.execute(request, desk.context(actor=by))


def adopt(desk: Desk, text: str, by: str = BOSS, asker: Asker = HOST) -> Outcome:
    """A policy, adopted or proposed."""
    request = AdoptPolicyRequest(command=AdoptPolicy(text=text, reason="So."), asker=asker)
    return desk.executor.execute(request, desk.context(actor=by))


def enforce(desk: Desk) -> None:
    """The RACI is enforced; the boss holds the roles that adopt a policy."""
    grant(desk, BOSS, MANAGER, LEAD)
    adopt(desk, ENFORCED)


def rule_of(refused: "pytest.ExceptionInfo[Refused]") -> str:
    """The rule that refused."""
    return refused.value.rule


def acted(desk: Desk) -> list[tuple[str, Acting | None]]:
    """Type of every event of an incident, and as what its actor acted."""
    return [(each.event.name, each.acting) for each in desk.events() if each.kind == "incident"]


class TestGrants:
    """Grants and revocations are events of the holder's own stream."""

    def test_a_role_is_granted_once_and_revoked_once(self, desk: Desk) -> None:
        first = change(desk, GrantRole(holder=ANN, at=OF_CHAT))
        again = change(desk, GrantRole(holder=ANN, at=OF_CHAT))
        gone = change(desk, RevokeRole(holder=ANN, at=OF_CHAT, reason="Left."))
        assert (1, 0, 1) == (first.events, again.events, gone.events)
        with pytest.raises(Refused) as refused:
            change(desk, RevokeRole(holder=ANN, at=OF_CHAT))
        assert "role_not_held" == rule_of(refused)
        assert [
            ("access", "access.role_granted.v1"),
            ("access", "access.role_revoked.v1"),
        ] == desk.told()

    def test_a_role_that_the_policy_does_not_name_is_refused(self, desk: Desk) -> None:
        with pytest.raises(Invalid, match="risk_manager"):
            change(desk, GrantRole(holder=ANN, at=RoleAt("risk_manger")))

    def test_an_end_has_to_come(self, desk: Desk) -> None:
        with pytest.raises(Refused) as refused:
            change(desk, GrantRole(holder=ANN, at=MANAGER, until=desk.now))
        assert "expired_already" == rule_of(refused)

    @pytest.mark.parametrize("scope", set(Scope) - {Scope.ADMIN})
    def test_granting_needs_scope_admin(self, desk: Desk, scope: Scope) -> None:
        asker = Asker(scopes=frozenset({scope}), by=ActsBy.PROVIDER)
        for command in (
            GrantRole(holder=ANN, at=MANAGER),
            RevokeRole(holder=ANN, at=MANAGER),
            JoinPersons(person=ANN, other=BOB),
        ):
            with pytest.raises(Forbidden) as refused:
                change(desk, command, asker=asker)
            assert "scope_admin_needed" == rule_of(refused)

    def test_a_role_ends_at_its_time(self, desk: Desk) -> None:
        enforce(desk)
        change(desk, GrantRole(holder=ANN, at=ENGINEER, until=desk.now + timedelta(days=1)))
        desk.report(1)
        send(desk, 1, c.Contain(action="Off."), ANN)
        desk.pass_time(days=1)
        with pytest.raises(Forbidden):
            send(desk, 1, c.Communicate(message="Off.", audience="All."), ANN)


class TestProvider:
    """Roles of a log-in lapse 24 hours later, and go with the provider's group."""

    def renew(self, desk: Desk, *roles: RoleAt, asker: Asker = LEDGER) -> Outcome:
        """A log-in."""
        return change(desk, RenewRoles(holder=ANN, roles=roles), by=ANN, asker=asker)

    def test_a_leavers_role_lapses(self, desk: Desk) -> None:
        enforce(desk)
        self.renew(desk, ENGINEER)
        desk.report(1)
        desk.pass_time(hours=23, minutes=59)
        send(desk, 1, c.Contain(action="Off."), ANN)
        desk.pass_time(minutes=1)
        with pytest.raises(Forbidden):
            send(desk, 1, c.Communicate(message="Off.", audience="All."), ANN)

    def test_a_log_in_without_any_role_is_nothing_to_do(self, desk: Desk) -> None:
        assert (0, None) == (self.renew(desk).events, self.renew(desk).stream)
        assert 1 == desk.report(1).events

    def test_log_ins_in_a_row_are_one_event(self, desk: Desk) -> None:
        assert 1 == self.renew(desk, ENGINEER).events
        assert 0 == self.renew(desk, ENGINEER).events
        desk.pass_time(hours=1)
        assert 1 == self.renew(desk, ENGINEER).events

    def test_what_the_provider_names_no_more_ends_and_what_was_granted_here_stays(
        self, desk: Desk
    ) -> None:
        enforce(desk)
        grant(desk, ANN, OF_CHAT)
        self.renew(desk, ENGINEER, RoleAt("ml_engineer"), RoleAt("no_such_role"))
        assert 2 == self.renew(desk).events
        desk.report(1)
        send(desk, 1, c.Contain(action="Off."), ANN)
        assert Acting(role="mlops_engineer") == acted(desk)[-1][1]

    def test_nobody_but_a_log_in_renews(self, desk: Desk) -> None:
        with pytest.raises(Forbidden):
            self.renew(desk, MANAGER, asker=ADMIN)


class TestEnforced:
    """A command is refused to those who hold none of its roles, by the name of the row."""

    def test_the_role_acted_in_is_recorded(self, desk: Desk) -> None:
        enforce(desk)
        grant(desk, ANN, OF_CHAT)
        desk.report(1)
        send(desk, 1, c.Contain(action="Off."), ANN)
        assert ("incident.contained.v1", Acting(role="mlops_engineer")) == acted(desk)[-1]

    def test_without_enforcement_the_row_that_would_have_refused_is(self, desk: Desk) -> None:
        desk.report(1)
        send(desk, 1, c.Contain(action="Off."), ANN)
        assert [
            ("incident.detected.v1", None),
            ("incident.contained.v1", Acting(refusal="response")),
        ] == acted(desk)

    def test_others_are_refused_and_nothing_is_recorded(self, desk: Desk) -> None:
        enforce(desk)
        grant(desk, ANN, RoleAt("mlops_engineer", "search"), RoleAt("product_owner"))
        desk.report(1)
        before = len(desk.events())
        with pytest.raises(Forbidden) as refused:
            send(desk, 1, c.Contain(action="Off."), ANN)
        assert "raci_response" == rule_of(refused)
        assert "MLOps Engineer (for search)" in refused.value.message
        assert before == len(desk.events())

    def test_everybody_reports_and_notes(self, desk: Desk) -> None:
        enforce(desk)
        report = c.Report(title="It broke", system="chat", source="eve")
        send(desk, 7, report, EVE)
        send(desk, 7, c.Note(text="Still."), EVE)

    def test_the_incident_is_not_found_before_anybody_is_refused(self, desk: Desk) -> None:
        enforce(desk)
        with pytest.raises(NotFound):
            send(desk, 9, c.Contain(action="Off."), EVE)

    def test_a_role_that_is_revoked_meanwhile_has_the_command_decided_again(
        self, desk: Desk, watched: WatchedStore
    ) -> None:
        enforce(desk)
        grant(desk, ANN, ENGINEER)
        desk.report(1)
        other = Desk(watched.store, now=desk.now)
        # Both executors know the stream; one revokes while the other's append waits.
        change(other, GrantRole(holder=ANN, at=RoleAt("ml_engineer", "search")))
        watched.hold()
        request = ExecuteCommand(
            kind="incident",
            subject=UUID(int=1),
            command=c.Contain(action="Off."),
            asker=PERSON,
        )
        waiting = desk.executor.submit(request, desk.context(actor=ANN))
        assert watched.arrived.wait(10)
        revoke = ChangeRoles(command=RevokeRole(holder=ANN, at=ENGINEER), asker=ADMIN)
        vars(watched.store)["append"] = watched._append
        other.executor.execute(revoke, other.context(actor=BOSS))
        watched.gate.set()
        with pytest.raises(Forbidden):
            waiting.result(10)
        other.executor.close()


class TestNoWayAround:
    """Reclassifying, amending the system or merging gets nobody past a rule."""

    @pytest.fixture
    def severe(self, desk: Desk) -> Desk:
        """INC 1 was critical once, INC 2 is minor; Ann is an engineer of chat."""
        enforce(desk)
        grant(desk, ANN, OF_CHAT)
        desk.report(1)
        desk.report(2)
        send(desk, 1, SEVERE, BOSS)
        send(desk, 2, MINOR, BOSS)
        return desk

    def refused(self, desk: Desk, number: int, command: Command) -> str:
        """The rule that refuses Ann."""
        with pytest.raises(Forbidden) as refused:
            send(desk, number, command, ANN)
        return rule_of(refused)

    def test_what_was_severe_once_stays_so(self, severe: Desk) -> None:
        send(severe, 1, MINOR, ANN)
        amend = c.Amend(field="severity", to="low", reason="Typing error.")
        send(severe, 1, amend, ANN)
        assert "raci_severe-incidents" == self.refused(severe, 1, c.Dismiss(reason="Noise."))
        near_miss = c.DeclareNearMiss(reason="No harm.")
        assert "raci_severe-incidents" == self.refused(severe, 1, near_miss)
        send(severe, 2, c.Dismiss(reason="Noise."), ANN)

    def test_an_amended_severity_counts_as_one_that_it_had(self, severe: Desk) -> None:
        send(severe, 2, c.Amend(field="severity", to="high", reason="Worse."), BOSS)
        send(severe, 2, MINOR, ANN)
        assert "raci_severe-incidents" == self.refused(severe, 2, c.Dismiss(reason="Noise."))

    def test_merging_needs_the_right_to_dismiss_the_worse_one(self, severe: Desk) -> None:
        into = c.Merge(into=str(UUID(int=2)), reason="The same.")
        assert "raci_severe-incidents" == self.refused(severe, 1, into)
        back = c.Merge(into=str(UUID(int=1)), reason="The same.")
        assert "raci_severe-incidents" == self.refused(severe, 2, back)

    def test_one_without_a_severity_is_not_merged_away_either(self, severe: Desk) -> None:
        severe.report(3)
        assert "raci_severe-incidents" == self.refused(severe, 3, c.Dismiss(reason="Noise."))
        for number, other in ((3, 2), (2, 3)):
            into = c.Merge(into=str(UUID(int=other)), reason="The same.")
            assert "raci_severe-incidents" == self.refused(severe, number, into)
        send(severe, 3, MINOR, ANN)
        send(severe, 3, c.Merge(into=str(UUID(int=2)), reason="The same."), ANN)

    def test_what_absorbed_a_severe_one_is_severe(self, severe: Desk) -> None:
        send(severe, 1, c.Merge(into=str(UUID(int=2)), reason="The same."), BOSS)
        assert "raci_severe-incidents" == self.refused(severe, 2, c.Dismiss(reason="Noise."))

    def test_the_system_is_amended_by_whoever_has_the_right_in_both(self, severe: Desk) -> None:
        to = c.Amend(field="system", to="search", reason="Wrong one.")
        assert "raci_incidents" == self.refused(severe, 2, to)
        grant(severe, ANN, RoleAt("mlops_engineer", "search"))
        send(severe, 2, to, ANN)
        change(severe, RevokeRole(holder=ANN, at=OF_CHAT))
        back = c.Amend(field="system", to="chat", reason="Mine.")
        assert "raci_incidents" == self.refused(severe, 2, back)


class TestDeputies:
    """A deputy acts until a time, as long as the role is held, and counts as both."""

    def delegate(self, desk: Desk, **given: object) -> Outcome:
        """The boss lets Ann act as Risk Manager for two weeks."""
        until = desk.now + timedelta(days=14)
        command = DelegateRole(holder=BOSS, deputy=ANN, at=MANAGER, until=until)
        return change(desk, command, **given)  # type: ignore[arg-type]

    def test_a_deputy_acts_for_the_holder_and_the_event_says_so(self, desk: Desk) -> None:
        enforce(desk)
        self.delegate(desk, asker=PERSON)
        desk.report(1)
        send(desk, 1, SEVERE, ANN)
        expected = ("incident.classified.v1", Acting(role="risk_manager", holder=BOSS))
        assert expected == acted(desk)[-1]

    def test_it_falls_with_the_role_and_can_be_ended(self, desk: Desk) -> None:
        enforce(desk)
        grant(desk, BOB, LEAD, MANAGER)
        self.delegate(desk)
        desk.report(1)
        end = EndDelegation(holder=BOSS, deputy=ANN, at=MANAGER)
        change(desk, end, by=ANN, asker=PERSON)
        with pytest.raises(Forbidden):
            send(desk, 1, SEVERE, ANN)
        self.delegate(desk)
        change(desk, RevokeRole(holder=BOSS, at=MANAGER), by=BOB)
        with pytest.raises(Forbidden):
            send(desk, 1, SEVERE, ANN)

    def test_others_neither_delegate_nor_end_it(self, desk: Desk) -> None:
        enforce(desk)
        with pytest.raises(Forbidden) as refused:
            self.delegate(desk, by=EVE)
        assert "delegated_by_holder" == rule_of(refused)
        self.delegate(desk)
        end = EndDelegation(holder=BOSS, deputy=ANN, at=MANAGER)
        with pytest.raises(Forbidden):
            change(desk, end, by=EVE, asker=PERSON)

    def test_what_may_only_read_delegates_nothing(self, desk: Desk) -> None:
        grant(desk, BOSS, MANAGER)
        for scope in set(Scope) - {Scope.OPERATE, Scope.ADMIN}:
            with pytest.raises(Forbidden) as refused:
                self.delegate(desk, asker=Asker(scopes=frozenset({scope}), by=ActsBy.TOKEN))
            assert "scope_operate_needed" == rule_of(refused)

    def test_only_a_role_that_is_held_is_delegated_and_to_another(self, desk: Desk) -> None:
        until = desk.now + timedelta(days=1)
        for command, rule in (
            (DelegateRole(holder=BOSS, deputy=ANN, at=MANAGER, until=until), "role_not_held"),
            (DelegateRole(holder=BOSS, deputy=BOSS, at=LEAD, until=until), "deputy_is_holder"),
        ):
            if rule == "deputy_is_holder":
                grant(desk, BOSS, LEAD)
            with pytest.raises(Refused) as refused:
                change(desk, command)
            assert rule == rule_of(refused)


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
