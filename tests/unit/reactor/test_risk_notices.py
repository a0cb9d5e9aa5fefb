"""What people are told of risks and of what is overdue, where the policy says so."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from consumers.notify.message import message_of
from consumers.reactor.notices import NoticeProcess
from ledger.domain import risk as r
from ledger.domain.access.deciding import Asker
from ledger.domain.command import Command
from ledger.domain.delivery import DELIVERY, DeliveryRequested
from ledger.domain.risk.commands import AssessRisk, IdentifyRisk, TreatRisk
from ledger.domain.risk.words import RiskLevel, Treatment
from ledger.execute import ExecuteCommand
from ledger.policy import shipped
from ledger.vocabulary import ActsBy, Notice, Scope
from tests.unit.reactor.watch import DAY, Watch, watch

PERSON = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.LINK)
RISK = UUID(int=77)
RULE = """
[[notify.rules]]
name = "risks"
notices = ["risk_above_tolerance", "risk_overdue"]
systems = ["chat"]
channels = ["risk-manager"]
"""
TELLING = shipped() + RULE
RESTRICTED = TELLING.replace("restricted_systems = []", 'restricted_systems = ["chat"]')


def sends(desk: Watch, command: Command) -> None:
    """A person works on the risk."""
    request = ExecuteCommand(asker=PERSON, kind=r.RISK.kind, subject=RISK, command=command)
    desk.executor.execute(request, desk.context())


def identified(desk: Watch) -> None:
    """It is on the register."""
    sends(
        desk,
        IdentifyRisk(title="It leaks names", system="chat", category="privacy", owner="person/ada"),
    )


def assessed(desk: Watch, impact: str, level: RiskLevel = RiskLevel.CURRENT) -> None:
    """It is likely, and as bad as this."""
    sends(
        desk, AssessRisk(level=level, likelihood="likely", impact=impact, rationale="It happened.")
    )


def subjects(desk: Watch) -> list[tuple[Notice | None, str, str]]:
    """What those who are told read, in order: the notice, what happened, and the title."""
    found = []
    for each in desk.told_of(DeliveryRequested):
        delivery = DELIVERY.folded([each.event])
        message = message_of(desk.store, "key", delivery, "https://ledger.example")
        assert message.link == f"https://ledger.example/risks/{RISK}"
        found.append((delivery.notice, message.subject.partition(" ")[2], message.title))
    return found


def test_a_risk_above_tolerance_is_told_and_one_within_it_is_not(tmp_path: Path) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(TELLING)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        identified(desk)
        assessed(desk, "minor")
        assessed(desk, "severe", RiskLevel.INHERENT)
        assessed(desk, "severe")
        desk.seal()
        for told in (process, NoticeProcess(desk.services())):
            told.catch_up()
        assert [
            (Notice.RISK_ABOVE_TOLERANCE, "risk above tolerance (chat)", "It leaks names")
        ] == subjects(desk)


def test_a_treatment_that_is_overdue_is_told(tmp_path: Path) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(TELLING)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        identified(desk)
        sends(
            desk,
            TreatRisk(treatment=Treatment.MITIGATE, plan="Filter names", due=desk.now + DAY),
        )
        desk.now += DAY + timedelta(minutes=1)
        desk.look()
        desk.seal()
        process.catch_up()
        assert [
            (Notice.RISK_OVERDUE, "review or treatment of a risk overdue (chat)", "It leaks names")
        ] == subjects(desk)


def test_the_title_of_a_risk_of_a_restricted_system_is_left_out(tmp_path: Path) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(RESTRICTED)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        identified(desk)
        assessed(desk, "severe")
        desk.seal()
        process.catch_up()
        [(_, _, title)] = subjects(desk)
        assert "leaks" not in title
