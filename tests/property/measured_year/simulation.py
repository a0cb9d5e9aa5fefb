"""Two hosts on one store that are sent measurements and judge them; steps alone move the clock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import assert_never, cast
from uuid import UUID

from consumers.reactor.judging import JudgingProcess
from consumers.services import Services
from ledger.domain import metric as m
from ledger.domain import system as y
from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.identity import system_id
from ledger.domain.objective import ObjectiveBreached
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import (
    AdoptPolicyRequest,
    Context,
    ExecuteCommand,
    Executor,
)
from ledger.execute.requests import Request
from ledger.vocabulary import Direction, Purpose
from tests.harness.commands import EVERYTHING
from tests.harness.homes import leave
from tests.property.measured_year import steps as s
from tests.property.measured_year.hosts import (
    Died,
    Host,
    Interrupted,
    die,
    judge,
    next_quarter,
    nothing,
)
from tests.property.measured_year.terms import Terms
from tests.property.place import Place

HOUR = timedelta(hours=1)
UNITS = {
    "p95": (("s", "1"), ("ms", "1000")),
    "latency p95": (("s", "1"), ("us", "1000000")),
    "availability": (("%", "1"), ("1", "1/100")),
    "harmful output rate": (("%", "1"), ("ratio", "1/100")),
    "pass@5": (("1", "1"), ("%", "100")),
    "psi": (("1", "1"), ("ratio", "1")),
    "something else": (("1", "1"), ("furlongs", "1")),
}
"""In which units a metric is sent, and how many of them its base unit is."""


class World(Place):
    """Where a year passes. `sent` are the measurements that were recorded, newest last."""

    def __init__(self, directory: Path, now: datetime, terms: Terms) -> None:
        super().__init__(directory, now)
        self.sent: list[tuple[UUID, m.RecordMeasurement]] = []
        self._closed = False
        self.hosts = [Host(self), Host(self)]
        self.happen(s.Adopt(0, terms))

    def live(self, steps: Sequence[s.Step], look: Callable[["World"], None]) -> None:
        """Lets everything happen, in order; `look` is done wherever somebody looks."""
        for step in steps:
            if isinstance(step, s.Look):
                self.settle()
                look(self)
            else:
                self.happen(step)

    def happen(self, step: s.Step) -> None:
        """Lets one thing happen; what the ledger refuses does not."""
        match step:
            case s.Wait(span):
                self.now += span
            case s.WaitForQuarter(zone, span):
                self.now = max(self.now, next_quarter(self.now, zone) + span)
            case s.Measure():
                self._measure(step)
            case s.Again(host, number):
                if self.sent:
                    of, command = self.sent[-1 - number % len(self.sent)]
                    self._ask(host, m.METRIC.kind, of, command)
            case s.Retract(host, number):
                if self.sent:
                    self._retract(host, self.sent[-1 - number % len(self.sent)][0])
            case s.RetractShown(host, number):
                shown = [
                    UUID(each)
                    for recorded in self.log()
                    if isinstance(recorded.event, ObjectiveBreached)
                    for each in recorded.event.measurements
                ]
                if shown:
                    self._retract(host, shown[-1 - number % len(shown)])
            case s.Correct():
                self._correct(step)
            case s.Adopt(host, terms):
                adopt = AdoptPolicy(text=terms.text(), reason="Time for it.")
                self._execute(host, AdoptPolicyRequest(asker=HOST, command=adopt))
            case s.Register():
                self._register(step)
            case s.Run(part, host):
                self._run(part, host)
            case s.Look():
                pass
            case _:
                assert_never(step)

    def settle(self) -> None:
        """Lets everything be judged and shown."""
        self.sealer.seal()
        for host in self.hosts:
            host.judging.catch_up()
        self.sealer.seal()
        self.projector.catch_up()

    def close(self) -> None:
        """Closes all of it, once."""
        if not self._closed:
            self._closed = True
            for host in self.hosts:
                host.close()
            self.ledger.close()

    def _run(self, part: s.Part, host: int) -> None:
        own, other = self.hosts[host], self.hosts[1 - host]
        match part:
            case "seal":
                self.sealer.seal()
            case "judge":
                own.judging.catch_up()
            case "act":
                self.sealer.seal()
                own.judging.catch_up()
            case "race":
                self.sealer.seal()
                self._interrupted(own, before=lambda: judge(other), after=nothing)
            case "die":
                self.sealer.seal()
                self._interrupted(own, before=die, after=nothing)
                self._restart(host)
            case "die_after":
                self.sealer.seal()
                self._interrupted(own, before=nothing, after=die)
                self._restart(host)
            case "restart":
                self._restart(host)
            case "project":
                self.projector.catch_up()
            case "rebuild":
                self.rebuild()

    def _interrupted(
        self, host: Host, *, before: Callable[[], None], after: Callable[[], None]
    ) -> None:
        """A new process of a host judges, and something happens whenever it commits."""
        executor = cast("Executor", Interrupted(host.executor, before, after))
        services = Services(host.store, executor, clock=self.clock, new_id=self.new_id)
        with suppress(Died):
            JudgingProcess(services).catch_up()

    def _restart(self, host: int) -> None:
        self.hosts[host].close()
        self.hosts[host] = Host(self)

    def _measure(self, step: s.Measure) -> None:
        units = UNITS[step.metric]
        name, times = (None, "1") if step.unit is None else units[step.unit % len(units)]
        place = step.place
        for value in step.values:
            self.now += HOUR
            until = self.now - step.ago
            command = m.RecordMeasurement(
                system=step.system,
                metric=step.metric,
                value=float(Fraction(value) * Fraction(times)),
                unit=name,
                n=step.n,
                direction=None if step.direction is None else Direction(step.direction),
                since=until - timedelta(minutes=step.minutes) if step.minutes else None,
                until=until,
                purpose=Purpose.EVALUATION if step.evaluation else Purpose.MONITORING,
                segment=dict(step.segment),
                dataset_digest=step.dataset,
                judge=step.judge,
                evidence=None if place is None else f"{place.file:064x}",
                path=None if place is None else f"[{place.path}]",
                mapping=None if place is None else f"{place.mapping:064x}",
                id=step.own_id,
            )
            self._record(step.host, command)

    def _correct(self, step: s.Correct) -> None:
        of_files = [command for _, command in self.sent if command.path and not command.id]
        if not of_files:
            return
        before = of_files[-1 - step.number % len(of_files)]
        self._retract(step.host, m.measurement_id(before))
        command = m.RecordMeasurement(
            system=before.system,
            metric=before.metric,
            value=float(step.value),
            unit=UNITS[before.metric][0][0],
            n=before.n or 100,
            since=before.since,
            until=before.until,
            purpose=Purpose.EVALUATION if step.evaluation else Purpose.MONITORING,
            segment=before.segment if step.segment is None else dict(step.segment),
            dataset_digest=before.dataset_digest,
            judge=before.judge,
            evidence=before.evidence,
            path=before.path,
            mapping=f"{step.mapping:064x}",
        )
        self._record(step.host, command)

    def _register(self, step: s.Register) -> None:
        command: Command = y.RegisterSystem(
            system=step.system, title="A system", intended_purpose="It is tried."
        )
        if step.retired:
            command = y.RetireSystem(
                data="Kept.", keys="Revoked.", users="Told.", open_clocks="None."
            )
        self._ask(step.host, y.SYSTEM.kind, system_id(step.system), command)

    def _record(self, host: int, command: m.RecordMeasurement) -> None:
        of = m.measurement_id(command)
        if self._ask(host, m.METRIC.kind, of, command):
            self.sent.append((of, command))

    def _retract(self, host: int, of: UUID) -> None:
        self._ask(host, m.METRIC.kind, of, m.RetractMeasurement(reason="It was wrong."))

    def _ask(self, host: int, kind: str, subject: UUID, command: Command) -> bool:
        request = ExecuteCommand(kind=kind, subject=subject, command=command, asker=EVERYTHING)
        return self._execute(host, request)

    def _execute(self, host: int, request: Request) -> bool:
        context = Context(
            at=self.now, actor="person/1", source="airledger", correlation=self.new_id()
        )
        with suppress(Refused, Invalid, NotFound):
            return self.hosts[host].executor.execute(request, context).events > 0
        return False


@contextmanager
def world(directory: Path, now: datetime, terms: Terms) -> Iterator[World]:
    opened = World(directory, now, terms)
    try:
        yield opened
    finally:
        opened.close()
        leave(directory)
