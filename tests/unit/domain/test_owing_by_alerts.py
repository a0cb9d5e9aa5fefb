"""What alerts make an incident owe: by its rule's category, and by a severity that they raise."""

from datetime import timedelta

from ledger.domain.envelope import Event
from ledger.domain.incident.events import Amended, Classified, IncidentDetected
from ledger.policy import parse_policy
from tests.unit.domain.story import NOW
from tests.unit.domain.test_escalation import FIRST, of, take
from tests.unit.domain.world import World
from tests.unit.policy.extended import EXTENDED, TEXT, changed

HOUR = timedelta(hours=1)
BY_RULE = parse_policy(
    changed(TEXT, ('name = "urgent"', 'name = "urgent"\ncategory = "prompt_injection"'))
)


def only(world: World, kind: type[Event]) -> Event:
    [event] = of(world, FIRST, kind)
    return event


def test_an_incident_of_a_rule_with_a_category_owes_by_that_and_its_severity() -> None:
    world = World(BY_RULE)
    take(world, "critical")

    detected, classified = only(world, IncidentDetected), only(world, Classified)

    assert isinstance(detected, IncidentDetected)
    assert isinstance(classified, Classified)
    assert NOW + 8 * HOUR == detected.rca_due
    assert ["tell_authority", "brief_board", "legal_review"] == [
        each.step for each in detected.steps or ()
    ]
    assert "Prompt injection" == classified.category_label
    assert not classified.rca_due
    assert not classified.steps


def test_an_alert_that_is_worse_moves_the_due_time_and_adds_the_steps() -> None:
    world = World(EXTENDED)
    take(world, "error")
    take(world, "critical", 60)

    amended = only(world, Amended)

    assert isinstance(amended, Amended)
    assert (NOW + 8 * HOUR, NOW + 4 * HOUR) == (amended.rca_due, amended.at_risk_at)
    assert ["brief_board"] == [each.step for each in amended.steps or ()]
    assert "brief_board" in world.incident(FIRST).steps


def test_an_alert_that_is_worse_after_ten_hours_leaves_no_breach_of_before() -> None:
    world = World(EXTENDED)
    take(world, "error")
    take(world, "critical", 600)

    assert NOW + 10 * HOUR == world.incident(FIRST).rca_due
