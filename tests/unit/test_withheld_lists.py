"""Lists whose words are about incidents, by what the read models have not read yet."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from consumers.access.readers import WITHHELD, Reader
from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.lists import list_items
from ledger.domain.improvement import (
    IMPROVEMENT,
    CauseKind,
    ImprovementKind,
    ProposeImprovement,
)
from ledger.domain.incident.commands import Report, Restrict
from ledger.execute import ExecuteCommand
from ledger.vocabulary import Severity
from projections.improvements import IMPROVEMENTS
from projections.improvements import LIST as VIEW
from tests.harness.commands import EVERYTHING, command_incident, report_incident
from tests.harness.homes import settings_of

INCIDENT = UUID(int=7)
TITLE = "Names are cut off"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(settings_of(tmp_path / "data"))
    yield opened
    opened.close()


def shown(ledger: Ledger, *systems: str) -> list[object]:
    """The titles for who may read the restricted incidents of these systems."""
    reader = ledger.read_by(Reader("person/1", lambda: frozenset(systems)))
    found = list_items(reader, IMPROVEMENTS, VIEW, {})
    return [each["title"] for each in found.items]


def test_a_restriction_holds_in_lists_before_the_register_has_read_it(ledger: Ledger) -> None:
    context = ledger.services.context()
    report = Report(title="A leak", system="chat", severity=Severity.HIGH)
    ledger.executor.execute(report_incident(incident=INCIDENT, report=report), context)
    propose = ProposeImprovement(
        title=TITLE,
        improvement_kind=ImprovementKind.RISK,
        cause=CauseKind.INCIDENT,
        cause_ref=f"incident/{INCIDENT}",
    )
    request = ExecuteCommand(
        kind=IMPROVEMENT.kind, subject=uuid4(), command=propose, asker=EVERYTHING
    )
    ledger.executor.execute(request, context)
    ledger.seal_and_project()
    assert [TITLE] == shown(ledger)

    restrict = command_incident(incident=INCIDENT, command=Restrict(reason="Names"))
    ledger.executor.execute(restrict, context)
    for _ in range(2):
        assert [WITHHELD] == shown(ledger)
        assert [TITLE] == shown(ledger, "chat")
        ledger.seal_and_project()
