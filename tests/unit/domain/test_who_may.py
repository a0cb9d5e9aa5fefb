"""Every command x role x scope x system: the one function that decides, against the policy read
by hand.

The commands come from the registry: a new one is tried here without anybody's doing.
"""

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, ClassVar

import pytest

from ledger.domain.access.deciding import (
    ActsIn,
    Asked,
    Asker,
    Standing,
    counts_as,
    decide_access,
    holders_around,
    standing_of,
)
from ledger.domain.access.roles import DelegatedBy, HeldBy, Holder, RoleAt
from ledger.domain.command_names import COMMANDS, require_known_commands
from ledger.domain.concern import Concern
from ledger.domain.envelope import Acting
from ledger.errors import Forbidden, Invalid
from ledger.policy import Guards, parse_guards, parse_policy, shipped
from ledger.vocabulary import ActsBy, RoleBasis, Scope, Severity

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENFORCED = shipped().replace("enforce = false", "enforce = true")
DOCUMENT = tomllib.loads(ENFORCED)
ROLES = tuple(DOCUMENT["roles"])
INCLUDED = {
    Scope.PUBLISH: "publish",
    Scope.REPORT: "report",
    Scope.READ: "read",
    Scope.AUDIT: "audit read",
    Scope.OPERATE: "operate read report publish",
    Scope.ADMIN: "admin operate audit read report publish",
}
"""What each scope lets somebody do, written out."""
OWN, OTHER = "chat", "search"


def standing(roles: Iterable[ActsIn] = ()) -> Standing:
    """Somebody with these roles."""
    return Standing(persons=frozenset({"person/1"}), roles=tuple(roles))


def row_of(command: str, severity: Severity | None) -> dict[str, Any] | None:
    """The row of a command, as a reader of the policy's text finds it."""
    for row in DOCUMENT["raci"]:
        for pattern in row["commands"]:
            is_it = pattern == command or (
                pattern.endswith("*") and command.startswith(pattern.rstrip("*"))
            )
            severities = row.get("severities", [])
            if is_it and (not severities or severity is None or severity in severities):
                found: dict[str, Any] = row
                return found
    return None


def naively(
    command: str, scope: Scope, by: ActsBy, role: RoleAt | None, system: str, severity: Severity
) -> bool:
    """Whether somebody with one scope and one role may, written as the policy says it."""
    needs = COMMANDS[command]
    if str(needs.scope) not in INCLUDED[scope].split():
        return False
    if needs.person and by not in {ActsBy.PROVIDER, ActsBy.LINK}:
        return False
    row = row_of(command, severity)
    if row is None:
        return True
    may = [*row.get("responsible", []), *row.get("accountable", [])]
    return role is not None and role.role in may and role.system in {None, system}


def decided(asked: Asked, asker: Asker, who: Standing, guards: Guards) -> bool:
    """Whether the function under test lets it through."""
    try:
        decide_access(asked, asker, who, guards)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_allowed_or_refused_as_the_policy_says(command: str) -> None:
    guards, needs, tried = parse_guards(ENFORCED), COMMANDS[command], 0
    held = [None, *(RoleAt(role, of) for role in ROLES for of in (None, OWN))]
    for scope, by, role, system, severity in product(Scope, ActsBy, held, (OWN, OTHER), Severity):
        asked = Asked(command, needs.scope, Concern(frozenset({system}), severity), needs.person)
        asker = Asker(scopes=frozenset({scope}), by=by)
        who = standing([] if role is None else [ActsIn(role)])
        expected = naively(command, scope, by, role, system, severity)
        told = f"{command} by {scope} {by} as {role} for {system} {severity}"
        assert expected is decided(asked, asker, who, guards), told
        tried += 1
    assert tried == len(Scope) * len(ActsBy) * 11 * 2 * 4


