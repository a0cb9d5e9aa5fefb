"""Risks under the clock: treatments, acceptances and reviews, each marked once under its time."""

from uuid import UUID

from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.risk import RISK, RiskLevel, Treatment
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.execute import ExecuteCommand
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import DAY, HOUR, Watch

RISK_ID = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
OWNER = "person/5f0c8f7e-2d53-4b8c-9c51-1f6b7a0c2e11"
IDENTIFY = c.IdentifyRisk(title="T", category="other", owner=OWNER, system="chat")
CURRENT = c.AssessRisk(
    level=RiskLevel.CURRENT, likelihood="likely", impact="major", rationale="Seen."
)


def commands(desk: Watch, *given: Command) -> None:
    """Somebody works on the risk, and it is sealed."""
    for command in given:
        request = ExecuteCommand(asker=HOST, kind=RISK.kind, subject=RISK_ID, command=command)
        desk.executor.execute(request, desk.context())
    desk.seal()


def marked(desk: Watch, event: type[e.RiskReviewOverdue | e.RiskTreatmentOverdue]) -> list[object]:
    return [each.event.at for each in desk.told_of(event)]


def test_a_review_is_overdue_once_under_its_time_however_late_the_clock_comes(desk: Watch) -> None:
    commands(desk, IDENTIFY)
    desk.look()
    desk.now = NOON + 30 * DAY - HOUR
    desk.look()
    assert [] == marked(desk, e.RiskReviewOverdue)
    desk.now = NOON + 30 * DAY + HOUR
    desk.look()
    desk.look()
    assert [NOON + 30 * DAY] == marked(desk, e.RiskReviewOverdue)


def test_an_assessment_moves_the_review_and_a_review_the_next(desk: Watch) -> None:
    commands(desk, IDENTIFY, CURRENT)
    desk.now = NOON + 89 * DAY
    desk.look()
    assert [] == marked(desk, e.RiskReviewOverdue)
    commands(desk, c.ReviewRisk())
    desk.now = NOON + 90 * DAY
    desk.look()
    assert [] == marked(desk, e.RiskReviewOverdue)
    desk.now = NOON + 179 * DAY
    desk.look()
    assert [NOON + 179 * DAY] == marked(desk, e.RiskReviewOverdue)
    commands(desk, c.ReviewRisk())
    desk.now = NOON + 270 * DAY
    desk.look()
    due = [NOON + 179 * DAY, NOON + 269 * DAY]
    assert due == marked(desk, e.RiskReviewOverdue)


def test_a_treatment_is_overdue_unless_it_was_done_replaced_or_is_to_accept(desk: Watch) -> None:
    def treat(treatment: Treatment, days: int) -> c.TreatRisk:
        return c.TreatRisk(treatment=treatment, plan="P", due=NOON + days * DAY)

    commands(desk, IDENTIFY, treat(Treatment.MITIGATE, 5), treat(Treatment.AVOID, 10))
    desk.now = NOON + 6 * DAY
    desk.look()
    assert [] == marked(desk, e.RiskTreatmentOverdue)
    desk.now = NOON + 10 * DAY
    desk.look()
    assert [NOON + 10 * DAY] == marked(desk, e.RiskTreatmentOverdue)
    commands(desk, c.CompleteTreatment(what="W"), treat(Treatment.TRANSFER, 12))
    commands(desk, c.CompleteTreatment(what="W"))
    desk.now = NOON + 13 * DAY
    desk.look()
    commands(desk, treat(Treatment.MITIGATE, 14), treat(Treatment.ACCEPT, 15))
    desk.now = NOON + 16 * DAY
    desk.look()
    assert [NOON + 10 * DAY] == marked(desk, e.RiskTreatmentOverdue)


def test_the_clock_leaves_a_closed_risk_alone_and_reviews_what_is_reopened(desk: Watch) -> None:
    treat = c.TreatRisk(treatment=Treatment.MITIGATE, plan="P", due=NOON + 5 * DAY)
    commands(desk, IDENTIFY, treat, c.CloseRisk(reason="R"))
    desk.now = NOON + 40 * DAY
    desk.look()
    assert [] == marked(desk, e.RiskReviewOverdue) + marked(desk, e.RiskTreatmentOverdue)
    commands(desk, c.ReopenRisk(reason="R"))
    desk.now = NOON + 70 * DAY
    desk.look()
    assert [NOON + 70 * DAY] == marked(desk, e.RiskReviewOverdue)
    assert [] == marked(desk, e.RiskTreatmentOverdue)
