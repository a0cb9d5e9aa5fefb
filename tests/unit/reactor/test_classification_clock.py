"""The end of a system's classification under the clock: recorded once, and told by name."""

from datetime import datetime, timedelta

from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.identity import system_id
from ledger.domain.system import (
    SYSTEM,
    ClassificationEnded,
    ClassifySystem,
    RegisterSystem,
    RetireSystem,
    RiskClass,
)
from ledger.execute import ExecuteCommand
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import DAY, HOUR, Watch

UNTIL = NOON + 30 * DAY


def commands(desk: Watch, command: Command) -> None:
    """A person works on the system, and it is sealed."""
    request = ExecuteCommand(
        asker=HOST, kind=SYSTEM.kind, subject=system_id("chat"), command=command
    )
    desk.executor.execute(request, desk.context())
    desk.seal()


def classified(desk: Watch, until: datetime | None = UNTIL) -> None:
    commands(desk, ClassifySystem(risk_class=RiskClass.HIGH, basis="Annex III.", until=until))


def registered(desk: Watch) -> None:
    commands(desk, RegisterSystem(system="chat", title="Chat", intended_purpose="Answers."))


def ended(desk: Watch) -> list[tuple[object, object]]:
    return [(each.event.at, each.recorded_at) for each in desk.told_of(ClassificationEnded)]


def test_a_clock_that_comes_late_records_the_end_once_under_its_time(desk: Watch) -> None:
    registered(desk)
    classified(desk)
    desk.look()
    desk.now = UNTIL - timedelta(microseconds=1)
    desk.look()
    assert [] == ended(desk)
    desk.now = UNTIL + 5 * HOUR
    desk.look()
    desk.look()
    assert [(UNTIL, UNTIL + 5 * HOUR)] == ended(desk)


def test_a_classification_that_was_renewed_without_an_end_never_ends(desk: Watch) -> None:
    registered(desk)
    classified(desk)
    desk.look()
    classified(desk, until=None)
    desk.now = UNTIL
    desk.look()
    assert [] == ended(desk)


def test_one_that_was_renewed_ends_at_its_own_time(desk: Watch) -> None:
    registered(desk)
    classified(desk)
    desk.look()
    classified(desk, until=UNTIL + DAY)
    desk.now = UNTIL
    desk.look()
    assert [] == ended(desk)
    desk.now = UNTIL + DAY
    desk.look()
    assert [(UNTIL + DAY, UNTIL + DAY)] == ended(desk)


def test_that_of_a_retired_system_does_not_end(desk: Watch) -> None:
    registered(desk)
    classified(desk)
    commands(desk, RetireSystem(data="Gone.", keys="Gone.", users="Told.", open_clocks="None."))
    desk.now = UNTIL
    desk.look()
    assert [] == ended(desk)
