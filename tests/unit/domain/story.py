"""Given, when, then: an incident's past, a command, and what it must come to.

given(detected()).when(Contain(action="stopped")).then(Contained(at=NOW, action="stopped"))
"""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.domain.incident import Incident, IncidentEvent, decide, evolve
from ledger.domain.incident.commands import IncidentCommand, Report
from ledger.domain.incident.events import IncidentDetected
from ledger.errors import LedgerError, Refused
from ledger.policy import Policy, parse_policy, shipped

POLICY = parse_policy(shipped())
DETECTED_AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
NOW = DETECTED_AT + timedelta(hours=2)
DUE = DETECTED_AT + timedelta(hours=24)
AT_RISK_AT = DETECTED_AT + timedelta(hours=20)
LATE = DUE + timedelta(minutes=5)


def policy_with(old: str, new: str) -> Policy:
    """The shipped policy with one passage changed."""
    assert old in shipped()
    return parse_policy(shipped().replace(old, new))


def detected(**changes: Any) -> IncidentDetected:
    """A detection as an alert or a person would cause it."""
    facts: dict[str, Any] = {
        "at": DETECTED_AT,
        "title": "Answers leak",
        "system": "chat",
        "severity": None,
        "source": "source/main",
        "basis": "report",
        "month": "2026-03",
        "rca_due": DUE,
        "at_risk_at": AT_RISK_AT,
        "counts": True,
    }
    return IncidentDetected(**facts | changes)


def folded(*events: IncidentEvent) -> Incident:
    """The state after events."""
    return reduce(evolve, events, Incident())


class Told:
    """A state and the command put to it; `then`, `nothing` and `refused` ask what came of it."""

    def __init__(
        self, state: Incident, command: IncidentCommand | Report, now: datetime, policy: Policy
    ) -> None:
        self._state, self._command, self._now, self._policy = state, command, now, policy

    def decided(self) -> tuple[IncidentEvent, ...]:
        """Whatever it comes to."""
        command = self._command
        if isinstance(command, Report):
            command = replace(command, source=command.source or "person/1")
        return decide(command, self._state, self._policy, self._now)

    def then(self, *expected: IncidentEvent) -> Incident:
        """Exactly these events; returns the state after them."""
        decided = self.decided()
        assert expected == decided
        return reduce(evolve, decided, self._state)

    def nothing(self) -> None:
        """There was nothing to do."""
        assert () == self.decided()

    def fails(self, expected: type[LedgerError]) -> LedgerError:
        """An error of this type; returns it."""
        with pytest.raises(expected) as caught:
            self.decided()
        assert caught.value.message
        return caught.value

    def refused(self, rule: str) -> None:
        """A refusal that names this rule and a remedy."""
        refusal = self.fails(Refused)
        assert isinstance(refusal, Refused)
        assert rule == refusal.rule
        assert refusal.remedy


class Past:
    """What had happened to an incident."""

    def __init__(self, *events: IncidentEvent) -> None:
        self.state = folded(*events)

    def when(
        self, command: IncidentCommand | Report, now: datetime = NOW, policy: Policy = POLICY
    ) -> Told:
        """A command comes in at `now`."""
        return Told(self.state, command, now, policy)


def given(*events: IncidentEvent) -> Past:
    """An incident with this past; none for one that nobody knows."""
    return Past(*events)
