"""Roles in the unit of work: granted, revoked, delegated, enforced, and never past a rule."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.domain.access.deciding import Asker
from ledger.domain.access.roles import (
    DelegateRole,
    EndDelegation,
    GrantRole,
    JoinPersons,
    RenewRoles,
    RevokeRole,
    RoleAt,
)
from ledger.domain.command import Command
from ledger.domain.envelope import Acting
from ledger.domain.incident import commands as c
from ledger.errors import Forbidden, Invalid, NotFound, Refused
from ledger.execute import ChangeRoles, ExecuteCommand, Outcome
from ledger.vocabulary import ActsBy, Scope
from tests.unit.execute.desk import Desk, WatchedStore
from tests.unit.execute.people import (
    ADMIN,
    ANN,
    BOB,
    BOSS,
    ENGINEER,
    EVE,
    LEAD,
    LEDGER,
    MANAGER,
    MINOR,
    OF_CHAT,
    PERSON,
    SEVERE,
    acted,
    change,
    enforce,
    grant,
    rule_of,
    send,
)


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
