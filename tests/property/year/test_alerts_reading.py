"""The naive reading of alerts and incidents finds what is wrong in a log."""

from collections.abc import Iterator
from dataclasses import replace as but
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.domain import alert as a
from ledger.domain.envelope import Event, Recorded
from ledger.domain.incident import events as e
from tests.property.year import alerts, incidents, meanings
from tests.property.year import steps as s
from tests.property.year.audit import audit
from tests.property.year.impact import Impact
from tests.property.year.simulation import Town, town
from tests.property.year.terms import Terms

START = datetime(2028, 6, 15, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = Impact(ended=START)


def said(key: str, status: str = "firing", **more: object) -> s.Hear:
    return s.Hear(0, "am", (s.Said(key, status, **more),))  # type: ignore[arg-type]


LIFE = (
    said("a", starts=s.Ago(3 * DAY)),
    said("c"),
    said("c", severity="critical"),
    said("d"),
    said("d", severity="page"),
    s.Hear(1, "pd", (s.Said("e", "firing"),)),
    s.Wait(40 * HOUR),
    s.Run("act"),
    said("a", "resolved", ends=s.Ago(30 * HOUR)),
    s.Do(0, 1, "settle", "It does no more harm"),
    said("c", severity="critical"),
    said("d", severity="page"),
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Old, escalated, silent, ended late, and heard of again after a close."""
    with town(tmp_path_factory.mktemp("lived"), START, Terms()) as opened:
        opened.live(LIFE)
        audit(opened)
        yield opened


def place_of(log: list[Recorded], kind: type[Event], number: int = 0) -> int:
    return [n for n, each in enumerate(log) if isinstance(each.event, kind)][number]


def planted(log: list[Recorded], kind: type[Event], number: int = 0, **fault: object) -> int:
    """Puts a fault into an event of a type; its place."""
    at = place_of(log, kind, number)
    log[at] = replace(log[at], event=replace(log[at].event, **fault))
    return at


def test_the_incidents_are_as_a_reader_of_the_rules_expects(lived: Town) -> None:
    found = [
        (row["system"], row["status"], row["severity"], row["impact"], row["alerts_firing"])
        for row in incidents.rows(lived.log()).values()
    ]
    assert [
        ("chat", "open", "critical", "ongoing", 1),
        ("search", "closed", "low", "ended", 0),
        ("rank", "open", None, "ongoing", 1),
        ("search", "open", "critical", "ongoing", 1),
    ] == found
    first = next(iter(incidents.read(lived.log()).values()))
    assert (START - 3 * DAY, START - 6 * HOUR) == (first.started, first.detected)
    assert START + 10 * HOUR == first.impact.ended


@pytest.mark.parametrize(
    ("kind", "number", "fault"),
    [
        (a.AlertFired, 0, {"at": START}),
        (a.AlertResolved, 0, {"at": START}),
        (e.IncidentDetected, 0, {"at": START - 3 * DAY}),
        (e.IncidentDetected, 0, {"at": START}),
        (e.IncidentDetected, 1, {"severity": "critical"}),
        (e.AlertLinked, 1, {"at": START - HOUR}),
        (e.Amended, 0, {"to": "low"}),
        (e.LinkedAlertResolved, 0, {"basis": "resolved"}),
    ],
)
def test_a_signal_that_came_to_something_else_is_found(
    lived: Town, kind: type[Event], number: int, fault: dict[str, object]
) -> None:
    log = lived.log()
    assert [] == meanings.wrong_signals(log, lived.heard)
    if kind is e.LinkedAlertResolved:
        number = next(
            n
            for n in range(len(log))
            if log[place_of(log, kind, n)].event.basis == "moved"  # type: ignore[attr-defined]
        )
    planted(log, kind, number, **fault)
    assert [] != meanings.wrong_signals(log, lived.heard)


def test_a_body_that_came_to_nothing_or_to_more_is_found(lived: Town) -> None:
    log, (first, *others) = lived.log(), lived.heard
    for after in (first.before, first.after + 1):
        heard = [first._replace(after=after), *others]
        assert 1 == len(meanings.wrong_signals(log, heard))


def test_an_episode_that_bears_on_no_incident_or_on_two_is_found(lived: Town) -> None:
    log = lived.log()
    assert [] == alerts.wrong_impact(log)
    moved = [
        n
        for n, each in enumerate(log)
        if isinstance(each.event, e.LinkedAlertResolved) and each.event.basis == "moved"
    ]
    assert [] != alerts.wrong_impact(log[: moved[-1]] + log[moved[-1] + 1 :])
    ended = replace(log[moved[-1]], stream=f"incident/{_last_incident(log)}")
    assert [] != alerts.wrong_impact([*log, ended])


def _last_incident(log: list[Recorded]) -> str:
    return list(incidents.read(log))[-1]


def test_a_mark_on_a_source_that_sends_once_is_found(lived: Town) -> None:
    log = lived.log()
    fired = next(
        each
        for each in log
        if isinstance(each.event, a.AlertFired) and each.event.alert.source == "pd"
    )
    stale = a.AlertStale(at=START + 12 * HOUR, last_heard_at=START)
    mark = replace(log[-1], stream=fired.stream, event=stale, leaf=len(log))
    assert [] == alerts.wrong_staleness(log, lived.heard, lived.now)
    assert [] != alerts.wrong_staleness([*log, mark], lived.heard, lived.now)


MARKED = (START, START + 36 * HOUR)


@pytest.mark.parametrize(
    ("impact", "state", "over"),
    [
        (Impact(), "ongoing", None),
        (OLD, "ended", START),
        (Impact(firing={"a"}, ended=START), "ongoing", None),
        (Impact(stale={"a": MARKED}), "unknown", START + 36 * HOUR),
        (Impact(stale={"a": MARKED}, ended=START + 40 * HOUR), "unknown", START + 40 * HOUR),
        (Impact(firing={"a"}, resolved=START), "ended", START),
    ],
)
def test_impact_goes_on_is_unknown_or_is_over_since(
    impact: Impact, state: str, over: datetime | None
) -> None:
    assert (state, over) == (impact.state, impact.over_since)


@pytest.mark.parametrize(
    ("one", "other", "state", "end"),
    [
        (OLD, Impact(ended=START + HOUR), "ended", START + HOUR),
        (OLD, Impact(resolved=START + HOUR), "ended", START + HOUR),
        (OLD, Impact(), "ongoing", None),
        (OLD, Impact(firing={"a"}), "ongoing", None),
        (OLD, Impact(stale={"a": MARKED}), "unknown", None),
        (Impact(firing={"b"}, resolved=START), Impact(firing={"a"}), "ongoing", None),
    ],
)
def test_the_worse_impact_of_two_is_that_of_both(
    one: Impact, other: Impact, state: str, end: datetime | None
) -> None:
    for target, source in ((one, other), (other, one)):
        whole = but(target, firing=set(target.firing), stale=dict(target.stale))
        whole.absorb(source)
        assert (state, end) == (whole.state, whole.end)
