"""Times as people write them: a strict set of forms, in a zone, with its gaps and repeats."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from consumers.cli.arguments import parse_body
from consumers.cli.times import Times
from ledger.domain.incident.commands import Amend, Contain
from ledger.errors import Invalid
from tests.unit.cli.conftest import Run

NOW = datetime(2026, 11, 29, 16, 51, 30, tzinfo=UTC)
BERLIN = Times(ZoneInfo("Europe/Berlin"), lambda: NOW)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("17:51", "2026-11-29T16:51:00+00:00"),
        ("9:05:07", "2026-11-29T08:05:07+00:00"),
        ("today 00:00", "2026-11-28T23:00:00+00:00"),
        ("yesterday 14:00", "2026-11-28T13:00:00+00:00"),
        ("Yesterday  14:00", "2026-11-28T13:00:00+00:00"),
        ("now", "2026-11-29T16:51:30+00:00"),
        ("10 minutes ago", "2026-11-29T16:41:30+00:00"),
        ("10min ago", "2026-11-29T16:41:30+00:00"),
        ("90 s ago", "2026-11-29T16:50:00+00:00"),
        ("an hour ago", "2026-11-29T15:51:30+00:00"),
        ("2 days ago", "2026-11-27T16:51:30+00:00"),
        ("2026-07-01 09:30", "2026-07-01T07:30:00+00:00"),
        ("2026-07-01T09:30:15.25", "2026-07-01T07:30:15.250000+00:00"),
        ("2026-11-01", "2026-10-31T23:00:00+00:00"),
        ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00+00:00"),
        ("2026-11-23t09:30:00-05:00", "2026-11-23T14:30:00+00:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, utc: str) -> None:
    assert utc == BERLIN.parse("--at", text).astimezone(UTC).isoformat()


def test_the_end_of_a_day_is_its_last_microsecond() -> None:
    end = BERLIN.parse("--to", "2026-11-01", ends=True)

    assert "2026-11-01T22:59:59.999999+00:00" == end.astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    "text",
    ["", "noon", "yesterday", "24:00", "17:60", "17", "1751", "10 minutes", "in 10 minutes",
     "2026-13-01 10:00", "2026-02-30", "01/02/2026 10:00", "next monday", "17:51 tomorrow",
     "9999999 days ago", "999999 days ago", "17:51 CET", "٣ minutes ago"],
)  # fmt: skip
def test_what_is_no_such_form_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(Invalid, match=r"--at .* is invalid: .*Write it as 17:51, yesterday 14:00"):
        BERLIN.parse("--at", text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-10-25 02:30", "comes twice, for the clocks go back then in Europe/Berlin"),
        ("2026-03-29 02:30", "does not exist, for the clocks go forward then in Europe/Berlin"),
    ],
)
def test_a_local_time_that_is_no_single_instant_is_refused(text: str, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        BERLIN.parse("--at", text)

    assert why in str(caught.value)
    assert f"such as {text.replace(' ', 'T')}:00+0" in str(caught.value)


def test_the_systems_zone_has_gaps_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        system = Times(None, lambda: NOW)
        read = system.parse("--at", "2026-07-01 09:30").astimezone(UTC)
        with pytest.raises(Invalid, match="comes twice"):
            system.parse("--at", "2026-11-01 01:30")
        with pytest.raises(Invalid, match="does not exist"):
            system.parse("--at", "2026-03-08 02:30")
    time.tzset()

    assert datetime(2026, 7, 1, 13, 30, tzinfo=UTC) == read


def test_what_was_understood_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    command = parse_body(Contain, {"action": "Off", "at": "17:51"}, BERLIN)

    assert datetime(2026, 11, 29, 16, 51, tzinfo=UTC) == command.at
    said = "airledger: --at '17:51' is 2026-11-29 17:51:00 CET (2026-11-29T16:51:00Z).\n"
    assert ("", said) == capsys.readouterr()


def test_a_time_with_its_offset_needs_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    parse_body(Contain, {"action": "Off", "at": "2026-11-23T09:30:00Z"}, BERLIN)

    assert ("", "") == capsys.readouterr()


def test_a_corrected_time_is_read_as_well_and_a_corrected_text_is_not() -> None:
    given = {"field": "detected_at", "to": "yesterday 14:00", "reason": "R"}
    title = {"field": "title", "to": "17:51", "reason": "R"}

    assert "2026-11-28T13:00:00+00:00" == parse_body(Amend, given, BERLIN).to
    assert "17:51" == parse_body(Amend, title, BERLIN).to
    for field in ("contain.at", "communicate.17.at"):
        of_event = given | {"field": field}
        assert "2026-11-28T13:00:00+00:00" == parse_body(Amend, of_event, BERLIN).to


def test_times_are_read_and_shown_in_the_zone_that_is_named(run: Run, ref: str) -> None:
    report = ("incident", "report", "--title", "T", "--system", "s")
    in_tokyo = ("--tz", "Asia/Tokyo")
    detected = ("--detected-at", "2026-11-20 00:30")

    made = run(*report, *detected, *in_tokyo, "--json")
    shown = run("incident", "show", made.json["reference"], *in_tokyo)

    assert "2026-11-19T15:30:00.000000Z" == made.json["detected_at"]
    assert "2026-11-20 00:30:00 JST" in made.err
    assert "2026-11-20 00:30 JST" in shown.out
    assert "(Asia/Tokyo)" in run("incidents", *in_tokyo).out
    assert "2026-11-19 15:30 UTC" in run("incident", "show", made.json["reference"]).out


def test_a_zone_that_is_none_is_refused(run: Run) -> None:
    ended = run("incidents", "--tz", "Berlin")

    assert 2 == ended.status
    assert "must be a zone of the time zone database, as Europe/Berlin" in ended.err


def test_a_time_ahead_is_refused_by_the_domain(run: Run, ref: str) -> None:
    ended = run("incident", "contain", ref, "Off", "--at", "2096-01-01 10:00")

    assert 1 == ended.status
    assert "(rule: not_in_the_future)" in ended.err
