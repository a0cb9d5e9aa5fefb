"""One body is one moment: the order of the alerts in it changes nothing."""

from datetime import timedelta
from itertools import permutations

import pytest

from ledger.domain.alert import Signal
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from tests.unit.execute.desk import NOON, Desk

HOUR = timedelta(hours=1)


def incidents(desk: Desk) -> list[IncidentDetected]:
    return [e.event for e in desk.events() if isinstance(e.event, IncidentDetected)]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_what_goes_on_is_heard_of_before_it_is_asked_where_a_new_alert_belongs(
    desk: Desk, order: tuple[int, ...]
) -> None:
    """A new pod of a problem whose other pod fires, named before it in the same body."""
    desk.take(desk.signal("pod-1"), desk.signal("pod-2"))
    desk.pass_time(hours=12)
    desk.take(desk.signal("pod-2", "resolved"))
    desk.pass_time(hours=12)
    body = [
        desk.signal("pod-1", starts_at=NOON),
        desk.signal("pod-3"),
        desk.signal("pod-2", "resolved"),
    ]

    desk.take(*(body[n] for n in order))

    assert 1 == len(incidents(desk))


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_an_end_and_a_beginning_in_one_body_are_one_problem_that_goes_on(
    desk: Desk, order: tuple[int, ...]
) -> None:
    desk.take(desk.signal("a"))
    desk.pass_time(hours=3)
    body = [
        desk.signal("a", "resolved", starts_at=NOON, ends_at=NOON + 2.5 * HOUR),
        desk.signal("b"),
        desk.signal("c", starts_at=NOON + 2 * HOUR),
    ]

    desk.take(*(body[n] for n in order))

    assert 1 == len(incidents(desk))
    links = [e.event for e in desk.events() if isinstance(e.event, AlertLinked)]
    assert [NOON, NOON + 2 * HOUR, NOON + 3 * HOUR] == [link.at for link in links]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_alert_that_began_first_opens_the_incident_of_a_body(desk: Desk, reverse: bool) -> None:
    body = [desk.signal(key, starts_at=NOON - n * HOUR) for n, key in enumerate("abc", start=1)]

    desk.take(*(reversed(body) if reverse else body))

    [detected] = incidents(desk)
    assert (NOON - 3 * HOUR, "c is down") == (detected.at, detected.title)


def test_a_body_that_names_a_key_twice_keeps_its_order(desk: Desk) -> None:
    def body(*statuses: str) -> list[Signal]:
        return [desk.signal("a", status) for status in statuses]

    desk.take(*body("firing", "resolved"))
    assert ["alert.fired.v1", "alert.resolved.v1"] == [
        name for kind, name in desk.told() if kind == "alert"
    ]
    desk.pass_time(hours=3)
    desk.take(*body("firing", "resolved", "firing"))
    assert 2 == len(incidents(desk))
    assert "alert.fired.v1" == [name for kind, name in desk.told() if kind == "alert"][-1]
