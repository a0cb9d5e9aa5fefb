"""Re-assessments, assessments and looks at a standard that nobody does in time."""

from datetime import timedelta

from msgspec.structs import replace

from ledger.domain.control import (
    CONTROL,
    AssessControl,
    ControlAssessmentExpired,
    ControlReassessmentOverdue,
    ControlStatus,
    Effect,
)
from ledger.domain.identity import control_id
from ledger.domain.standard import (
    StandardReviewOverdue,
)
from tests.unit.execute.desk import NOON
from tests.unit.reactor.changed_standards import (
    ADA,
    changes,
    holds_to,
    mapped,
    reads_on,
    registers,
    sends,
    standing,
)
from tests.unit.reactor.watch import DAY, HOUR, Watch


class TestTheClock:
    """Re-assessments, assessments and looks at a standard that nobody does in time."""

    def test_re_assessments_that_nobody_does_are_overdue_once(self, desk: Watch) -> None:
        registers(desk, "chat")
        holds_to(desk)
        changes(desk, by=NOON + 3 * DAY)
        reads_on(desk)
        desk.look()
        assess = AssessControl(
            control="oversight", system="chat", design=Effect.EFFECTIVE, operating=Effect.PARTLY
        )
        sends(desk, "control", control_id("oversight", "chat"), assess, ADA)
        desk.now = NOON + 4 * DAY
        desk.look()
        desk.look()
        found = desk.told_of(ControlReassessmentOverdue)
        assert {(NOON + 3 * DAY, NOON + 4 * DAY)} == {(e.event.at, e.recorded_at) for e in found}
        late = {each.stream for each in found}
        expected = mapped(["chat"]) - {("oversight", "chat")}
        assert len(found) == len(late)
        assert {CONTROL.stream(control_id(*each)) for each in expected} == late
        assert ControlStatus.PARTLY is standing(desk, "oversight")

    def test_the_earlier_of_two_times_is_not_forgotten(self, desk: Watch) -> None:
        registers(desk, "chat")
        holds_to(desk)
        first, second = NOON + 3 * DAY, NOON + 9 * DAY
        changes(desk, "2026", first)
        changes(desk, "2027", second)
        reads_on(desk)
        desk.look()
        for desk.now in (first + HOUR, second + HOUR):
            desk.look()
        of = CONTROL.stream(control_id("oversight", "chat"))
        marks = [each for each in desk.told_of(ControlReassessmentOverdue) if each.stream == of]
        assert [first, second] == [each.event.at for each in marks]
        assert [first + HOUR, second + HOUR] == [each.recorded_at for each in marks]

    def test_an_assessment_ends_at_its_time_unless_it_was_made_anew(self, desk: Watch) -> None:
        registers(desk, "chat")
        until = NOON + 2 * DAY
        assess = AssessControl(
            control="data",
            system="chat",
            design=Effect.EFFECTIVE,
            operating=Effect.EFFECTIVE,
            until=until,
        )
        sends(desk, "control", control_id("data", "chat"), assess, ADA)
        renewed = replace(assess, control="impact")
        sends(desk, "control", control_id("impact", "chat"), renewed, ADA)
        sends(desk, "control", control_id("impact", "chat"), replace(renewed, until=None), ADA)
        desk.now = until + HOUR
        desk.look()
        desk.look()
        [expired] = desk.told_of(ControlAssessmentExpired)
        assert (CONTROL.stream(control_id("data", "chat")), until) == (
            expired.stream,
            expired.event.at,
        )
        assert ControlStatus.EFFECTIVE is standing(desk, "impact")

    def test_a_standard_that_nobody_looks_at_is_marked_once(self, desk: Watch) -> None:
        holds_to(desk, review_due=NOON + timedelta(days=1))
        desk.now = NOON + 3 * DAY
        desk.look()
        desk.look()
        [overdue] = desk.told_of(StandardReviewOverdue)
        assert NOON + timedelta(days=1) == overdue.event.at
