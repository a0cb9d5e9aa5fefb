"""What carries an alias is recorded under the system's own name, from when it has it."""

from uuid import UUID

import msgspec
import pytest

from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.identity import system_id
from ledger.domain.improvement import (
    IMPROVEMENT,
    ImprovementKind,
    ImprovementProposed,
    ProposeImprovement,
)
from ledger.domain.incident.commands import Amend, Report
from ledger.domain.incident.events import Amended, IncidentDetected
from ledger.domain.metric import METRIC, Measured, RecordMeasurement, measurement_id
from ledger.domain.system import SYSTEM, AddAlias, RegisterSystem, RemoveAlias
from ledger.errors import Refused
from ledger.execute import ExecuteCommand
from tests.harness.commands import report_incident
from tests.unit.execute.desk import NOON, Desk

LABELS = {"alertname": "Down", "severity": "critical", "system": "Chat Bot"}


@pytest.fixture
def named(desk: Desk) -> Desk:
    """The system chat is registered; nobody gave it another name yet."""
    register = RegisterSystem(system="chat", title="Chat", intended_purpose="Answers.")
    desk.executor.execute(on_chat(register), desk.context())
    return desk


def on_chat(command: Command) -> ExecuteCommand:
    return ExecuteCommand(asker=HOST, kind=SYSTEM.kind, subject=system_id("chat"), command=command)


def systems(desk: Desk) -> list[str]:
    return [each.event.system for each in desk.events() if isinstance(each.event, IncidentDetected)]


def test_an_alert_belongs_to_the_system_from_when_it_has_the_alias(named: Desk) -> None:
    named.take(named.signal("1", labels=LABELS))
    named.executor.execute(on_chat(AddAlias(alias="chat bot")), named.context())
    named.take(named.signal("2", labels=LABELS))
    named.executor.execute(on_chat(RemoveAlias(alias="chat bot")), named.context())
    named.take(named.signal("3", labels=LABELS))
    assert ["Chat Bot", "chat"] == systems(named)  # the third joins the first's group
    [first, second, third] = [
        each for each in named.events() if each.event.name == "alert.fired.v1"
    ]
    alerts = [msgspec.to_builtins(each.event)["alert"] for each in (first, second, third)]
    assert ["Chat Bot", "chat", "Chat Bot"] == [each["system"] for each in alerts]
    assert {"Chat Bot"} == {each["labels"]["system"] for each in alerts}


def test_an_executor_that_others_are_beside_of_sees_the_alias(named: Desk) -> None:
    other = Desk(named.store)
    other.take(other.signal("1"))
    named.executor.execute(on_chat(AddAlias(alias="bot")), named.context())
    other.take(other.signal("2", labels={**LABELS, "system": "bot"}))
    assert ["chat"] == systems(named)
    other.executor.close()


def test_a_report_and_a_correction_name_the_system_by_its_own_name(named: Desk) -> None:
    named.executor.execute(on_chat(AddAlias(alias="bot")), named.context())
    report = report_incident(incident=UUID(int=1), report=Report(title="It broke", system="BOT"))
    named.executor.execute(report, named.context())
    assert ["chat"] == systems(named)
    report = report_incident(incident=UUID(int=2), report=Report(title="It broke", system="other"))
    named.executor.execute(report, named.context())
    named.command(2, Amend(field="system", to="Bot", reason="Mistaken."))
    [amended] = [each.event for each in named.events() if isinstance(each.event, Amended)]
    assert "chat" == amended.to
    named.command(1, Amend(field="system", to="bot", reason="The same."))
    assert 1 == len([each for each in named.events() if isinstance(each.event, Amended)])


def test_of_two_processes_one_gets_the_name(named: Desk) -> None:
    other = Desk(named.store)
    register = RegisterSystem(system="bot", title="Bot", intended_purpose="Answers.")
    asked = ExecuteCommand(asker=HOST, kind=SYSTEM.kind, subject=system_id("bot"), command=register)
    other.take()
    named.executor.execute(on_chat(AddAlias(alias="bot")), named.context())
    with pytest.raises(Refused, match="'bot' is one of the system 'chat'"):
        other.executor.execute(asked, other.context())
    other.executor.close()


def test_what_is_opened_by_the_name_of_a_system_is_so_by_its_own(named: Desk) -> None:
    """A measurement's id comes from its system: two names give one stream."""
    named.executor.execute(on_chat(AddAlias(alias="bot")), named.context())
    for name in ("chat", "Bot"):
        measured = RecordMeasurement(
            system=name, metric="accuracy", value=0.9, unit="ratio", n=10, until=NOON
        )
        asked = ExecuteCommand(
            asker=HOST, kind=METRIC.kind, subject=measurement_id(measured), command=measured
        )
        named.executor.execute(asked, named.context())
    recorded = [each.event for each in named.events() if isinstance(each.event, Measured)]
    assert ["chat"] == [each.system for each in recorded]


def test_an_improvement_is_of_the_system_by_its_own_name(named: Desk) -> None:
    named.executor.execute(on_chat(AddAlias(alias="bot")), named.context())
    proposed = ProposeImprovement(
        title="Train it again", system="Bot", improvement_kind=ImprovementKind.DRIFT
    )
    asked = ExecuteCommand(asker=HOST, kind=IMPROVEMENT.kind, subject=UUID(int=7), command=proposed)
    named.executor.execute(asked, named.context())
    found = [each.event for each in named.events() if isinstance(each.event, ImprovementProposed)]
    assert ["chat"] == [each.system for each in found]


@pytest.mark.parametrize("name", ["SYS-1", "sys-1"])
def test_the_reference_of_a_system_is_not_taken_for_its_name(named: Desk, name: str) -> None:
    measured = RecordMeasurement(
        system=name, metric="accuracy", value=0.9, unit="ratio", n=10, until=NOON
    )
    asked = ExecuteCommand(
        asker=HOST, kind=METRIC.kind, subject=measurement_id(measured), command=measured
    )
    with pytest.raises(Refused, match="is the reference of a system"):
        named.executor.execute(asked, named.context())
