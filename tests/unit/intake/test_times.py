"""Times from outside: digits beyond the microsecond are cut, and an odd one costs no alert."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.intake.formats import alertmanager, grafana, native, pagerduty
from consumers.intake.parsed import EmbeddedCommand
from consumers.json_decoders import decode
from ledger.domain.alert import Signal
from ledger.domain.command import Command
from ledger.domain.incident import Incident, decide, evolve
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import Amended
from ledger.domain.rfc3339 import readable
from ledger.policy import parse_policy, shipped
from ledger.vocabulary import SourceKind
from tests.unit.intake import bodies
from tests.unit.intake.parsing import binary, event, events, incoming, one, why

LATE = "2026-11-30T23:59:59.9999996Z"
CUT = datetime(2026, 11, 30, 23, 59, 59, 999999, tzinfo=UTC)
POLICY = parse_policy(shipped())
ODD = ["2026-11-28T10:00:00", "2026-11-28 10:00 CET", "garbage", 1764324000, 17.5, True, ["x"], {}]


def of_alertmanager(**members: Any) -> Signal:
    alert = bodies.grafana_alert(**members)
    body = bodies.grafana(alert) | {"version": "4"}
    [found] = alertmanager.parse(bodies.incoming(body)).signals
    return found


def of_grafana(**members: Any) -> Signal:
    alert = bodies.grafana_alert(**members)
    [found] = grafana.parse(bodies.incoming(bodies.grafana(alert))).signals
    return found


def of_pagerduty(**members: Any) -> Signal:
    body = bodies.event(payload=bodies.payload(**members))
    [found] = pagerduty.parse(bodies.incoming(body)).signals
    return found


def of_native(**members: Any) -> Signal:
    body = json.dumps({"title": "Down", **members}).encode()
    [found] = native.parse(incoming(body)).signals
    return found


def of_event(**members: Any) -> Signal:
    [found] = one(**members).signals
    return found


def of_data(**members: Any) -> Signal:
    return of_event(data={"title": "Down", **members})


def command_in(**members: Any) -> EmbeddedCommand:
    [found] = one(**members).commands
    return found


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (LATE, "2026-11-30T23:59:59.999999Z"),
        ("2026-11-30t23:59:59.123456789z", "2026-11-30t23:59:59.123456z"),
        ("2026-11-30 23:59:59.1234567+05:30", "2026-11-30 23:59:59.123456+05:30"),
        ("2026-11-30T23:59:59.123456Z", "2026-11-30T23:59:59.123456Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T15:59:60.5-08:00", "2016-12-31T15:59:59.999999-08:00"),
        ("2016-12-30T23:59:60Z", "2016-12-30T23:59:60Z"),
        ("2016-12-31T22:59:60Z", "2016-12-31T22:59:60Z"),
        ("version 1.12345678", "version 1.12345678"),
        ("2026-11-30T23:59:59.9999996Z\n", "2026-11-30T23:59:59.9999996Z\n"),
    ],
)
def test_a_time_is_cut_and_a_leap_second_is_the_end_of_its_month(given: str, read: str) -> None:
    assert read == readable(given)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(lambda: of_alertmanager(startsAt=LATE).starts_at, id="alertmanager"),
        pytest.param(lambda: of_alertmanager(endsAt=LATE).ends_at, id="alertmanager end"),
        pytest.param(lambda: of_grafana(startsAt=LATE).starts_at, id="grafana"),
        pytest.param(lambda: of_grafana(endsAt=LATE).ends_at, id="grafana end"),
        pytest.param(lambda: of_pagerduty(timestamp=LATE).starts_at, id="pagerduty"),
        pytest.param(lambda: of_native(starts_at=LATE).starts_at, id="native"),
        pytest.param(lambda: of_native(ends_at=LATE).ends_at, id="native end"),
        pytest.param(lambda: of_event(time=LATE).starts_at, id="event"),
        pytest.param(lambda: binary(ce_time=LATE).signals[0].starts_at, id="headers"),
        pytest.param(lambda: of_data(starts_at=LATE).starts_at, id="data"),
    ],
)
def test_digits_beyond_the_microsecond_are_cut_in_every_format(
    start: Callable[[], datetime | None],
) -> None:
    assert CUT == start()


def test_a_time_in_escapes_is_cut_as_well() -> None:
    body = b'{"title": "Down", "starts_at": "%b"}' % LATE.replace(".", "\\u002e").encode()
    [found] = native.parse(incoming(body)).signals
    assert CUT == found.starts_at


def test_texts_that_look_like_times_stay_as_they_are() -> None:
    found = of_native(starts_at=LATE, labels={"at": LATE}, annotations={"at": LATE})
    assert (LATE, LATE) == (found.labels["at"], found.annotations["at"])
    alert = of_grafana(startsAt=LATE, annotations={"summary": LATE})
    assert LATE == alert.title


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (c.Report, {"title": "x", "system": "y", "detected_at": LATE}, "detected_at"),
        (c.Report, {"title": "x", "system": "y", "impact_ended_at": LATE}, "impact_ended_at"),
        (c.Contain, {"action": "Off", "at": LATE}, "at"),
    ],
)
def test_the_times_of_commands_are_cut(
    kind: type[Command], body: dict[str, str], field: str
) -> None:
    assert CUT == getattr(decode(kind, json.dumps(body).encode()), field)


def test_the_time_of_a_command_in_an_event_is_cut() -> None:
    given = {"type": "airledger.incident.contain", "subject": "k"}
    late = LATE.replace("2026-11-30", "2026-11-22")
    assert CUT.replace(day=22) == command_in(**given, time=late, data={"action": "Off"}).command.at  # type: ignore[attr-defined]
    said = {"action": "Off", "at": LATE}
    assert CUT == command_in(**given, data=said).command.at  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("field", "to"),
    [("detected_at", "2026-11-30T23:59:59.999999Z"), ("title", LATE)],
)
def test_an_amendments_time_is_cut_and_its_texts_are_not(field: str, to: str) -> None:
    after = CUT + timedelta(hours=1)
    report = c.Report(title="Old", system="chat", detected_at=CUT - timedelta(hours=1))
    [detected] = decide(report, Incident(), POLICY, after)
    amend = c.Amend(field=field, to=LATE, reason="Seen")
    [amended] = decide(amend, evolve(Incident(), detected), POLICY, after)
    assert isinstance(amended, Amended)
    assert to == amended.to


def told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("odd", ODD, ids=map(str, ODD))
def test_an_odd_optional_time_is_as_if_absent_and_named(odd: object) -> None:
    found = of_pagerduty(timestamp=odd)
    assert (None, {"payload.timestamp": told(odd)}) == (found.starts_at, found.unread)
    found = of_event(time=odd)
    assert (None, {"time": told(odd)}) == (found.starts_at, found.unread)
    found = of_native(starts_at=odd, ends_at=odd)
    assert (None, None) == (found.starts_at, found.ends_at)
    assert {"starts_at": told(odd), "ends_at": told(odd)} == found.unread
    found = of_data(starts_at=odd, ends_at=odd)
    assert {"data.starts_at": told(odd), "data.ends_at": told(odd)} == found.unread
    found = of_alertmanager(endsAt=odd)
    assert (None, {"endsAt": told(odd)}) == (found.ends_at, found.unread)
    assert {"endsAt": told(odd)} == of_grafana(endsAt=odd).unread


@pytest.mark.parametrize(
    "odd", ["2026-11-28 10:00 CET", "%FF", "caf\xe9", "a\x01b"], ids=["zone", "utf8", "ascii", "x"]
)
def test_an_odd_header_ce_time_costs_no_event(odd: str) -> None:
    [found] = binary(ce_time=odd).signals
    assert (None, {"time": odd}) == (found.starts_at, found.unread)


def test_an_odd_text_is_cut_to_200_characters_and_a_blank_one_says_nothing() -> None:
    assert {"time": "x" * 200} == of_event(time="x" * 5_000).unread
    for blank in ("", "  ", None):
        assert {} == of_native(starts_at=blank).unread
        assert {} == of_pagerduty(timestamp=blank).unread
        assert {} == of_event(time=blank).unread


def test_a_start_that_a_format_requires_is_still_required() -> None:
    for kind, version in ((alertmanager, "4"), (grafana, "1")):
        alert = bodies.grafana_alert(startsAt="2026-11-28 10:00 CET")
        body = bodies.grafana(alert) | {"version": version}
        assert "`$.startsAt`" in why(kind.parse(bodies.incoming(body)))


def test_another_fault_is_told_beside_an_odd_time() -> None:
    body = b'{"title": "Down", "starts_at": "soon", "labels": 7}'
    assert "`$.labels`" in why(native.parse(incoming(body)))


def test_an_odd_time_of_another_action_than_a_trigger_is_not_named() -> None:
    body = bodies.event("resolve", payload=bodies.payload(timestamp="soon"))
    [found] = pagerduty.parse(bodies.incoming(body)).signals
    assert ("Disk is full", {}) == (found.title, found.unread)


def test_a_command_whose_event_has_an_odd_time_is_as_without_one() -> None:
    given = {"type": "airledger.incident.contain", "subject": "k", "data": {"action": "Off"}}
    assert c.Contain(action="Off") == command_in(**given, time="2026-11-28 10:00 CET").command


def test_a_command_whose_own_time_is_odd_is_refused() -> None:
    data = {"action": "Off", "at": "2026-11-28 10:00 CET"}
    given = {"type": "airledger.incident.contain", "subject": "k", "data": data}
    assert "`$.at`" in why(one(**given))


def test_a_signal_names_the_format_that_it_came_in() -> None:
    assert [SourceKind.ALERTMANAGER, SourceKind.GRAFANA, SourceKind.PAGERDUTY] == [
        of_alertmanager().kind,
        of_grafana().kind,
        of_pagerduty().kind,
    ]
    assert (SourceKind.NATIVE, SourceKind.CLOUDEVENTS) == (of_native().kind, of_event().kind)
    [batched] = events(event()).signals
    assert SourceKind.CLOUDEVENTS == batched.kind
