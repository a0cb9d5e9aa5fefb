"""What a signal means for its alert alone, by where the alert stands."""

from datetime import datetime, timedelta

import pytest

from ledger.domain.alert import Alert, AlertDetails, AlertLateRecorded, Sender, evolve
from ledger.domain.alert.decide import SignalClassification, classify_signal, start_of
from tests.unit.domain.story import NOW
from tests.unit.domain.world import PEER, ends, fires, minutes, signal

LATE_COPY = timedelta(seconds=60)
SENDER = Sender(external_url="http://peer-a")

UNSEEN = Alert()
FIRING = Alert(firing=True, started_at=minutes(-30), last_arrived_at=minutes(-30))
STALE = Alert(firing=True, stale=True, started_at=minutes(-900), last_arrived_at=minutes(-900))
RENEWED = Alert(firing=True, stale=True, started_at=minutes(-900), last_arrived_at=minutes(-30))
ENDED = Alert(
    started_at=minutes(-30),
    ended_at=minutes(-1),
    end_arrived_at=minutes(-0.5),
    end_sender=SENDER,
    last_arrived_at=minutes(-0.5),
)
ENDED_UNSEEN = Alert(
    ended_at=minutes(-1),
    end_arrived_at=minutes(-0.5),
    end_sender=SENDER,
    last_arrived_at=minutes(-0.5),
)


@pytest.mark.parametrize(
    ("state", "status", "starts_at", "sender", "expected"),
    [
        pytest.param(UNSEEN, "firing", -5, SENDER, SignalClassification.FIRES, id="first firing"),
        pytest.param(
            UNSEEN, "firing", None, SENDER, SignalClassification.FIRES, id="first, no startsAt"
        ),
        pytest.param(
            UNSEEN, "firing", 5, SENDER, SignalClassification.FIRES, id="first, from the future"
        ),
        pytest.param(FIRING, "firing", -30, SENDER, SignalClassification.REPEAT, id="repeat"),
        pytest.param(
            FIRING, "firing", -30, PEER, SignalClassification.REPEAT, id="repeat from a peer"
        ),
        pytest.param(
            FIRING, "firing", -1, SENDER, SignalClassification.REPEAT, id="startsAt moved forward"
        ),
        pytest.param(
            FIRING, "firing", -99, SENDER, SignalClassification.REPEAT, id="startsAt moved back"
        ),
        pytest.param(STALE, "firing", -900, SENDER, SignalClassification.HEARD, id="stale, heard"),
        pytest.param(
            STALE, "firing", -1, SENDER, SignalClassification.HEARD, id="stale, heard, moved"
        ),
        pytest.param(FIRING, "resolved", -30, SENDER, SignalClassification.RESOLVES, id="resolved"),
        pytest.param(
            FIRING, "resolved", -1, PEER, SignalClassification.RESOLVES, id="resolved, a flap's"
        ),
        pytest.param(
            STALE, "resolved", -900, SENDER, SignalClassification.RESOLVES, id="stale, resolved"
        ),
        pytest.param(
            UNSEEN, "resolved", -5, SENDER, SignalClassification.RESOLVES_UNSEEN, id="never seen"
        ),
        pytest.param(
            ENDED, "resolved", -30, SENDER, SignalClassification.REPEAT, id="resolved after the end"
        ),
        pytest.param(
            ENDED_UNSEEN, "resolved", -5, PEER, SignalClassification.REPEAT, id="unseen end again"
        ),
        pytest.param(
            ENDED, "firing", -30, PEER, SignalClassification.REPEAT, id="a peer's late copy"
        ),
        pytest.param(
            ENDED,
            "firing",
            -1,
            PEER,
            SignalClassification.REPEAT,
            id="late copy, starts at the end",
        ),
        pytest.param(
            ENDED, "firing", None, PEER, SignalClassification.REPEAT, id="late copy, no startsAt"
        ),
        pytest.param(
            ENDED, "firing", -30, SENDER, SignalClassification.FIRES, id="the same sender: news"
        ),
        pytest.param(
            ENDED, "firing", -0.5, PEER, SignalClassification.FIRES, id="starts after the end: news"
        ),
        pytest.param(
            ENDED_UNSEEN,
            "firing",
            -30,
            PEER,
            SignalClassification.REPEAT,
            id="late copy, unseen end",
        ),
        pytest.param(
            ENDED_UNSEEN, "firing", -30, SENDER, SignalClassification.FIRES, id="news, unseen end"
        ),
        pytest.param(
            UNSEEN, "acknowledged", -5, SENDER, SignalClassification.REPEAT, id="seen, never fired"
        ),
        pytest.param(
            FIRING, "acknowledged", -5, PEER, SignalClassification.REPEAT, id="seen while open"
        ),
        pytest.param(
            STALE, "acknowledged", None, SENDER, SignalClassification.HEARD, id="seen while stale"
        ),
        pytest.param(
            ENDED,
            "acknowledged",
            -0.5,
            SENDER,
            SignalClassification.REPEAT,
            id="seen after the end",
        ),
    ],
)
def test_a_signal_means_what_the_alert_s_state_makes_of_it(
    state: Alert,
    status: str,
    starts_at: float | None,
    sender: Sender,
    expected: SignalClassification,
) -> None:
    starts = None if starts_at is None else minutes(starts_at)
    given = signal("a", status, starts_at=starts, sender=sender)
    meant = classify_signal(given, state, arrived_at=NOW, late_copy=LATE_COPY, retried=False)
    assert expected is meant


