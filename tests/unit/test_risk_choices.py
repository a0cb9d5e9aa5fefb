"""What the forms of risks offer, and that what is said again is recognised beside the log, too."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from consumers.commands.service import Caller, Commands
from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.choices import choices_of, opening_choices
from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command, Vocabulary
from ledger.domain.improvement import IMPROVEMENT, ImprovementKind, ProposeImprovement
from ledger.domain.incident.commands import Report
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.risk import RISK, RiskLevel, Treatment
from ledger.domain.risk import commands as c
from ledger.domain.stream_type import StreamType
from tests.harness.homes import settings_of

CALLER = Caller(asker=HOST, actor="airledger", token="tests")
CURRENT = c.AssessRisk(
    level=RiskLevel.CURRENT, likelihood="likely", impact="major", rationale="Seen thrice."
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(open_ledger(settings_of(tmp_path / "data"))) as opened:
        yield opened


def opens(ledger: Ledger, kind: StreamType, command: Command) -> UUID:
    """The id of a new stream."""
    return UUID(str(Commands(ledger.services).open(CALLER, kind, command).stream).split("/")[-1])


def identified(ledger: Ledger, system: str | None = "chat") -> UUID:
    """A new risk."""
    command = c.IdentifyRisk(title="T", category="other", owner="Ada", system=system)
    return opens(ledger, RISK, command)


def says(ledger: Ledger, risk: UUID, command: Command) -> int:
    """Sends a command; how many events it caused."""
    return Commands(ledger.services).command(CALLER, RISK, str(risk), command).events


def offered(ledger: Ledger, risk: UUID, vocabulary: str) -> list[str]:
    """What the forms of a risk offer of a vocabulary."""
    return [value for value, _ in choices_of(ledger, RISK, risk)[vocabulary]]


def test_who_identifies_a_risk_chooses_of_the_policys_categories(ledger: Ledger) -> None:
    choices = opening_choices(ledger, RISK)
    assert ("privacy", "Privacy") in choices[Vocabulary.RISK_CATEGORY]


def test_labels_stand_from_the_least_to_the_worst_and_controls_with_their_words(
    ledger: Ledger,
) -> None:
    risk = identified(ledger)
    likely = ["rare", "unlikely", "possible", "likely", "almost_certain"]
    bad = ["negligible", "minor", "moderate", "major", "severe"]
    assert likely == offered(ledger, risk, Vocabulary.LIKELIHOOD)
    assert bad == offered(ledger, risk, Vocabulary.IMPACT)
    assert "oversight" in offered(ledger, risk, Vocabulary.CONTROL)


def test_the_roles_that_are_offered_are_those_that_may_accept_it(ledger: Ledger) -> None:
    risk = identified(ledger)
    assert "ml_engineer" in offered(ledger, risk, Vocabulary.ROLE)
    says(ledger, risk, CURRENT)
    assert ["governance_lead"] == offered(ledger, risk, Vocabulary.ROLE)


def test_incidents_and_improvements_of_its_system_are_offered(ledger: Ledger) -> None:
    risk, organisation = identified(ledger), identified(ledger, system=None)
    for system in ("chat", "search"):
        opens(ledger, INCIDENT, Report(title="T", system=system))
        proposed = ProposeImprovement(
            title=f"Of {system}", system=system, improvement_kind=ImprovementKind.RISK
        )
        opens(ledger, IMPROVEMENT, proposed)
    ledger.seal_and_project()
    [(_, title)] = choices_of(ledger, RISK, risk)[IMPROVEMENT.kind]
    assert "Of chat" == title
    assert 1 == len(offered(ledger, risk, INCIDENT.kind))
    assert 2 == len(offered(ledger, organisation, INCIDENT.kind))
    assert 2 == len(offered(ledger, organisation, IMPROVEMENT.kind))


@pytest.mark.parametrize(
    "command",
    [
        CURRENT,
        c.TreatRisk(treatment=Treatment.ACCEPT, plan="It is little."),
        c.RequestAcceptance(reason="It is little."),
    ],
)
def test_what_is_said_again_beside_the_log_is_nothing_new(ledger: Ledger, command: Command) -> None:
    risk = identified(ledger)
    assert [1, 0] == [says(ledger, risk, command) for _ in range(2)]
    amend = c.AmendRisk(reason="So.", title="T")
    assert 0 == says(ledger, risk, amend)