def test_every_command_of_the_runbooks_steps_has_a_row_but_reporting_and_noting() -> None:
    open_to_all = {name for name in COMMANDS if row_of(name, None) is None}
    assert open_to_all == {
        *("incident/report", "incident/note", "review/note", "improvement/propose"),
        "improvement/recur",
        *("role/grant", "role/revoke", "role/delegate", "person/join"),
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_without_enforcement_the_event_says_what_the_raci_would_have_said(command: str) -> None:
    needs = COMMANDS[command]
    asked = Asked(command, needs.scope, Concern(frozenset({OWN}), Severity.LOW), needs.person)
    asker = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)
    acting = decide_access(asked, asker, standing(), parse_guards(shipped()))
    row = row_of(command, Severity.LOW)
    assert acting == Acting(refusal=row["name"] if row else None)


def asking(command: str, *systems: str, severity: Severity | None = Severity.LOW) -> Asked:
    """A command of some systems."""
    needs = COMMANDS[command]
    return Asked(command, needs.scope, Concern(frozenset(systems), severity), needs.person)


PERSON = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.PROVIDER)


class TestSeverities:
    """A row with severities holds for what had one of them at any time, or has none yet."""

    @pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.HIGH, None])
    def test_an_engineer_does_not_dismiss_what_may_be_severe(
        self, severity: Severity | None
    ) -> None:
        who = standing([ActsIn(RoleAt("mlops_engineer"))])
        with pytest.raises(Forbidden) as refused:
            decide_access(
                asking("incident/dismiss", OWN, severity=severity),
                PERSON,
                who,
                parse_guards(ENFORCED),
            )
        assert refused.value.rule == "raci_severe-incidents"
        assert "Risk Manager" in refused.value.message

    def test_an_engineer_dismisses_what_is_minor(self) -> None:
        who = standing([ActsIn(RoleAt("mlops_engineer"))])
        acting = decide_access(asking("incident/dismiss", OWN), PERSON, who, parse_guards(ENFORCED))
        assert acting == Acting(role="mlops_engineer")


class TestSystems:
    """What concerns two systems needs the right in both."""

    def test_a_role_for_one_of_two_systems_is_not_enough(self) -> None:
        asked = asking("incident/amend", OWN, OTHER)
        one = [ActsIn(RoleAt("mlops_engineer", OWN))]
        both = [*one, ActsIn(RoleAt("risk_manager", OTHER))]
        assert not decided(asked, PERSON, standing(one), parse_guards(ENFORCED))
        assert decided(asked, PERSON, standing(both), parse_guards(ENFORCED))

    def test_what_concerns_no_system_needs_a_role_for_the_organisation(self) -> None:
        admin = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)
        asked = asking("policy/adopt")
        of_one = standing([ActsIn(RoleAt("governance_lead", OWN))])
        of_all = standing([ActsIn(RoleAt("governance_lead"))])
        assert not decided(asked, admin, of_one, parse_guards(ENFORCED))
        assert decided(asked, admin, of_all, parse_guards(ENFORCED))


MANAGER = HeldBy(RoleAt("risk_manager"), RoleBasis.ADMIN)


def seen(actor: str, holders: dict[str, Holder], at: datetime = NOW) -> Standing:
    """Somebody's standing by these streams."""
    around = holders_around(actor, at, lambda each: holders.get(each, Holder()))
    return standing_of(actor, around, at, by=ActsBy.PROVIDER)


