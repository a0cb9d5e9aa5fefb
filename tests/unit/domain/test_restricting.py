"""Restricted incidents: by the policy, by hand, and by what an incident absorbs."""

from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.decide import decide
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.restricting import by_merge
from ledger.domain.incident.state import Incident, evolve
from ledger.domain.stream_type import NOBODY
from ledger.errors import Invalid, Refused
from ledger.policy import Policy, parse_policy, shipped
from ledger.vocabulary import Severity

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RESTRICTS = (
    shipped()
    .replace("restricted_categories = []", 'restricted_categories = ["data_breach"]')
    .replace("restricted_systems = []", 'restricted_systems = ["hr"]')
)
POLICY = parse_policy(RESTRICTS)


def after(*commands: Any, policy: Policy = POLICY) -> tuple[Incident, list[Any]]:
    """The state and the events of some commands."""
    state = Incident()
    events: list[Any] = []
    for command in commands:
        news = decide(command, state, policy, NOON)
        state, events = reduce(evolve, news, state), [*events, *news]
    return state, events


def restrictions(events: list[Any]) -> list[str]:
    return [each.basis for each in events if isinstance(each, e.IncidentRestricted)]


REPORT = c.Report(title="It broke", system="chat")
OF_HR = c.Report(title="It broke", system="hr")
BREACH = c.Classify(category="data_breach", severity=Severity.LOW)
ERROR = c.Classify(category="infra_error", severity=Severity.LOW)
BREACH_TOO = c.Classify(
    category="infra_error", severity=Severity.LOW, secondary_category="data_breach"
)
LIFT = c.Unrestrict(reason="It is public.")


@pytest.mark.parametrize(
    ("commands", "bases"),
    [
        ([REPORT], []),
        ([OF_HR], ["policy"]),
        ([REPORT, BREACH], ["policy"]),
        ([REPORT, ERROR], []),
        (
            [
                REPORT,
                c.Classify(
                    category="infra_error", severity=Severity.LOW, secondary_category="data_breach"
                ),
            ],
            ["policy"],
        ),
        ([REPORT, c.Amend(field="system", to="hr", reason="Wrong.")], ["policy"]),
        ([OF_HR, BREACH], ["policy"]),
        ([REPORT, c.Restrict(reason="Names.")], ["person"]),
        ([REPORT, c.Restrict(reason="Names."), c.Restrict(reason="Again.")], ["person"]),
        ([OF_HR, LIFT, ERROR], ["policy"]),
        ([OF_HR, LIFT, BREACH], ["policy", "policy"]),
        ([OF_HR, LIFT, c.Amend(field="title", to="Other", reason="So.")], ["policy"]),
    ],
)
def test_what_brings_a_category_or_system_restricts(commands: list[Any], bases: list[str]) -> None:
    assert bases == restrictions(after(*commands)[1])


def test_the_last_word_holds() -> None:
    assert after(OF_HR)[0].restricted
    assert not after(OF_HR, LIFT)[0].restricted


def test_what_is_not_restricted_cannot_be_lifted() -> None:
    with pytest.raises(Refused) as refused:
        after(REPORT, LIFT)
    assert "not_restricted" == refused.value.rule


def test_without_the_keys_nothing_is_restricted() -> None:
    assert [] == restrictions(after(OF_HR, BREACH, policy=parse_policy(shipped()))[1])


def test_what_absorbs_a_restricted_incident_is_restricted() -> None:
    hidden, plain = after(OF_HR)[0], after(REPORT)[0]
    assert [e.ABSORBED] == [each.basis for each in by_merge(hidden, plain, NOON)]
    assert () == by_merge(plain, hidden, NOON)
    assert () == by_merge(hidden, hidden, NOON)
    merge = INCIDENT.commands["merge"]
    one, other = (INCIDENT.stream(UUID(int=n)) for n in (1, 2))
    assert merge.decide_over is not None
    command = c.Merge(into=str(UUID(int=2)), reason="Same.")
    [_, target] = merge.decide_over(command, one, {one: hidden, other: plain}, POLICY, NOON, NOBODY)
    assert ["incident.restricted.v1", "incident.absorbed.v1"] == [
        each.name for each in target.events
    ]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('readers = ["risk_manager"', 'readers = ["risk_manger"', "privacy.restricted_readers[0]"),
        (
            'restricted_categories = ["data_breach"',
            'restricted_categories = ["data_beach"',
            "privacy.restricted_categories[0]",
        ),
        ('["risk_manager", "governance_lead"]', "[]", "privacy.restricted_readers"),
    ],
)
def test_a_policy_names_what_there_is(old: str, new: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_policy(RESTRICTS.replace(old, new))
    assert path == refused.value.errors[0][0]
