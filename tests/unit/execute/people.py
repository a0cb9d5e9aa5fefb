"""Persons who ask things of a desk: what they come with, their roles, and what they send."""

from uuid import UUID

import pytest

from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.access.roles import (
    GrantRole,
    RoleAt,
    RoleCommand,
)
from ledger.domain.command import Command
from ledger.domain.envelope import Acting
from ledger.domain.incident import commands as c
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Refused
from ledger.execute import AdoptPolicyRequest, ChangeRoles, ExecuteCommand, Outcome, RegisterPerson
from ledger.policy import shipped
from ledger.store.side_records import Person
from ledger.vocabulary import ActsBy, Category, Scope, Severity
from tests.unit.execute.desk import Desk

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