class TestDelegations:
    """A deputy acts in the role of another, as long as that one has it, and counts as both."""

    until = NOW + timedelta(days=14)
    delegated = Holder(delegations={DelegatedBy(RoleAt("risk_manager"), "person/boss"): until})

    def holders(self, boss: Holder) -> dict[str, Holder]:
        """The deputy and his boss."""
        return {"person/1": self.delegated, "person/boss": boss}

    def test_a_deputy_acts_for_his_boss_and_counts_as_both(self) -> None:
        who = seen("person/1", self.holders(Holder(roles={MANAGER: None})))
        acting = decide_access(
            asking("incident/dismiss", OWN, severity=Severity.CRITICAL),
            PERSON,
            who,
            parse_guards(ENFORCED),
        )
        assert acting == Acting(role="risk_manager", holder="person/boss")
        assert counts_as(acting, who) == {"person/1", "person/boss"}

    def test_it_falls_with_the_role_and_ends_at_its_time(self) -> None:
        lost, ended = Holder(), Holder(roles={MANAGER: NOW - timedelta(seconds=1)})
        assert not seen("person/1", self.holders(lost)).roles
        assert not seen("person/1", self.holders(ended)).roles
        held = self.holders(Holder(roles={MANAGER: None}))
        assert not seen("person/1", held, self.until).roles
        assert seen("person/1", held, self.until - timedelta(seconds=1)).roles

    def test_a_delegated_role_is_not_delegated_on(self) -> None:
        on = Holder(delegations={DelegatedBy(RoleAt("risk_manager"), "person/1"): self.until})
        holders = self.holders(Holder(roles={MANAGER: None})) | {"person/2": on}
        assert not seen("person/2", holders).roles

    def test_a_role_of_ones_own_comes_before_one_that_is_delegated(self) -> None:
        holders = self.holders(Holder(roles={MANAGER: None}))
        holders["person/1"] = Holder(roles={MANAGER: None}, delegations=self.delegated.delegations)
        acting = decide_access(
            asking("incident/dismiss", OWN),
            PERSON,
            seen("person/1", holders),
            parse_guards(ENFORCED),
        )
        assert acting == Acting(role="risk_manager")


class TestJoinedPersons:
    """One human with several credentials counts once, and has the roles of all of them."""

    holders: ClassVar = {
        "person/1": Holder(joined=frozenset({"person/2"})),
        "person/2": Holder(joined=frozenset({"person/1", "person/3"})),
        "person/3": Holder(joined=frozenset({"person/2"}), roles={MANAGER: None}),
    }

    def test_three_ids_of_one_human_are_one(self) -> None:
        who = seen("person/1", self.holders)
        assert who.persons == {"person/1", "person/2", "person/3"}
        assert who.roles == (ActsIn(RoleAt("risk_manager")),)

    def test_an_id_that_acts_for_a_joined_one_is_the_same_human(self) -> None:
        until = NOW + timedelta(days=1)
        delegated = {DelegatedBy(RoleAt("risk_manager"), "person/3"): until}
        holders = self.holders | {
            "person/1": Holder(joined=frozenset({"person/2"}), delegations=delegated)
        }
        assert all(each.holder is None for each in seen("person/1", holders).roles)


class TestGlass:
    """The owner of the host acts without the RACI while the glass is broken; nobody else does."""

    broken: ClassVar = {"person/1": Holder(glass_until=NOW + timedelta(hours=1))}

    @pytest.mark.parametrize("by", ActsBy)
    def test_only_the_hosts_command_line_acts_through_it(self, by: ActsBy) -> None:
        who = standing_of("person/1", self.broken, NOW, by=by)
        asker = Asker(scopes=frozenset({Scope.ADMIN}), by=by)
        may = decided(asking("incident/contain", OWN), asker, who, parse_guards(ENFORCED))
        assert may is (by is ActsBy.HOST)

    def test_it_closes_by_itself(self) -> None:
        later = NOW + timedelta(hours=1)
        assert not standing_of("person/1", self.broken, later, by=ActsBy.HOST).broke_glass

    def test_it_makes_no_person_of_the_host(self) -> None:
        who = standing_of("person/1", self.broken, NOW, by=ActsBy.HOST)
        asker = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.HOST)
        with pytest.raises(Forbidden) as refused:
            decide_access(asking("incident/rca/approve", OWN), asker, who, parse_guards(ENFORCED))
        assert refused.value.rule == "person_needed"


def test_the_raci_as_shipped_names_commands_that_there_are() -> None:
    require_known_commands(parse_policy(shipped()))


@pytest.mark.parametrize("wrong", ["incident/dismis", "incidents/*", "risk/accept"])
def test_a_row_that_covers_no_command_is_refused(wrong: str) -> None:
    text = shipped().replace('commands = ["incident/waive"]', f'commands = ["{wrong}"]')
    with pytest.raises(Invalid) as refused:
        require_known_commands(parse_policy(text))
    assert wrong in refused.value.errors[0][1]
