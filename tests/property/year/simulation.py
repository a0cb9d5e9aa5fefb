"""Two hosts on one store, and everything that happens there; a clock that only steps move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_never
from uuid import UUID

from consumers.reactor import Clock, ReviewProcess
from consumers.services import Services
from ledger.domain.access.deciding import HOST
from ledger.domain.alert import Signal
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, stream_id
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import IMPORTED, IncidentDetected
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Invalid, Refused
from ledger.execute import AdoptPolicyRequest, Context, Executor, RecordSignals, Request
from ledger.policy import digest, parse_policy
from ledger.store.mapper import EnvelopeMapper
from ledger.vocabulary import Severity
from tests.harness.commands import command_incident, merge_incidents, report_incident
from tests.harness.homes import leave, store_of
from tests.property.place import Place
from tests.property.year import steps as s
from tests.property.year.actions import commands_of
from tests.property.year.heard import Body
from tests.property.year.sources import signals_of
from tests.property.year.terms import Terms
from tests.property.year.times import instant, next_month_start

ROUNDS = 8
"""So often may one part's events be another's news, before it is called endless."""


class Host:
    """A process: all but the store is its own."""

    def __init__(self, town: "Town", ahead: timedelta = timedelta(0)) -> None:
        self.ahead = ahead
        self._town = town
        self.store = store_of(town.directory)
        self.executor = Executor(self.store, clock=self.now, new_id=town.new_id)
        services = Services(self.store, self.executor, clock=self.now, new_id=town.new_id)
        self.reviews = ReviewProcess(services)
        self.clock = Clock(services)

    def now(self) -> datetime:
        """What its clock says."""
        return self._town.now + self.ahead

    def close(self) -> None:
        self.executor.close()
        self.store.close()


class Town(Place):
    """Where a year passes. `heard` keeps every body that arrived: no event tells repeats."""

    def __init__(self, directory: Path, now: datetime, terms: Terms) -> None:
        super().__init__(directory, now)
        self.heard: list[Body] = []
        self._text = terms.text()
        self.hosts = [Host(self), Host(self)]
        self.happen(s.Adopt(0, terms))

    def live(self, steps: Sequence[s.Step]) -> None:
        """Lets everything happen, in order."""
        for step in steps:
            self.happen(step)

    def happen(self, step: s.Step) -> None:
        """Lets one thing happen; what the ledger refuses does not."""
        match step:
            case s.Wait(span):
                self.now += span
            case s.WaitForEdge(zone, span):
                self.now = max(self.now, next_month_start(self.now, zone) + span)
            case s.WaitFor(at):
                self.now = max(self.now, at)
            case s.Drift(host, ahead):
                self.hosts[host].ahead = ahead
            case s.Run():
                self._run(step.part, step.host)
            case s.Hear():
                self.take(step.host, signals_of(step, self.now))
            case s.Report(by="history"):
                self._import(step)
            case s.Report():
                report = c.Report(
                    title="It broke",
                    system=step.system,
                    severity=Severity(step.severity) if step.severity else None,
                    detected_at=instant(step.at, self.now),
                    impact_ended_at=instant(step.ended, self.now),
                    near_miss=step.near_miss,
                )
                request = report_incident(incident=UUID(self.new_id()), report=report)
                self._ask(step.host, request, imported=step.by == "import")
            case s.Do():
                self._do(step)
            case s.Merge():
                if known := self._incidents():
                    source, into = (known[n % len(known)] for n in (step.number, step.into))
                    merge = merge_incidents(incident=source, into=into, reason="The same.")
                    self._ask(step.host, merge)
            case s.Adopt():
                adopt = AdoptPolicy(text=step.terms.text(), reason="Time for it.")
                self._ask(step.host, AdoptPolicyRequest(asker=HOST, command=adopt))
                self._text = step.terms.text()
            case _:
                assert_never(step)

    def take(
        self, host: int, signals: Sequence[Signal], arrived_at: datetime | None = None
    ) -> None:
        """Lets a host take a source's body that arrived then, or now."""
        at, before = arrived_at or self.hosts[host].now(), self.store.size()
        body = RecordSignals(source=signals[0].source, signals=tuple(signals))
        self._ask(host, body, at=at)
        self.heard.append(Body(body.signals, at, before, self.store.size()))

    def settle(self) -> None:
        """Lets every part of both hosts do what there is to do."""
        for _ in range(ROUNDS):
            self.sealer.seal()
            acted = [part.catch_up() for h in self.hosts for part in (h.reviews, h.clock)]
            if not any(acted):
                self.projector.catch_up()
                return
        raise AssertionError("the hosts find ever more to do")

    def restart(self, host: int) -> None:
        """A host dies and comes back: the store is all that it knows."""
        self.hosts[host].close()
        self.hosts[host] = Host(self, self.hosts[host].ahead)

    def close(self) -> None:
        for host in self.hosts:
            host.close()
        self.ledger.close()

    def _run(self, part: str, host: int) -> None:
        match part:
            case "seal":
                self.sealer.seal()
            case "reviews":
                self.hosts[host].reviews.catch_up()
            case "clock":
                self.hosts[host].clock.catch_up()
            case "act":
                self.sealer.seal()
                self.hosts[host].reviews.catch_up()
                self.hosts[host].clock.catch_up()
            case "project":
                self.projector.catch_up()
            case "rebuild":
                self.rebuild()
            case "restart":
                self.restart(host)

    def _ask(
        self,
        host: int,
        request: Request,
        *,
        at: datetime | None = None,
        imported: bool = False,
        actor: str = "person/1",
    ) -> None:
        context = Context(
            at=at or self.hosts[host].now(),
            actor=actor,
            source="import/history" if imported else "airledger",
            correlation=self.new_id(),
        )
        with suppress(Refused, Invalid):
            self.hosts[host].executor.execute(request, context)

    def _import(self, step: s.Report) -> None:
        """History: the event of an import, appended as an import would."""
        policy = parse_policy(self._text)
        at = instant(step.at, self.now) or self.now
        severity = Severity(step.severity) if step.severity else None
        detected = IncidentDetected(
            at=at,
            title="It broke then",
            system=step.system,
            severity=severity,
            source="import/history",
            basis=IMPORTED,
            month=policy.month_of(at),
            rca_due=policy.rca_due(at),
            at_risk_at=policy.rca_at_risk_at(at),
            counts=policy.counts(severity),
        )
        recorded = Recorded(
            event=detected,
            stream=stream_id("incident", UUID(self.new_id())),
            version=1,
            leaf=-1,
            id=self.new_id(),
            recorded_at=self.now,
            actor="person/1",
            source="import/history",
            correlation=self.new_id(),
            policy_digest=digest(self._text),
        )
        self.hosts[step.host].store.append([EnvelopeMapper(CODEC).to_new_event(recorded)])

    def _incidents(self) -> list[UUID]:
        """Every incident, in the order of detection."""
        return [
            UUID(each.stream.partition("/")[2])
            for each in self.log()
            if isinstance(each.event, IncidentDetected)
        ]

    def _do(self, step: s.Do) -> None:
        if known := self._incidents():
            incident = known[step.number % len(known)]
            for command in commands_of(step, self.now):
                request = command_incident(incident=incident, command=command)
                actor = "person/2" if step.deed == "approve" else "person/1"
                self._ask(step.host, request, imported=step.imported, actor=actor)


@contextmanager
def town(directory: Path, now: datetime, terms: Terms) -> Iterator[Town]:
    opened = Town(directory, now, terms)
    try:
        yield opened
    finally:
        opened.close()
        leave(directory)
