"""Given, when, then of risks: a past, a command with its sender, and what it must come to."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from ledger.domain.risk import Risk, RiskLevel, Treatment, decide, evolve
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
ADA = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
BOB = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3e"
EVE = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3f"


def identified(**changes: Any) -> e.RiskIdentified:
    """A risk of the system chat, owned by Ada."""
    facts: dict[str, Any] = {
        "at": NOW,
        "title": "It invents sources",
        "category": "reliability",
        "owner": ADA,
        "system": "chat",
        "review_due": NOW + timedelta(days=30),
    }
    return e.RiskIdentified(**facts | changes)


def assessed(**changes: Any) -> e.RiskAssessed:
    """Ada's current assessment: high."""
    facts: dict[str, Any] = {
        "at": NOW,
        "level": RiskLevel.CURRENT,
        "likelihood": "likely",
        "impact": "major",
        "rationale": "Seen.",
        "matrix": POLICY.risks.digest,
        "score": 16,
        "band": "high",
        "tolerated": False,
        "person": ADA,
        "review_due": NOW + timedelta(days=90),
    }
    return e.RiskAssessed(**facts | changes)


def treated(**changes: Any) -> e.RiskTreatmentChosen:
    """Ada chooses to mitigate it."""
    facts: dict[str, Any] = {
        "at": NOW,
        "treatment": Treatment.MITIGATE,
        "plan": "Retrieve.",
        "person": ADA,
        "persons": (ADA,),
    }
    return e.RiskTreatmentChosen(**facts | changes)


class Told:
    """A state and the command put to it; the methods ask what came of it."""

    def __init__(
        self, state: Risk, command: c.RiskCommand, now: datetime, policy: Policy, sender: Sender
    ) -> None:
        self._state, self._command, self._now = state, command, now
        self._policy, self._sender = policy, sender

    def decided(self) -> tuple[e.RiskEvent, ...]:
        """Whatever it comes to."""
        return decide(self._command, self._state, self._policy, self._now, self._sender)

    def state_after(self) -> Risk:
        """The state after whatever it comes to."""
        return reduce(evolve, self.decided(), self._state)

    def then(self, *expected: e.RiskEvent) -> Risk:
        """Exactly these events; returns the state after them."""
        assert expected == self.decided()
        return self.state_after()

    def nothing(self) -> None:
        """There was nothing to do."""
        assert () == self.decided()

    def refused(self, rule: str) -> Refused:
        """A refusal that names this rule and a remedy; returns it."""
        with pytest.raises(Refused) as caught:
            self.decided()
        assert rule == caught.value.rule
        assert caught.value.remedy
        return caught.value

    def invalid(self, field: str) -> None:
        """An error about this field."""
        with pytest.raises(Invalid) as caught:
            self.decided()
        assert [field] == [name for name, _ in caught.value.errors]


class Past:
    """What had happened to a risk."""

    def __init__(self, *events: e.RiskEvent) -> None:
        self.state = reduce(evolve, events, Risk())

    def when(
        self,
        command: c.RiskCommand,
        *,
        now: datetime = NOW,
        policy: Policy = POLICY,
        by: str = ADA,
        roles: tuple[tuple[str, str | None], ...] = (),
        also: tuple[str, ...] = (),
        role: str | None = None,
    ) -> Told:
        """A command comes in from a person, who holds roles and counts as others `also`."""
        sender = Sender(by, frozenset({by, *also}), role, frozenset(roles))
        return Told(self.state, command, now, policy, sender)


def given(*events: e.RiskEvent) -> Past:
    """A risk with this past; none for one that nobody knows."""
    return Past(*events)
