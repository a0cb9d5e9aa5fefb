"""Which optional keys a policy lacks: generic over the policy's types."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from ledger.policy import Alerts, Policy, Rule, absent_keys, shipped
from ledger.policy.absent import WITHOUT


class LaterAlerts(Alerts, frozen=True, kw_only=True):
    """With keys that a later program knows."""

    wait: timedelta | None = None
    by_team: Mapping[str, timedelta] = {}


class Paging(Alerts, frozen=True, kw_only=True):
    """A table of its own."""


class Later(Policy, frozen=True, kw_only=True):
    """A policy of a later program."""

    alerts: LaterAlerts
    paging: Paging | None = None


@pytest.fixture
def text() -> str:
    """A policy of before."""
    return shipped()


def paths(text: str, kind: type[Policy] = Later) -> list[str]:
    own = {key.path for key in absent_keys(text, Policy)}
    return [key.path for key in absent_keys(text, kind) if key.path not in own]


def test_the_policy_as_shipped_lacks_nothing() -> None:
    assert () == absent_keys(shipped())


def test_a_policy_of_before_lacks_what_a_later_program_added(text: str) -> None:
    assert ["alerts.wait", "alerts.by_team", "paging"] == paths(text)


def test_a_key_that_is_there_is_not_absent_whatever_it_says(text: str) -> None:
    later = text.replace("[alerts]", '[alerts]\nwait = "PT1S"\nby_team = {}', 1)

    assert ["paging"] == paths(later)


def test_a_table_that_is_absent_counts_as_one_key_and_what_a_rule_may_say_as_none(
    text: str,
) -> None:
    found = paths(text)

    assert "paging" in found
    assert not [path for path in found if path.startswith(("paging.", "rules", "severities"))]
    assert Rule.__struct_defaults__


def test_each_key_comes_with_what_the_program_does_without_it(text: str) -> None:
    assert {"the program does what it did before it knew the key"} == {
        key.without for key in absent_keys(text, Later) if key.path not in WITHOUT
    }
    assert all(not each.endswith(".") for each in WITHOUT.values())
