"""Every command in every state that refuses it, with the name of the rule."""

import pytest

from ledger.domain.incident import IncidentEvent
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.vocabulary import Category, Severity, Step
from tests.unit.domain.story import DUE, LATE, NOW, detected, given

OTHER = __import__("uuid").UUID(int=9)
REST = (
    e.Contained(at=NOW, action="x"),
    e.Communicated(at=NOW, audience="a", message="m"),
)

COMMANDS: list[c.IncidentCommand] = [
    c.Contain(action="x"),
    c.Communicate(audience="a", message="m"),
    c.Classify(category=Category.INFRA_ERROR, severity=Severity.LOW),
    c.OpenTicket(url="https://t/1"),
    c.NotifyRiskManager(channel="c"),
    c.RequestRollback(reason="r"),
    c.ExecuteRollback(snapshot="s"),
    c.FailRollback(snapshot="s"),
    c.StartRca(),
    c.CompleteRca(summary="s", root_cause="r"),
    c.UpdatePlaybook(playbook="p", change="c"),
    c.WaiveStep(step=Step.CONTAIN, reason="r"),
    c.Assign(owner="person/1"),
    c.Amend(field="title", to="t", reason="r"),
    c.Dismiss(reason="r"),
    c.Close(),
    c.Reopen(reason="r"),
]
