"""Given, when, then for releases: a ledger in memory whose commands are decided by the domain.

life.propose("2"); life.ready("2"); life.sign("2"); life.decide("2"); life.outcome("2")
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET

from ledger.domain import evidence as v
from ledger.domain import metric as m
from ledger.domain.catalogue import KINDS
from ledger.domain.command import Command
from ledger.domain.envelope import Event, kind_of, stream_id
from ledger.domain.evidence import RecordCheck, rules_digest
from ledger.domain.identity import evidence_id, release_id
from ledger.domain.improvement import ImprovementProposed
from ledger.domain.incident.commands import Dismiss
from ledger.domain.release import commands as c
from ledger.domain.release.conforming import conformity
from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts, facts_of, related
from ledger.domain.release.judging import Judgement, judge, outcome
from ledger.domain.release.production import Production, production_stream
from ledger.domain.release.state import Release
from ledger.domain.release.words import Decision, DeployMode, GoNoGo, Verdict
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Refused
from ledger.policy import Policy, parse_policy, shipped
from ledger.vocabulary import Purpose
from tests.unit.domain.story import detected

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = "chat"
POLICY = parse_policy(shipped())
VALUES = {
    "pass@5": (0.91, "1"),
    "demographic parity difference": (0.04, "1"),
    "harmful output rate": (0.2, "%"),
    "attack success rate": (2.0, "%"),
}
"""Values that meet the thresholds of the policy as shipped, with their units."""
INCIDENT = UUID(int=7)


def person(name: str, *roles: str, **more: Any) -> Sender:
    """A person's own session, with the roles that he holds for the organisation."""
    facts = {"actor": name, "persons": frozenset({name}), "in_person": True}
    return Sender(**{**facts, "roles": frozenset((role, None) for role in roles), **more})


OWNER = person("person/pia", "product_owner")
LEAD = person("person/lea", "governance_lead")
AUTHOR = person("person/emil", "product_owner", "governance_lead")
PIPELINE = Sender("source/ci", frozenset({"source/ci"}))


def digest(text: str) -> str:
    """The digest of some content."""
    return sha256(text.encode()).hexdigest()


def model(text: str = "1") -> str:
    """A model with some content, as people write it."""
    return f"model:llm@sha256:{digest(text)}"


def prompt(text: str = "1") -> str:
    """A prompt with some content, as people write it."""
    return f"prompt:triage@sha256:{digest(text)}"


def policy_with(*changes: tuple[str, str]) -> Policy:
    """The shipped policy with passages changed."""
    text = shipped()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_policy(text)


def rule_of(act: Callable[[], object]) -> str:
    """The rule that refuses it, which says what to do instead."""
    with pytest.raises(Refused) as found:
        act()
    assert found.value.message
    assert found.value.remedy
    return found.value.rule