@pytest.mark.parametrize(
    ("after_the_end", "expected"),
    [
        pytest.param(timedelta(0), SignalClassification.REPEAT, id="at once"),
        pytest.param(LATE_COPY, SignalClassification.REPEAT, id="at the last moment"),
        pytest.param(
            LATE_COPY + timedelta(microseconds=1), SignalClassification.FIRES, id="too late"
        ),
        pytest.param(
            -LATE_COPY, SignalClassification.REPEAT, id="before the end, by another door's clock"
        ),
        pytest.param(
            -LATE_COPY - timedelta(microseconds=1), SignalClassification.FIRES, id="long before"
        ),
    ],
)
def test_a_peer_s_copy_is_late_for_as_long_as_the_policy_says_after_the_end_arrived(
    after_the_end: timedelta, expected: SignalClassification
) -> None:
    assert ENDED.end_arrived_at is not None
    arrived_at = ENDED.end_arrived_at + after_the_end
    copy = fires(starts_at=minutes(-30), sender=PEER)
    meant = classify_signal(copy, ENDED, arrived_at=arrived_at, late_copy=LATE_COPY, retried=False)
    assert expected is meant


@pytest.mark.parametrize(
    ("starts_at", "arrived_at", "expected"),
    [
        pytest.param(-30, -0.6, SignalClassification.REPEAT, id="arrived before the end did"),
        pytest.param(None, -0.6, SignalClassification.REPEAT, id="the same, no startsAt"),
        pytest.param(-30, -0.5, SignalClassification.FIRES, id="arrived with the end"),
        pytest.param(-0.8, -0.6, SignalClassification.FIRES, id="began after the end"),
    ],
)
def test_a_firing_that_waited_behind_its_end_at_another_door_opens_nothing(
    starts_at: float | None, arrived_at: float, expected: SignalClassification
) -> None:
    copy = fires(starts_at=None if starts_at is None else minutes(starts_at), sender=SENDER)
    meant = classify_signal(
        copy, ENDED, arrived_at=minutes(arrived_at), late_copy=LATE_COPY, retried=False
    )
    assert expected is meant


@pytest.mark.parametrize(
    ("ends_at", "arrived_at", "expected"),
    [
        pytest.param(-31, -30.1, SignalClassification.REPEAT, id="ended before, arrived before"),
        pytest.param(
            -30, -30.1, SignalClassification.REPEAT, id="ended as it began, arrived before"
        ),
        pytest.param(-31, -30, SignalClassification.RESOLVES, id="arrived with it"),
        pytest.param(-31, -1, SignalClassification.RESOLVES, id="arrived after it"),
        pytest.param(-29, -30.1, SignalClassification.RESOLVES, id="ended after it began"),
        pytest.param(None, -30.1, SignalClassification.RESOLVES, id="no endsAt"),
    ],
)
def test_an_end_that_waited_behind_the_next_firing_at_another_door_ends_nothing(
    ends_at: float | None, arrived_at: float, expected: SignalClassification
) -> None:
    end = ends(ends_at=None if ends_at is None else minutes(ends_at))
    meant = classify_signal(
        end, FIRING, arrived_at=minutes(arrived_at), late_copy=LATE_COPY, retried=False
    )
    assert expected is meant


