"""What decisions ask of a policy: rule, system, severity, group, month, deadlines, counting."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.policy import UNASSIGNED, Policy, parse_policy, shipped
from ledger.vocabulary import Category, Severity

POLICY = parse_policy(shipped())


def in_zone(name: str) -> Policy:
    return parse_policy(shipped().replace('zone = "UTC"', f'zone = "{name}"'))


def with_rule(rule: str) -> Policy:
    """The shipped policy with a rule before the others."""
    return parse_policy(shipped().replace("[[rules]]", f"[[rules]]\n{rule}\n\n[[rules]]", 1))


OWN_RULE = with_rule(
    """
    name = "leaks"
    match = ['alertname=~"Leak.*"', '{team="privacy"}']
    opens = true
    category = "data_breach"
    severity = "high"
    group_by = ["team", "system"]
    system_labels = ["model"]
    """
)
LEAK = {"alertname": "LeakSeen", "team": "privacy", "model": "m1", "severity": "info"}


def test_the_first_rule_whose_matchers_all_hold_decides() -> None:
    assert "leaks" == OWN_RULE.rule_for(LEAK).name
    assert "recorded-only" == OWN_RULE.rule_for(LEAK | {"team": "x"}).name
    assert Category.DATA_BREACH == OWN_RULE.rule_for(LEAK).category


def test_a_rule_states_severity_system_labels_and_grouping_of_its_own() -> None:
    rule = OWN_RULE.rule_for(LEAK)
    assert Severity.HIGH is OWN_RULE.severity_of(LEAK, rule)
    assert "m1" == OWN_RULE.system_of(LEAK) == OWN_RULE.system_of(LEAK, rule)
    expected = (("team", "privacy"), ("system", "m1"))
    assert expected == OWN_RULE.group_values(rule, LEAK, "m1")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"system": "s", "service": "v", "job": "j"}, "s"),
        ({"service": "v", "job": "j"}, "v"),
        ({"system": "", "service": " ", "job": "j"}, "j"),
        ({"system": ""}, UNASSIGNED),
        ({}, UNASSIGNED),
    ],
)
def test_an_alerts_system_is_the_first_label_with_something_in_it(
    labels: dict[str, str], expected: str
) -> None:
    assert expected == POLICY.system_of(labels)


def test_a_group_has_the_system_that_was_found_and_empty_values_for_missing_labels() -> None:
    labels = {"job": "api"}
    values = POLICY.group_values(POLICY.rule_for(labels), labels, POLICY.system_of(labels))
    assert (("system", "api"), ("alertname", "")) == values


@given(st.dictionaries(st.sampled_from(["severity", "alertname", "system"]), st.text()))
def test_every_alert_has_a_rule_a_system_and_a_group(labels: dict[str, str]) -> None:
    rule = POLICY.rule_for(labels)
    system = POLICY.system_of(labels, rule)
    assert system
    assert ("system", system) == POLICY.group_values(rule, labels, system)[0]


def test_an_incident_without_a_severity_counts_until_it_has_one_that_does_not() -> None:
    listed = 'count_severities = ["critical", "high", "medium", "low"]'
    policy = parse_policy(shipped().replace(listed, 'count_severities = ["critical"]'))
    counted = [policy.counts(severity) for severity in (None, *Severity)]
    assert [True, True, False, False, False] == counted


@pytest.mark.parametrize(
    ("zone", "detected", "expected"),
    [
        ("UTC", "2026-03-31T23:59:59.999999+00:00", "2026-03"),
        ("UTC", "2026-04-01T00:30:00+02:00", "2026-03"),
        ("Europe/Berlin", "2026-03-31T21:59:59+00:00", "2026-03"),  # UTC+2 since the 29th
        ("Europe/Berlin", "2026-03-31T22:00:00+00:00", "2026-04"),
        ("Europe/Berlin", "2026-10-31T22:59:59+00:00", "2026-10"),  # UTC+1 since the 25th
        ("Europe/Berlin", "2026-10-31T23:00:00+00:00", "2026-11"),
        ("America/Los_Angeles", "2026-11-01T06:59:59+00:00", "2026-10"),  # UTC-7 until 9:00
        ("America/Los_Angeles", "2026-11-01T07:00:00+00:00", "2026-11"),
        ("America/Los_Angeles", "2026-12-01T07:59:59+00:00", "2026-11"),
        ("America/Los_Angeles", "2026-12-01T08:00:00+00:00", "2026-12"),
        ("Pacific/Kiritimati", "2025-12-31T10:00:00+00:00", "2026-01"),
        ("America/Los_Angeles", "0001-01-01T00:00:00+00:00", "0001-01"),
        ("Pacific/Kiritimati", "9999-12-31T23:59:59+00:00", "9999-12"),
    ],
)
def test_the_month_is_that_of_the_policys_zone(zone: str, detected: str, expected: str) -> None:
    assert expected == in_zone(zone).month_of(datetime.fromisoformat(detected))


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"])
OFFSETS = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
MOMENTS = st.datetimes(timezones=st.one_of(OFFSETS, st.timezones()))


@given(ZONES, st.integers(1971, 2100), st.integers(1, 12))
def test_a_month_begins_at_local_midnight(zone: str, year: int, month: int) -> None:
    first = datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    policy = in_zone(zone)
    assert f"{year:04}-{month:02}" == policy.month_of(first)
    assert policy.month_of(first) != policy.month_of(first - timedelta(microseconds=1))


@given(ZONES, MOMENTS)
def test_an_instant_is_of_one_month_however_it_is_written(zone: str, moment: datetime) -> None:
    policy = in_zone(zone)
    month = policy.month_of(moment)
    assert (4, "-", 2) == (len(month[:4]), month[4], len(month[5:]))
    if 1 < moment.year < 9999:
        assert month == policy.month_of(moment.astimezone(UTC))


@given(MOMENTS)
def test_deadlines_are_in_utc_after_detection_and_never_fail(moment: datetime) -> None:
    due, at_risk = POLICY.rca_due(moment), POLICY.rca_at_risk_at(moment)
    assert (UTC, UTC) == (due.tzinfo, at_risk.tzinfo)
    assert at_risk <= due
    if 1 < moment.year < 9999:
        assert timedelta(hours=24) == due - moment.astimezone(UTC)
        assert timedelta(hours=20) == at_risk - moment.astimezone(UTC)


def test_the_rca_is_due_after_24_hours_of_elapsed_time_also_when_clocks_change() -> None:
    detected = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert datetime(2026, 3, 29, 11, tzinfo=UTC) == POLICY.rca_due(detected)
    assert datetime(2026, 3, 29, 7, tzinfo=UTC) == POLICY.rca_at_risk_at(detected)


def test_a_deadline_beyond_the_calendar_is_its_end() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert last == POLICY.rca_due(last) == POLICY.rca_due(last.replace(tzinfo=timezone.min))


def test_a_time_without_an_offset_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    for ask in (POLICY.month_of, POLICY.rca_due, POLICY.rca_at_risk_at):
        with pytest.raises(Invalid, match="no offset"):
            ask(naive)
