"""Given, when, then of an improvement: the events before, a command by somebody, what it causes.

given(*ACCEPTED).by(ADA).when(DONE_COMMAND).then(i.ImprovementDone(...))
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain import improvement as i
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, kind_of, stream_id
from ledger.domain.identity import POLICY_ID
from ledger.domain.policy import PolicyAdopted
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import LedgerError, Refused
from ledger.policy import Policy
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DUE = NOW + timedelta(days=30)
DONE_AT = NOW + timedelta(days=20)
IMPROVEMENT = UUID(int=1)
STREAM = stream_id("improvement", IMPROVEMENT)
GROUP = UUID(int=70)
INCIDENT = UUID(int=7)
ADA, BOB, EVE = (f"person/{UUID(int=number)}" for number in (11, 12, 13))
DIGEST = f"sha256:{'a' * 64}"
POLICY_STREAM = stream_id("policy", POLICY_ID)

PROPOSED = i.ImprovementProposed(
    at=NOW,
    title="Ask first",
    system="chat",
    improvement_kind=i.ImprovementKind.CORRECTIVE,
    cause=i.ImprovementCause(kind=i.CauseKind.INCIDENT, ref=f"incident/{INCIDENT}", leaf=4),
)
AGREED = i.ImprovementAccepted(at=NOW, owner=ADA, due=DUE)
BY_EVIDENCE = i.SuccessCriterion(kind=i.CriterionKind.EVIDENCE, evidence_kind="test_report")
BY_METRIC = i.SuccessCriterion(
    kind=i.CriterionKind.METRIC,
    metric="p95",
    comparison=i.Comparing.AT_MOST,
    target=2.0,
    unit="s",
    within=timedelta(days=30),
)
NOT_AGAIN = i.SuccessCriterion(
    kind=i.CriterionKind.NO_RECURRENCE, group=GROUP, within=timedelta(days=90)
)
DONE = i.ImprovementDone(at=DONE_AT, what="Asks first", person=BOB, persons=(BOB,))
CHECKED = i.ImprovementChecked(
    at=DONE_AT, result=i.CheckResult.EFFECTIVE, basis="Looked.", person=EVE
)
FAILED = replace(CHECKED, result=i.CheckResult.NOT_EFFECTIVE)
ACTED = i.ImprovementActed(
    at=DONE_AT,
    updates=(i.ActedUpdate(what=i.UpdateKind.TRAINING, reference="Course"),),
    person=ADA,
)
UNTIL = DONE_AT + timedelta(days=90)


def agreed(criterion: i.SuccessCriterion | None = None) -> tuple[i.ImprovementEvent, ...]:
    """Proposed and accepted, with a criterion."""
    if criterion is None:
        return (PROPOSED, AGREED)
    return (PROPOSED, replace(AGREED, criterion=criterion))


def done(criterion: i.SuccessCriterion | None = None) -> tuple[i.ImprovementEvent, ...]:
    """Done as well; its effect is known when the criterion says."""
    within = criterion.within if criterion else None
    event = replace(DONE, check_by=DONE_AT + within) if within else DONE
    return (*agreed(criterion), event)


def adopted(digest: str = DIGEST) -> PolicyAdopted:
    """A policy that took force."""
    return PolicyAdopted(at=NOW, text="", digest=digest, reason="New threshold")


class When:
    """A command put to an improvement; `then`, `nothing` and `refused` ask what came of it."""

    def __init__(self, story: "Given", command: Any) -> None:
        self._story = story
        self._command = command

    def all(self) -> tuple[Appended, ...]:
        """What it appends, by stream."""
        return self._story.decided(self._command)

    def then(self, *expected: Event) -> "When":
        """Exactly these events of the improvement itself."""
        own = [each for of, events in self.all() if of == STREAM for each in events]
        assert list(expected) == own
        return self

    def nothing(self) -> None:
        """No event."""
        assert [] == [each for _, events in self.all() for each in events]

    def refused(self, rule: str) -> Refused:
        """Refused by the name of a rule."""
        with pytest.raises(Refused) as found:
            self.all()
        assert rule == found.value.rule
        assert found.value.remedy
        return found.value

    def invalid(self) -> LedgerError:
        """Refused as no command."""
        with pytest.raises(LedgerError) as found:
            self.all()
        assert "invalid" == found.value.code
        return found.value


class Given:
    """An improvement's past, who sends, when, and what other streams say."""

    def __init__(self, *events: i.ImprovementEvent) -> None:
        self._events = events
        self._sender = Sender(EVE, frozenset({EVE}), in_person=True)
        self._now = NOW
        self._policy = POLICY
        self._others: dict[str, tuple[Event, ...]] = {}

    def by(self, actor: str, *counts_as: str) -> "Given":
        """Somebody sends it, who counts as others too."""
        self._sender = Sender(actor, frozenset({actor, *counts_as}), in_person=True)
        return self

    def at(self, now: datetime) -> "Given":
        """It is that time."""
        self._now = now
        return self

    def beside(self, stream: str, *events: Event) -> "Given":
        """Another stream has these events."""
        self._others[stream] = events
        return self

    def when(self, command: Any) -> When:
        """A command is put to it."""
        return When(self, command)

    @property
    def state(self) -> i.Improvement:
        """As it stands."""
        state: i.Improvement = i.IMPROVEMENT.folded(self._events)
        return state

    def decided(self, command: Any) -> tuple[Appended, ...]:
        """What the kind makes of it, as the executor asks it."""
        of = i.IMPROVEMENT.command_type(command)
        if of is None or of.decide_over is None:
            return (Appended(STREAM, i.decide(command, self.state, self._policy, self._now)),)
        named = [*of.reads(command), *of.checks(command)]
        states: Mapping[str, Any] = {STREAM: self.state}
        follows = of.follows(command, STREAM, states) if of.follows else ()
        folded = {
            each: KINDS[kind_of(each)].folded(self._others.get(each, ()))
            for each in (*named, *follows)
        }
        return of.decide_over(
            command, STREAM, {**states, **folded}, self._policy, self._now, self._sender
        )


def given(*events: i.ImprovementEvent) -> Given:
    """The events before."""
    return Given(*events)


__all__ = ["Policy", "given"]
