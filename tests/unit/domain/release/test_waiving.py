"""A requirement is waived until a time, or does not apply: a person says so, in a role."""

from datetime import timedelta
from typing import Any

import pytest

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
    person,
    policy_with,
    rule_of,
)

LEAD_ROLE = "governance_lead"


@pytest.fixture
def life() -> Life:
    made = Life()
    made.propose()
    return made


def waive(life: Life, by: Sender = LEAD, **changes: Any) -> tuple[Any, ...]:
    body = {
        "requirement": "fairness",
        "reason": "No groups are known.",
        "control": "Every answer is read.",
        "until": NOW + 30 * DAY,
        "role": LEAD_ROLE,
    }
    return life.tell("2", c.WaiveRequirement(**{**body, **changes}), by)


def exclude(life: Life, requirement: str, by: Sender = LEAD) -> tuple[Any, ...]:
    command = c.ExcludeRequirement(requirement=requirement, reason="It has none.", role=LEAD_ROLE)
    return life.tell("2", command, by)


def test_it_is_waived_with_what_makes_up_for_it_until_a_time(life: Life) -> None:
    waived = e.RequirementWaived(
        at=NOW,
        requirement="fairness",
        reason="No groups are known.",
        control="Every answer is read.",
        until=NOW + 30 * DAY,
        person=LEAD.actor,
        role=LEAD_ROLE,
    )
    assert (waived,) == waive(life)
    found = life.requirement("fairness")
    assert (Verdict.WAIVED, (LEAD.actor,), NOW) == (found.verdict, found.basis, found.as_of)
    life.now += 30 * DAY - timedelta(microseconds=1)
    assert Verdict.WAIVED is life.verdict("fairness")
    life.now += timedelta(microseconds=1)
    assert Verdict.UNDECIDED is life.verdict("fairness")


def test_it_goes_before_what_was_measured_until_it_ends(life: Life) -> None:
    life.measure("2", "demographic parity difference", 0.9)
    assert Verdict.FAIL is life.verdict("fairness")
    waive(life)
    assert Verdict.WAIVED is life.verdict("fairness")
    life.now += 30 * DAY
    assert Verdict.FAIL is life.verdict("fairness")


def test_the_newest_waiver_counts(life: Life) -> None:
    waive(life)
    waive(life, until=NOW + DAY)
    life.now += DAY
    assert Verdict.UNDECIDED is life.verdict("fairness")


def test_once_the_policy_lets_it_be_waived_no_more_it_counts_no_more(life: Life) -> None:
    waive(life)
    own = 'unit = "1", min_n = 20, max_age = "P90D", waivable = true'
    life.policy = policy_with((own, own.removesuffix(", waivable = true")))
    assert Verdict.UNDECIDED is life.verdict("fairness")


def test_it_does_not_apply_as_a_person_approved(life: Life) -> None:
    [excluded] = exclude(life, "safety")
    assert isinstance(excluded, e.RequirementExcluded)
    life.now += 400 * DAY
    assert Verdict.NOT_APPLICABLE is life.verdict("safety")


@pytest.mark.parametrize("until", [NOW, NOW - DAY, NOW + 367 * DAY])
def test_it_ends_and_not_too_late(life: Life, until: Any) -> None:
    assert "waiver_end" == rule_of(lambda: waive(life, until=until))


def test_what_the_policy_does_not_let_be_waived_is_not(life: Life) -> None:
    assert "requirement_not_waivable" == rule_of(lambda: waive(life, requirement="safety"))


def test_a_sign_off_is_signed(life: Life) -> None:
    for act in (
        lambda: waive(life, requirement="product_owner"),
        lambda: exclude(life, "product_owner"),
    ):
        assert "sign_off_is_signed" == rule_of(act)


def test_an_author_waives_nothing(life: Life) -> None:
    assert "author_waives" == rule_of(lambda: waive(life, AUTHOR))
    assert "author_waives" == rule_of(lambda: exclude(life, "safety", AUTHOR))


def test_nor_does_the_deputy_of_an_author(life: Life) -> None:
    deputy = person("person/dora", LEAD_ROLE)._replace(
        deputy_in=frozenset({(LEAD_ROLE, None, AUTHOR.actor)})
    )
    assert "author_waives" == rule_of(lambda: waive(life, deputy))


def test_the_role_is_held_and_named(life: Life) -> None:
    assert "release_role_not_held" == rule_of(lambda: waive(life, OWNER))
    with pytest.raises(Invalid, match="none is named"):
        waive(life, role=None)
    [waived] = waive(life, LEAD._replace(role=LEAD_ROLE), role=None)
    assert LEAD_ROLE == waived.role
    elsewhere = Sender("person/x", frozenset({"person/x"}), roles=frozenset({(LEAD_ROLE, "rag")}))
    assert "release_role_not_held" == rule_of(lambda: waive(life, elsewhere))