class Life:
    """Takes commands, and keeps the events of every stream. `now` moves by hand."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy, self.now = policy, NOW
        self.streams: defaultdict[str, list[Event]] = defaultdict(list)

    def state(self, stream: str) -> Any:
        """A stream's folded state."""
        kind = KINDS[kind_of(stream)]
        return reduce(kind.evolve, self.streams[stream], kind.initial)

    def append(self, stream: str, *events: Event) -> None:
        """Adds events to a stream."""
        self.streams[stream] += events

    def send(
        self, kind: str, of: UUID, command: Command, by: Sender = PIPELINE
    ) -> tuple[tuple[str, Event], ...]:
        """The events of a command, each with its stream. Raises what refused it."""
        found = KINDS[kind].command_type(command)
        assert found is not None
        stream = stream_id(kind, of)
        states = {
            each: self.state(each)
            for each in (stream, *found.reads(command), *found.checks(command))
        }
        if (follows := found.follows) is not None:
            self._follow(states, lambda known: follows(command, stream, known))
        if found.decide_over is not None:
            decided = found.decide_over(command, stream, states, self.policy, self.now, by)
        elif found.decide_by is not None:
            events = found.decide_by(command, states[stream], self.policy, self.now, by)
            decided = (Appended(stream, events),)
        else:
            events = KINDS[kind].decided(command, states[stream], self.policy, self.now)
            decided = (Appended(stream, events),)
        new = tuple((name, event) for name, events in decided for event in events)
        for name, event in new:
            self.append(name, event)
        return new

    def _follow(
        self,
        states: dict[str, Any],
        names: Callable[[Mapping[str, Any]], tuple[str, ...]],
    ) -> None:
        while new := [each for each in names(states) if each not in states]:
            states |= {each: self.state(each) for each in new}

    def tell(
        self, version: str, command: Command, by: Sender = PIPELINE, environment: str = "production"
    ) -> tuple[Event, ...]:
        """The events of a command in the release's own stream."""
        of = release_id(SYSTEM, version, environment)
        new = self.send("release", of, command, by)
        return tuple(event for name, event in new if name == stream_id("release", of))

    def propose(self, version: str = "2", **changes: Any) -> tuple[Event, ...]:
        """A release, as a pipeline proposes it."""
        by = changes.pop("by", PIPELINE)
        body = {
            "system": SYSTEM,
            "version": version,
            "change_class": "major",
            "artefacts": [model(), prompt()],
            "authors": ["person/emil"],
        }
        return self.tell(version, c.ProposeRelease(**{**body, **changes}), by)

    def amend(self, version: str, **changes: Any) -> tuple[Event, ...]:
        """Changes what is proposed."""
        return self.tell(version, c.AmendRelease(reason="Better so.", **changes))

    def file(self, kind: str, version: str | None = "2", system: str | None = SYSTEM) -> UUID:
        """New evidence; a card is found to be complete."""
        content = digest(f"{kind} {version} {len(self.streams)}")
        of = evidence_id(kind, system, content)
        command = v.FileEvidence(
            kind=kind, title=kind, digest=content, system=system, release=version
        )
        self.send("evidence", of, command)
        if kind in self.policy.evidence.complete:
            self.check_card(of, v.CardVerdict.COMPLETE)
        return of

    def check_card(self, of: UUID, verdict: v.CardVerdict, until: datetime | None = None) -> None:
        """What a check of a card by the policy came to."""
        state: v.Evidence = self.state(stream_id("evidence", of))
        checked = v.EvidenceChecked(
            at=self.now,
            verdict=verdict,
            reason="So it is.",
            rules=rules_digest(self.policy.evidence.complete[state.kind]),
            until=until or UNSET,
        )
        command = RecordCheck(event=checked, release=state.release)
        kind = KINDS["evidence"]
        events = kind.decided(command, state, self.policy, self.now)
        self.append(stream_id("evidence", of), *events)

    def to_evidence(self, of: UUID, command: Command, by: Sender = LEAD) -> None:
        """A command of a piece of evidence."""
        self.send("evidence", of, command, by)

    def approve(self, of: UUID, by: Sender = LEAD, **more: Any) -> None:
        """Somebody approves evidence."""
        self.to_evidence(of, v.ApproveEvidence(**{"role": "governance_lead", **more}), by)

    def attest(self, of: UUID) -> None:
        """Somebody attests evidence."""
        self.to_evidence(of, v.AttestEvidence(statement="It was tried."), OWNER)

    def withdraw(self, of: UUID) -> None:
        """Somebody withdraws evidence."""
        self.to_evidence(of, v.WithdrawEvidence(reason="It is wrong."))

    def attach(self, version: str, requirement: str, of: UUID) -> tuple[Event, ...]:
        """Names evidence for a requirement."""
        return self.tell(version, c.AttachEvidence(requirement=requirement, evidence=str(of)))

    def document(self, version: str, way_back: str = "rollback_plan") -> dict[str, UUID]:
        """Files and attaches all that the gates ask for; by requirement."""
        found = {
            "model_card": self.file("model_card", version),
            "system_card": self.file("system_card", version),
            "impact_approved": self.file("dpia", version),
            "way_back": self.file(way_back, version),
        }
        self.approve(found["impact_approved"])
        self.attest(found["way_back"])
        for requirement, of in found.items():
            self.attach(version, requirement, of)
        return found

    def measure(self, version: str, metric: str, value: float, **more: Any) -> UUID:
        """An evaluation of a version."""
        body = {
            "system": SYSTEM,
            "metric": metric,
            "value": value,
            "unit": VALUES[metric][1] if metric in VALUES else "1",
            "n": 400,
            "until": self.now,
            "purpose": Purpose.EVALUATION,
            "release": version,
            "id": str(len(self.streams)),
        }
        command = m.RecordMeasurement(**{**body, **more})
        self.send("metric", m.measurement_id(command), command)
        return m.measurement_id(command)

    def retract(self, of: UUID) -> None:
        """An evaluation was wrong."""
        self.send("metric", of, m.RetractMeasurement(reason="It was wrong."))

    def evaluate(self, version: str) -> None:
        """Evaluations that meet all thresholds."""
        for metric, (value, _) in VALUES.items():
            self.measure(version, metric, value)

    def ready(
        self, version: str = "2", way_back: str = "rollback_plan", **more: Any
    ) -> dict[str, UUID]:
        """A release of which only the sign-offs are missing; its evidence by requirement."""
        self.propose(version, **more)
        found = self.document(version, way_back)
        self.evaluate(version)
        return found

    def sign(self, version: str = "2", role: str = "", by: Sender | None = None) -> None:
        """Both persons sign, or one in a role."""
        for each, name in ((OWNER, "product_owner"), (LEAD, "governance_lead")):
            if role in ("", name):
                self.tell(version, c.SignOffRelease(role=name), by or each)

    def decide(
        self, version: str = "2", decision: Decision = Decision.GO, **more: Any
    ) -> tuple[Event, ...]:
        """A person decides."""
        reason = "" if decision is Decision.GO else "It is too early."
        command = c.DecideRelease(**{"decision": decision, "reason": reason, **more})
        return self.tell(version, command, OWNER)

    def go(self, version: str = "2", **more: Any) -> dict[str, UUID]:
        """A release that went through all gates; its evidence by requirement."""
        found = self.ready(version, **more)
        self.sign(version)
        self.decide(version)
        return found

    def deploy(
        self, version: str = "2", mode: DeployMode = DeployMode.FULL, **more: Any
    ) -> tuple[Event, ...]:
        """It runs."""
        named = {"system": SYSTEM, "version": version}
        return self.tell(version, c.DeployRelease(mode=mode, **{**named, **more}))

    def release(self, version: str = "2") -> Release:
        """The state of a release."""
        state: Release = self.state(self.stream(version))
        return state

    def stream(self, version: str = "2") -> str:
        """The stream of a release."""
        return stream_id("release", release_id(SYSTEM, version, "production"))

    def production(self) -> Production:
        """What runs."""
        state: Production = self.state(production_stream(SYSTEM, "production"))
        return state

    def facts(self, version: str = "2") -> Facts:
        """What a release is judged by now."""
        stream = self.stream(version)
        states = {stream: self.state(stream)}
        self._follow(states, lambda known: related(stream, known))
        return facts_of(stream, states, self.policy, self.now)

    def judged(self, version: str = "2") -> Judgement:
        """What the gates come to now."""
        return judge(self.facts(version))

    def outcome(self, version: str = "2") -> GoNoGo:
        """Whether it may be deployed now."""
        return outcome(self.facts(version), self.judged(version))

    def requirement(self, name: str, version: str = "2") -> RequirementJudged:
        """What a requirement comes to now."""
        return next(each for each in self.judged(version).requirements if each.id == name)

    def verdict(self, name: str, version: str = "2") -> Verdict:
        """The verdict of a requirement now."""
        return self.requirement(name, version).verdict

    def look(self, version: str = "2") -> tuple[Event, ...]:
        """The clock judges what runs."""
        found = conformity(self.facts(version))
        self.append(self.stream(version), *found)
        return found

    def incident(self, *, system: str = SYSTEM, closed: bool = False) -> str:
        """An incident; its id."""
        stream = stream_id("incident", INCIDENT)
        self.append(stream, detected(system=system))
        if closed:
            dismiss = Dismiss(reason="It was none.")
            kind = KINDS["incident"]
            self.append(stream, *kind.decided(dismiss, self.state(stream), self.policy, self.now))
        return str(INCIDENT)

    def improvements(self) -> list[ImprovementProposed]:
        """The improvements that were proposed."""
        events = (event for of in list(self.streams) for event in self.streams[of])
        return [each for each in events if isinstance(each, ImprovementProposed)]
