"""Months and due times as decisions write them, in several zones and over changes of the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.domain.incident import commands as c
from ledger.domain.incident.events import Amended, IncidentDetected
from ledger.policy import Policy
from tests.unit.domain.story import detected, given, policy_with
from tests.unit.domain.world import World, fires

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def in_zone(name: str) -> Policy:
    return policy_with('zone = "UTC"', f'zone = "{name}"')


def reported(policy: Policy, at: datetime) -> IncidentDetected:
    """What a report of an incident that was detected then comes to."""
    report = c.Report(title="It leaks", system="chat", detected_at=at)
    (event,) = given().when(report, now=at + HOUR, policy=policy).decided()
    assert isinstance(event, IncidentDetected)
    return event


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "first", "month"),
    [
        ("Pacific/Kiritimati", "2026-03-31T10:00Z", "2026-04"),  # UTC+14
        ("Pacific/Niue", "2026-04-01T11:00Z", "2026-04"),  # UTC-11
        ("Asia/Kolkata", "2026-03-31T18:30Z", "2026-04"),  # UTC+5:30
        ("Europe/Berlin", "2026-02-28T23:00Z", "2026-03"),  # UTC+1, and +2 at the month's end
        ("Europe/Berlin", "2026-03-31T22:00Z", "2026-04"),
        ("Europe/Berlin", "2026-10-31T23:00Z", "2026-11"),
        ("America/St_Johns", "2026-03-01T03:30Z", "2026-03"),  # UTC-3:30
        ("America/St_Johns", "2026-11-01T02:30Z", "2026-11"),  # UTC-2:30, the day it changes
        ("America/St_Johns", "2026-12-01T03:30Z", "2026-12"),
        ("Pacific/Kiritimati", "2025-12-31T10:00Z", "2026-01"),
        ("Pacific/Niue", "2026-01-01T11:00Z", "2026-01"),
    ],
)
def test_a_month_begins_at_midnight_of_the_policys_zone(zone: str, first: str, month: str) -> None:
    begins = utc(first)
    policy = in_zone(zone)
    last = reported(policy, begins - INSTANT).month
    assert month == reported(policy, begins).month
    assert last < month


@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        ("Pacific/Kiritimati", "2028-02-28T10:00Z", "2028-02"),  # the 29th begins there
        ("Pacific/Kiritimati", "2028-02-29T10:00Z", "2028-03"),
        ("Pacific/Niue", "2028-03-01T10:59:59Z", "2028-02"),  # the 29th ends there
        ("Pacific/Niue", "2028-03-01T11:00Z", "2028-03"),
        ("UTC", "2028-02-29T23:59:59Z", "2028-02"),
        ("Asia/Kolkata", "2027-02-28T18:30Z", "2027-03"),  # no leap year
        ("Asia/Kolkata", "2028-02-28T18:30Z", "2028-02"),
    ],
)
def test_a_leap_day_is_of_february(zone: str, at: str, month: str) -> None:
    assert month == reported(in_zone(zone), utc(at)).month


def test_one_instant_is_of_three_days_and_two_months_around_the_world() -> None:
    at = utc("2026-03-31T10:30Z")
    zones = ("Pacific/Niue", "UTC", "Pacific/Kiritimati")
    months = [reported(in_zone(zone), at).month for zone in zones]
    assert ["2026-03", "2026-03", "2026-04"] == months


@pytest.mark.parametrize(
    ("zone", "at", "due"),
    [
        # Local noon to local 13:00: the day has 23 hours.
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),
        # Local noon to local 11:00: the day has 25 hours.
        ("Europe/Berlin", "2026-10-24T12:00+02:00", "2026-10-25T11:00+01:00"),
        ("America/St_Johns", "2026-03-07T12:00-03:30", "2026-03-08T13:00-02:30"),
        ("America/St_Johns", "2026-10-31T12:00-02:30", "2026-11-01T11:00-03:30"),
        # 2:30 comes twice that night; each has its own due time.
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-26T01:30+01:00"),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-26T02:30+01:00"),
        ("UTC", "2028-02-28T12:00Z", "2028-02-29T12:00Z"),
        ("UTC", "2027-02-28T12:00Z", "2027-03-01T12:00Z"),
    ],
)
def test_the_rca_is_due_24_elapsed_hours_after_detection_whatever_clocks_do(
    zone: str, at: str, due: str
) -> None:
    event = reported(in_zone(zone), datetime.fromisoformat(at))
    assert (utc(due), utc(due) - 4 * HOUR) == (event.rca_due, event.at_risk_at)
    assert 24 * HOUR == event.rca_due - event.at


def test_an_alert_is_counted_in_the_month_of_its_start_in_the_zone() -> None:
    world = World(in_zone("Asia/Kolkata"))
    starts = utc("2026-03-31T18:29:59Z")
    incident = world.opened(fires(starts_at=starts), starts + HOUR)
    assert "2026-03" == world.incident(incident).month


def test_another_zone_moves_what_is_detected_later_and_nothing_before() -> None:
    at = utc("2026-03-31T20:00Z")
    world = World()
    before = world.opened(fires("a"), at)
    world.policy = in_zone("Asia/Kolkata")
    after = world.opened(fires("b", labels={"alertname": "Other", "severity": "page"}), at)
    assert ("2026-03", "2026-04") == (world.incident(before).month, world.incident(after).month)


KOLKATA = in_zone("Asia/Kolkata")
EVENING = utc("2026-03-31T20:00Z")
PAST = detected(at=EVENING, rca_due=EVENING + 24 * HOUR, at_risk_at=EVENING + 20 * HOUR)


def amended(field: str, to: str, policy: Policy) -> Amended:
    amend = c.Amend(field=field, to=to, reason="Seen in the logs")
    (event,) = given(PAST).when(amend, now=EVENING + 2 * HOUR, policy=policy).decided()
    assert isinstance(event, Amended)
    return event


def test_an_amended_detection_is_counted_by_the_zone_in_force_then() -> None:
    moved = amended("detected_at", "2026-03-31T19:00:00Z", KOLKATA)
    assert ("2026-04", EVENING + 23 * HOUR) == (moved.month, moved.rca_due)


@pytest.mark.parametrize(("field", "to"), [("system", "search"), ("severity", "low")])
def test_amending_anything_else_keeps_month_and_due_times(field: str, to: str) -> None:
    shorter = policy_with('due_after = "PT24H"', 'due_after = "PT12H"')
    for policy in (KOLKATA, shorter):
        kept = amended(field, to, policy)
        assert (PAST.month, PAST.rca_due, PAST.at_risk_at) == (
            kept.month,
            kept.rca_due,
            kept.at_risk_at,
        )
