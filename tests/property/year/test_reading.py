"""The naive reading is no rubber stamp: it finds what is missing, doubled or wrong in a log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.domain.alert import AlertStale
from ledger.domain.envelope import Event, Recorded
from ledger.domain.incident.events import IncidentDetected, RcaAtRisk, RcaOverdue
from ledger.domain.review import ReviewLaunched
from tests.property.year import alerts, counts, rca
from tests.property.year import steps as s
from tests.property.year.audit import audit
from tests.property.year.simulation import Town, town
from tests.property.year.terms import Terms

START = datetime(2028, 2, 29, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIFE = (
    s.Hear(0, "am", (s.Said("a", "firing"),)),
    s.Report(0, "search", None),
    s.Report(1, "chat", "high"),
    s.Report(0, "chat", "low", by="history"),
    s.Wait(30 * HOUR),
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three live incidents whose RCA is overdue, a stale alert and a review of two in a month."""
    with town(
        tmp_path_factory.mktemp("lived"), START, Terms(more_than=1, zone="Pacific/Kiritimati")
    ) as opened:
        opened.live(LIFE)
        audit(opened)
        yield opened


def without(log: list[Recorded], kind: type[Event]) -> list[Recorded]:
    """The log but for the first event of a type."""
    first = next(each for each in log if isinstance(each.event, kind))
    return [each for each in log if each is not first]


def told(log: list[Recorded], kind: type[Event]) -> Recorded:
    return next(each for each in log if isinstance(each.event, kind))


def test_a_year_has_what_the_reading_is_about(lived: Town) -> None:
    kinds = [type(each.event) for each in lived.log()]
    assert [4, 3, 3, 1, 1] == [
        kinds.count(kind)
        for kind in (IncidentDetected, RcaAtRisk, RcaOverdue, AlertStale, ReviewLaunched)
    ]


@pytest.mark.parametrize("kind", [RcaAtRisk, RcaOverdue])
def test_a_mark_that_is_missing_or_doubled_is_found(lived: Town, kind: type[Event]) -> None:
    log = lived.log()
    assert 1 == len(rca.wrong_marks(without(log, kind), lived.now))
    assert 1 == len(rca.wrong_marks([*log, told(log, kind)], lived.now))


def test_a_mark_of_another_time_is_found(lived: Town) -> None:
    log = lived.log()
    place = log.index(told(log, RcaOverdue))
    event = replace(log[place].event, at=log[place].event.at + HOUR)
    log[place] = replace(log[place], event=event)
    assert 1 == len(rca.wrong_marks(log, lived.now))


def test_a_detection_in_another_month_or_with_another_due_time_is_found(lived: Town) -> None:
    log = lived.log()
    place = log.index(told(log, IncidentDetected))
    assert [] == counts.wrong_decisions(log)
    for changes in ({"month": "2028-02"}, {"rca_due": START}, {"counts": False}):
        event = replace(log[place].event, **changes)
        changed = [*log[:place], replace(log[place], event=event), *log[place + 1 :]]
        assert 1 == len(counts.wrong_decisions(changed))


def test_a_review_is_due_for_the_live_incident_that_crossed_and_for_no_import(lived: Town) -> None:
    [review] = counts.due_reviews(lived.log())
    chat = [
        each
        for each in lived.log()
        if isinstance(each.event, IncidentDetected) and each.event.system == "chat"
    ]
    assert (chat[1].leaf, "2028-03", 2) == (review.leaf, review.month, len(review.incidents))
    imported = [
        replace(each, source="import/history") if each.leaf == review.leaf else each
        for each in lived.log()
    ]
    assert [] == counts.due_reviews(imported)


def test_an_alert_that_is_not_called_stale_or_called_so_too_soon_is_found(lived: Town) -> None:
    log, body = lived.log(), lived.heard[0]
    assert [] == alerts.wrong_staleness(log, lived.heard, lived.now)
    assert [] != alerts.wrong_staleness(without(log, AlertStale), lived.heard, lived.now)
    later = [*lived.heard, body._replace(at=body.at + HOUR)]
    assert 1 == len(alerts.wrong_staleness(log, later, lived.now))
