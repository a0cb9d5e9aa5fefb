"""An improvement: proposed by people and triggers, accepted or rejected once (runbook 9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.domain import improvement as i
from ledger.domain.identity import improvement_id
from ledger.errors import Refused
from tests.unit.domain.improvement.life import given

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DUE = NOW + timedelta(days=30)
ADA = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
PROPOSED = i.ImprovementProposed(
    at=NOW,
    title="Ask first",
    system="chat",
    improvement_kind=i.ImprovementKind.RISK,
    cause=i.ImprovementCause(kind=i.CauseKind.PERSON),
)
ACCEPT = i.AcceptImprovement(owner=ADA, due=DUE, success="No complaint in 90 days.")
REJECT = i.RejectImprovement(reason="It is done already.")


def decided(command: Any, *events: i.ImprovementEvent) -> tuple[Any, ...]:
    return tuple(each for _, found in given(*events).when(command).all() for each in found)


def refused(command: Any, *events: i.ImprovementEvent) -> str:
    with pytest.raises(Refused) as found:
        decided(command, *events)
    return found.value.rule


def test_a_person_proposes_one_and_names_its_cause() -> None:
    asked = i.ProposeImprovement(
        title="Ask first", system="chat", improvement_kind=i.ImprovementKind.RISK
    )
    assert (PROPOSED,) == decided(asked)
    incident = i.ProposeImprovement(
        title="Test the filter",
        system="chat",
        improvement_kind=i.ImprovementKind.CORRECTIVE,
        cause=i.CauseKind.INCIDENT,
        cause_ref="INC-7",
        cause_leaf=0,
        action="Add a test",
    )
    [proposed] = decided(incident)
    assert isinstance(proposed, i.ImprovementProposed)
    assert proposed.cause == i.ImprovementCause(kind=i.CauseKind.INCIDENT, ref="INC-7", leaf=0)
    assert "Add a test" == proposed.action
    said = "Proposed for chat (corrective action; an incident INC-7, leaf 0): Test the filter."
    assert f"{said} Action: Add a test" == i.describe(proposed)


@pytest.mark.parametrize("cause", [each for each in i.CauseKind if each is not i.CauseKind.PERSON])
def test_a_cause_that_is_not_named_is_refused(cause: i.CauseKind) -> None:
    asked = i.ProposeImprovement(
        title="T", system="chat", improvement_kind=i.ImprovementKind.DRIFT, cause=cause
    )
    assert "cause_named" == refused(asked)


def test_a_trigger_proposes_its_action_once_each_time_that_it_fires() -> None:
    fired = i.ProposeFromTrigger(
        at=NOW - timedelta(minutes=1),
        title="Drift of chat",
        system="chat",
        improvement_kind=i.ImprovementKind.DRIFT,
        cause=i.ImprovementCause(kind=i.CauseKind.TRIGGER, ref="data_drift", leaf=41),
        action="Retrain model",
    )
    [proposed] = decided(fired)
    assert (NOW - timedelta(minutes=1), fired.cause) == (proposed.at, proposed.cause)
    assert () == decided(fired, proposed)
    [rejected] = decided(REJECT, proposed)
    assert () == decided(fired, proposed, rejected)


def test_its_id_is_that_of_the_crossing_however_its_segment_is_written() -> None:
    labels = [("region", "eu"), ("model", "a")]
    first = improvement_id("data_drift", "chat", "psi", labels, 41)
    assert first == improvement_id("data_drift", "chat", "psi", labels[::-1], 41)
    others = [
        improvement_id("data_drift", "chat", "psi", labels, 42),
        improvement_id("data_drift", "chat", "psi", labels, "2026-Q1"),
        improvement_id("data_drift", "chat", "psi", labels[:1], 41),
        improvement_id("data_drift", "search", "psi", labels, 41),
        improvement_id("quality_drop", "chat", "psi", labels, 41),
    ]
    assert 6 == len({first, *others})


def test_it_is_accepted_once_with_an_owner_and_a_due_time() -> None:
    [accepted] = decided(ACCEPT, PROPOSED)
    said = i.ImprovementAccepted(at=NOW, owner=ADA, due=DUE, success="No complaint in 90 days.")
    assert said == accepted
    assert () == decided(ACCEPT, PROPOSED, accepted)
    other = i.AcceptImprovement(owner=ADA, due=DUE + timedelta(days=1))
    assert "improvement_decided" == refused(other, PROPOSED, accepted)
    assert "improvement_decided" == refused(REJECT, PROPOSED, accepted)


def test_a_due_time_that_has_passed_is_refused() -> None:
    assert "due_after_now" == refused(i.AcceptImprovement(owner=ADA, due=NOW), PROPOSED)


def test_it_is_rejected_once_for_a_reason() -> None:
    [rejected] = decided(REJECT, PROPOSED)
    assert i.ImprovementRejected(at=NOW, reason="It is done already.") == rejected
    assert () == decided(REJECT, PROPOSED, rejected)
    other = i.RejectImprovement(reason="Another.")
    assert "improvement_decided" == refused(other, PROPOSED, rejected)
    assert "improvement_decided" == refused(ACCEPT, PROPOSED, rejected)
    assert "improvement_decided" == refused(REJECT)
