"""The clock follows a due time that a class moved, and records no breach of one that was moved."""

from datetime import datetime, timedelta

from ledger.domain.incident import commands as c
from ledger.domain.incident.events import RcaAtRisk, RcaOverdue
from ledger.vocabulary import Severity
from tests.unit.execute.desk import NOON
from tests.unit.policy.extended import TEXT
from tests.unit.reactor.watch import DAY, HOUR, Watch


def classify(severity: Severity) -> c.Classify:
    return c.Classify(category="infra_error", severity=severity)


def marks(desk: Watch) -> list[tuple[str, datetime]]:
    return [
        (type(each.event).__name__, each.event.due)
        for each in desk.told_of(RcaAtRisk, RcaOverdue)
        if isinstance(each.event, RcaAtRisk | RcaOverdue)
    ]


def test_a_due_time_that_a_class_moved_forward_is_marked_at_its_new_time(desk: Watch) -> None:
    desk.adopt(TEXT)
    desk.happens(1)
    desk.look()
    desk.now = NOON + HOUR
    desk.command(1, classify(Severity.CRITICAL))

    desk.now = NOON + 4 * HOUR
    desk.look()
    assert [("RcaAtRisk", NOON + 8 * HOUR)] == marks(desk)

    desk.now = NOON + 8 * HOUR + timedelta(seconds=1)
    desk.look()
    assert ("RcaOverdue", NOON + 8 * HOUR) == marks(desk)[-1]

    desk.now = NOON + 30 * HOUR
    desk.command(1, classify(Severity.LOW))
    desk.look()
    desk.now = NOON + 100 * HOUR
    desk.look()
    assert 2 == len(marks(desk)), "what is overdue stays so, and once"


def test_a_due_time_that_a_class_moved_back_is_not_missed_at_the_old_one(desk: Watch) -> None:
    desk.adopt(TEXT)
    desk.happens(1)
    desk.now = NOON + 21 * HOUR
    desk.look()
    desk.command(1, classify(Severity.LOW))
    desk.now = NOON + DAY + HOUR
    desk.look()
    assert [("RcaAtRisk", NOON + DAY)] == marks(desk)

    desk.now = NOON + 73 * HOUR
    desk.look()
    assert [("RcaAtRisk", NOON + 3 * DAY), ("RcaOverdue", NOON + 3 * DAY)] == marks(desk)[1:]


def test_a_due_time_that_would_have_passed_already_is_due_now(desk: Watch) -> None:
    desk.adopt(TEXT)
    desk.happens(1)
    desk.now = now = NOON + 10 * HOUR
    desk.command(1, classify(Severity.CRITICAL))
    desk.look()
    assert [("RcaAtRisk", now)] == marks(desk)
    desk.now = now + timedelta(seconds=1)
    desk.look()
    assert [("RcaAtRisk", now), ("RcaOverdue", now)] == marks(desk)
