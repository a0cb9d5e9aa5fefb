"""A command's fields as they are typed."""

from datetime import UTC, datetime

from consumers.cli.arguments import parse_body
from ledger.domain.incident.commands import Contain, Report

LATE = "2026-11-30T23:59:59.9999996Z"
CUT = datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC)


def test_digits_of_a_typed_time_beyond_the_microsecond_are_cut() -> None:
    assert CUT == parse_body(Contain, {"action": "Off", "at": LATE}).at
    report = parse_body(Report, {"title": LATE, "system": "chat", "impact_ended_at": LATE})
    assert (LATE, CUT) == (report.title, report.impact_ended_at)
