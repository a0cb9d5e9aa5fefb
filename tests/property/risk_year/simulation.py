"""Two hosts on one store where a year passes; steps alone move the clock."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.domain import control as k
from ledger.domain import standard as s
from ledger.domain import system as y
from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.access.roles import DelegateRole, GrantRole, JoinPersons, RoleAt, RoleCommand
from ledger.domain.catalogue import CODEC, READERS_CODEC
from ledger.domain.command import Command
from ledger.domain.envelope import Recorded
from ledger.domain.identity import control_id, standard_id, system_id
from ledger.domain.incident.commands import Report
from ledger.domain.policy import AdoptPolicy
from ledger.domain.risk import RiskLevel, Treatment
from ledger.domain.risk import commands as c
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import AdoptPolicyRequest, ChangeRoles, Context, ExecuteCommand
from ledger.execute.requests import Request
from ledger.store.side_records import PositionMove
from ledger.vocabulary import ActsBy, Scope
from projections.controls import CONTROLS
from projections.engine import Projector
from projections.improvements import IMPROVEMENTS
from projections.risk_assessments import RISK_ASSESSMENTS
from projections.risk_links import RISK_LINKS
from projections.risks import RISKS
from projections.standards import STANDARDS
from tests.harness.commands import EVERYTHING, report_incident
from tests.harness.homes import leave
from tests.property.place import Place
from tests.property.risk_year.hosts import FOLLOWERS, Died, Host
from tests.property.risk_year.improving import REPORTED, Improving
from tests.property.risk_year.naive import Expected, Step
from tests.property.risk_year.naive_risks import ASKING, PLAN
from tests.property.risk_year.people import DEPUTY, GL, HOLDER, PEOPLE
from tests.property.risk_year.terms import Terms

SHOWN = (RISKS, RISK_LINKS, RISK_ASSESSMENTS, CONTROLS, STANDARDS, IMPROVEMENTS)
"""The read models that a year is about."""
PROGRAM = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.TOKEN)
TARGETS = {("incident", "x"): REPORTED, ("improvement", "x"): UUID(int=300)}
"""What there is from the beginning, to be linked with."""


def person(name: str) -> str:
    return f"person/{name}"


def risk_id(risk: str) -> UUID:
    return UUID(int=100 + ord(risk))


class World(Place, Improving):
    """Where a year passes."""

    def __init__(self, directory: Path, now: datetime, terms: Terms) -> None:
        super().__init__(directory, now)
        self.projector = Projector(self.store, self.views, READERS_CODEC, SHOWN)
        self.hosts = [Host(self), Host(self)]
        self.naive = Expected(now, terms)
        self._closed = False
        self._read: list[Recorded] = []
        self._many = count()
        self._first = terms.text()
        self._begin(terms)

    def _begin(self, terms: Terms) -> None:
        adopt = AdoptPolicy(text=terms.text(), reason="First.")
        self._execute(0, AdoptPolicyRequest(asker=HOST, command=adopt, first=True))
        for name, roles in PEOPLE.items():
            for role, system in roles:
                self._roles(GrantRole(holder=person(name), at=RoleAt(role, system)))
        until = self.now + timedelta(days=3_650)
        holder, deputy = person(HOLDER), person(DEPUTY)
        delegate = DelegateRole(holder=holder, deputy=deputy, at=RoleAt(GL), until=until)
        self._roles(delegate, actor=HOLDER)
        report = Report(title="It insults.", system="chat")
        self._execute(0, report_incident(incident=TARGETS["incident", "x"], report=report))
        self.happen(("suggest", 0, "chat", "person", False))
        self.file_documents()

    @property
    def digest(self) -> str:
        """That of the first policy."""
        return sha256(self._first.encode()).hexdigest()

    def log(self) -> list[Recorded]:
        """Every event, in log order."""
        for entry in self.store.read(len(self._read), 1_000_000, sealed=False):
            self._read.append(CODEC.decode(entry.stored, entry.leaf))
        return self._read

    def happen(self, step: Step, host: int = 0) -> None:
        """Lets a step happen, in the ledger and by the naive computation; both say the same."""
        resolved = self.resolved(step)
        if resolved is None:
            return
        step = resolved
        if step[0] == "race":
            self._race(step[1], step[2])
            return
        done, expected = self.act(step, host), self.naive.take(step)
        assert done in expected.split(" or "), (step, expected, done)

    def _race(self, first: Step, second: Step) -> None:
        """One host is about to append what the other one spoils for it, or does not."""
        found: list[str] = []
        sealed = len(self.naive.happened)
        self.hosts[0].before_append = lambda: found.append(self.act(second, 1))
        done = self.act(first, 0)
        self.hosts[0].before_append = None
        if found:
            order = [(second, found[0]), (first, done)]
        else:
            order = [(first, done), (second, self.act(second, 1))]
        for step, was in order:
            expected = self.naive.take(step, sealed if step is first else None)
            assert was in expected.split(" or "), ("race", step, expected, was, order)

    def act(self, step: Step, host: int) -> str:
        """Lets a step happen in the ledger; what became of it."""
        done: str = getattr(self, f"_{step[0]}")(host, *step[1:])
        return done

    def settle(self) -> None:
        """Everything is acted on, marked and shown."""
        for _ in range(3):
            self.sealer.seal()
            for host in self.hosts:
                host.follow()
                host.clock.catch_up()
        self.sealer.seal()
        self.projector.catch_up()

    def close(self) -> None:
        """Closes all of it, once."""
        if not self._closed:
            self._closed = True
            for host in self.hosts:
                host.close()
            self.ledger.close()

    def _wait(self, _: int, span: timedelta) -> str:
        self.now += span
        return "done"

    def _look(self, _: int) -> str:
        self.settle()
        return "done"

    def _restart(self, _: int, host: int) -> str:
        self.hosts[host].close()
        self.hosts[host] = Host(self)
        return "done"

    def _follow(self, host: int) -> str:
        self.sealer.seal()
        self.hosts[host].follow()
        return "done"

    def _clock(self, host: int) -> str:
        self.sealer.seal()
        self.hosts[host].clock.catch_up()
        return "done"

    def _die(self, host: int, left: int, after: bool) -> str:
        """A process dies at its work, and another one goes on with it."""
        self.sealer.seal()
        for part in self.hosts[host].doomed(left, after=after):
            with suppress(Died):
                part.catch_up()
        self._restart(host, host)
        self._follow(host)
        return self._clock(host)

    def _replay(self, host: int, before: int) -> str:
        """Followers and the clock read once more from where they were before."""
        store = self.hosts[host].store
        for name in (*FOLLOWERS, "clock"):
            at = store.followers.position(name)
            new = max(0, at - before)
            store.append([], [PositionMove(follower=name, old=at, new=new)])
        self._restart(host, host)
        self._follow(host)
        return self._clock(host)

    def _adopt(self, host: int, terms: Terms) -> str:
        adopt = AdoptPolicy(text=terms.text(), reason="Time for it.")
        return self._execute(host, AdoptPolicyRequest(asker=HOST, command=adopt))

    def _join(self, host: int, ids: tuple[str, str]) -> str:
        one, other = map(person, ids)
        return self._roles(JoinPersons(person=one, other=other), host)

    def _roles(self, command: RoleCommand, host: int = 0, actor: str = "root") -> str:
        return self._execute(host, ChangeRoles(command=command, asker=EVERYTHING), actor)

    def _identify(
        self, host: int, risk: str, category: str, system: str | None, owner: str, span: Any
    ) -> str:
        command = c.IdentifyRisk(
            title="It lies.",
            category=category,
            owner=person(owner),
            system=system,
            review_due=self._in(span),
        )
        return self._tell(host, risk, command)

    def _amend(self, host: int, risk: str, owner: str | None, category: str | None) -> str:
        named = None if owner is None else person(owner)
        command = c.AmendRisk(reason="Better so.", owner=named, category=category)
        return self._tell(host, risk, command)

    def _assess(
        self, host: int, risk: str, level: str, likelihood: str, impact: str, name: str
    ) -> str:
        command = c.AssessRisk(
            level=RiskLevel(level), likelihood=likelihood, impact=impact, rationale="So it is."
        )
        return self._tell(host, risk, command, name)

    def _treat(self, host: int, risk: str, treatment: str, span: Any, name: str) -> str:
        command = c.TreatRisk(treatment=Treatment(treatment), plan=PLAN, due=self._in(span))
        return self._tell(host, risk, command, name)

    def _complete(self, host: int, risk: str) -> str:
        return self._tell(host, risk, c.CompleteTreatment(what="All of it."))

    def _request(self, host: int, risk: str, name: str, span: Any) -> str:
        command = c.RequestAcceptance(reason=ASKING, until=self._in(span))
        return self._tell(host, risk, command, name)

    def _accept(
        self, host: int, risk: str, name: str, span: Any, role: str | None, is_person: bool
    ) -> str:
        command = c.AcceptRisk(reason="It is small.", until=self._in(span), role=role)
        asker = EVERYTHING if is_person else PROGRAM
        return self._tell(host, risk, command, name, asker)

    def _withdraw(self, host: int, risk: str) -> str:
        return self._tell(host, risk, c.WithdrawAcceptance(reason="It is not small."))

    def _review(self, host: int, risk: str, span: Any) -> str:
        return self._tell(host, risk, c.ReviewRisk(next_due=self._in(span)))

    def _close(self, host: int, risk: str) -> str:
        return self._tell(host, risk, c.CloseRisk(reason="It is gone."))

    def _reopen(self, host: int, risk: str) -> str:
        return self._tell(host, risk, c.ReopenRisk(reason="It is back."))

    def _link(self, host: int, risk: str, kind: str, target: str, system: str | None) -> str:
        command: Command
        match kind:
            case "control":
                command = c.LinkControl(control=target, system=system)
            case "system":
                command = c.LinkSystem(system=target)
            case "incident":
                command = c.LinkIncident(incident=str(TARGETS[kind, target]))
            case _:
                command = c.LinkImprovement(improvement=str(TARGETS[kind, target]))
        return self._tell(host, risk, command)

    def _unlink(self, host: int, risk: str, kind: str, target: str, system: str | None) -> str:
        said: dict[str, Any] = {kind: str(TARGETS.get((kind, target), target))}
        if kind == "control":
            said["system"] = system
        return self._tell(host, risk, c.UnlinkRisk(reason="Wrong one.", **said))

    def _register_system(self, host: int, system: str) -> str:
        command = y.RegisterSystem(system=system, title="S", intended_purpose="It is tried.")
        return self._ask(host, "system", system_id(system), command)

    def _retire_system(self, host: int, system: str) -> str:
        command = y.RetireSystem(data="Kept.", keys="Gone.", users="Told.", open_clocks="None.")
        return self._ask(host, "system", system_id(system), command)

    def _register(self, host: int, standard: str, systems: tuple[str, ...], span: Any) -> str:
        command = s.RegisterStandard(
            standard=standard,
            title="A law",
            standard_kind=s.StandardKind.LAW,
            edition="1",
            systems=[*systems],
            review_due=self._in(span),
        )
        return self._ask(host, "standard", standard_id(standard), command)

    def _rescope(self, host: int, standard: str, systems: tuple[str, ...]) -> str:
        command = s.AmendStandard(reason="Better so.", systems=[*systems])
        return self._ask(host, "standard", standard_id(standard), command)

    def _change(self, host: int, standard: str, edition: str, span: Any) -> str:
        command = s.ChangeStandard(edition=edition, summary="All.", reassess_by=self._in(span))
        return self._ask(host, "standard", standard_id(standard), command)

    def _look_at(self, host: int, standard: str, span: Any) -> str:
        command = s.ReviewStandard(review_due=self._in(span))
        return self._ask(host, "standard", standard_id(standard), command)

    def _withdraw_standard(self, host: int, standard: str) -> str:
        command = s.WithdrawStandard(reason="No more.")
        return self._ask(host, "standard", standard_id(standard), command)

    def _assess_control(
        self,
        host: int,
        control: str,
        system: str | None,
        effects: tuple[str, str],
        span: Any,
        is_person: bool,
    ) -> str:
        command = k.AssessControl(
            control=control,
            system=system,
            design=k.Effect(effects[0]),
            operating=k.Effect(effects[1]),
            until=self._in(span),
        )
        asker = EVERYTHING if is_person else PROGRAM
        return self._ask(host, "control", control_id(control, system), command, "rik", asker)

    def _in(self, span: timedelta | None) -> datetime | None:
        return None if span is None else self.now + span

    def _tell(
        self, host: int, risk: str, command: Command, name: str = "rik", asker: Asker = EVERYTHING
    ) -> str:
        return self._ask(host, "risk", risk_id(risk), command, name, asker)

    def _ask(
        self,
        host: int,
        kind: str,
        subject: UUID,
        command: Command,
        name: str = "rik",
        asker: Asker = EVERYTHING,
    ) -> str:
        request = ExecuteCommand(kind=kind, subject=subject, command=command, asker=asker)
        return self._execute(host, request, name)

    def _execute(self, host: int, request: Request, name: str = "rik") -> str:
        context = Context(
            at=self.now, actor=person(name), source="airledger", correlation=self.new_id()
        )
        try:
            done = self.hosts[host].executor.execute(request, context).events > 0
        except Refused as refused:
            return refused.rule
        except Invalid:
            return "invalid"
        except NotFound:
            return "not_found"
        return "done" if done else "nothing"


@contextmanager
def world(directory: Path, now: datetime, terms: Terms) -> Iterator[World]:
    """A world, closed at the end."""
    opened = World(directory, now, terms)
    try:
        yield opened
    finally:
        opened.close()
        leave(directory)