@pytest.mark.parametrize(
    "other",
    [
        Sender(external_url="http://peer-b"),
        Sender(external_url="http://peer-a", receiver="second"),
        Sender(external_url="http://peer-a", group_key="{}:{alertname='x'}"),
    ],
)
def test_senders_differ_by_url_receiver_or_group_key(other: Sender) -> None:
    copy = fires(starts_at=minutes(-30), sender=other)
    meant = classify_signal(copy, ENDED, arrived_at=NOW, late_copy=LATE_COPY, retried=False)
    assert SignalClassification.REPEAT is meant


@pytest.mark.parametrize(
    ("state", "status", "retried", "expected"),
    [
        pytest.param(
            FIRING, "firing", True, SignalClassification.LATE, id="firing behind a firing"
        ),
        pytest.param(
            FIRING, "resolved", True, SignalClassification.LATE, id="an end behind a firing"
        ),
        pytest.param(ENDED, "firing", True, SignalClassification.LATE, id="firing behind an end"),
        pytest.param(ENDED, "resolved", True, SignalClassification.LATE, id="an end behind an end"),
        pytest.param(
            UNSEEN,
            "firing",
            True,
            SignalClassification.FIRES,
            id="nothing later: as if it came then",
        ),
        pytest.param(
            UNSEEN,
            "resolved",
            True,
            SignalClassification.RESOLVES_UNSEEN,
            id="nothing later, an end",
        ),
        pytest.param(
            FIRING, "firing", False, SignalClassification.REPEAT, id="late on the wire, not retried"
        ),
        pytest.param(
            RENEWED, "acknowledged", True, SignalClassification.REPEAT, id="seen long ago"
        ),
    ],
)
def test_a_signal_retried_behind_later_ones_opens_and_ends_nothing(
    state: Alert, status: str, retried: bool, expected: SignalClassification
) -> None:
    given = signal("a", status)
    meant = classify_signal(
        given, state, arrived_at=minutes(-60), late_copy=LATE_COPY, retried=retried
    )
    assert expected is meant


def test_a_retried_signal_that_arrived_with_the_last_one_is_not_late() -> None:
    assert FIRING.last_arrived_at is not None
    meant = classify_signal(
        ends(), FIRING, arrived_at=FIRING.last_arrived_at, late_copy=LATE_COPY, retried=True
    )
    assert SignalClassification.RESOLVES is meant


@pytest.mark.parametrize(
    ("state", "starts_at", "expected"),
    [
        pytest.param(UNSEEN, minutes(-5), minutes(-5), id="its startsAt"),
        pytest.param(UNSEEN, None, NOW, id="no startsAt: its arrival"),
        pytest.param(UNSEEN, minutes(5), NOW, id="arrived before its startsAt: its arrival"),
        pytest.param(ENDED, minutes(-30), NOW, id="same startsAt after the end: its arrival"),
        pytest.param(ENDED, minutes(-1), NOW, id="startsAt at the end: its arrival"),
        pytest.param(ENDED, None, NOW, id="no startsAt after the end: its arrival"),
        pytest.param(ENDED, minutes(-0.5), minutes(-0.5), id="startsAt after the end"),
        pytest.param(ENDED, minutes(5), NOW, id="startsAt after the end and the arrival"),
    ],
)
def test_an_episode_starts_at_its_startsat_or_at_its_arrival(
    state: Alert, starts_at: datetime | None, expected: datetime
) -> None:
    assert expected == start_of(fires(starts_at=starts_at), state, NOW)


def test_a_late_record_leaves_the_alert_s_state_alone() -> None:
    described = AlertDetails(
        source="main",
        dedup_key="a",
        title="t",
        system="s",
        severity=None,
        labels={},
        annotations={},
    )
    late = AlertLateRecorded(
        at=NOW,
        status="firing",
        alert=described,
        starts_at=None,
        ends_at=None,
        arrived_at=NOW,
        sender=SENDER,
    )
    assert ENDED == evolve(ENDED, late)
