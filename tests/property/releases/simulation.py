"""Two hosts on one store where releases live; steps alone move the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from consumers.reactor.cards import CardChecks
from consumers.services import Services
from ledger.domain import evidence as v
from ledger.domain import metric as m
from ledger.domain.access.deciding import HOST
from ledger.domain.access.roles import DelegateRole, GrantRole, JoinPersons, RoleAt, RoleCommand
from ledger.domain.command import Command
from ledger.domain.identity import release_id
from ledger.domain.incident.commands import Dismiss, Report
from ledger.domain.policy import AdoptPolicy
from ledger.domain.release import commands as c
from ledger.domain.release.words import Decision, DeployMode
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import AdoptPolicyRequest, ChangeRoles, Context, ExecuteCommand, Executor
from ledger.execute.requests import Request
from ledger.store.port import NewEvent
from ledger.vocabulary import Direction, Purpose
from tests.harness.commands import EVERYTHING, report_incident
from tests.harness.homes import leave, store_of
from tests.property.place import Place
from tests.property.releases.documents import DOCUMENTS, REQUIREMENTS, SYSTEM, digest_of, id_of
from tests.property.releases.naive_commands import Expected, Step
from tests.property.releases.people import DEPUTY, GL, HOLDER, PEOPLE
from tests.property.releases.terms import Terms

INCIDENT = UUID(int=7)
UNITS = {
    "pass@5": ("1", Direction.HIGHER),
    "demographic parity difference": ("1", Direction.LOWER),
    "harmful output rate": ("%", Direction.LOWER),
    "attack success rate": ("%", Direction.LOWER),
}
"""The unit of each metric, and which values are better."""
CONTENT = {content: f"{number:064x}" for number, content in enumerate("abc", start=1)}


class Host:
    """A process: all but the store is its own. `before_append` happens once, before it appends."""

    def __init__(self, world: Place) -> None:
        self.store = store_of(world.directory)
        self.before_append: Callable[[], None] | None = None
        self._append = self.store.append
        vars(self.store)["append"] = self._interrupted
        self.executor = Executor(self.store, clock=world.clock, new_id=world.new_id)

    def _interrupted(self, new: list[NewEvent], written: Any = ()) -> range:
        before, self.before_append = self.before_append, None
        if before is not None:
            before()
        return self._append(new, written)

    def close(self) -> None:
        self.executor.close()
        self.store.close()


def written(artefacts: tuple[tuple[str, str], ...]) -> list[Any]:
    """Artefacts as people write them: a content is a digest, a version, or nothing."""
    return [
        f"{kind}:it@sha256:{CONTENT[content]}"
        if content in CONTENT
        else f"{kind}:it{f'@{content}' if content else ''}"
        for kind, content in artefacts
    ]


def person(name: str) -> str:
    return f"person/{name}"


class World(Place):
    """Where releases live."""

    def __init__(self, directory: Path, now: datetime, terms: Terms) -> None:
        super().__init__(directory, now)
        self.hosts = [Host(self), Host(self)]
        self.naive = Expected(now, terms)
        self.measured: list[tuple[UUID, m.RecordMeasurement]] = []
        self._closed = False
        self._begin(terms)

    def _begin(self, terms: Terms) -> None:
        adopt = AdoptPolicy(text=terms.text(), reason="First.")
        self._execute(0, AdoptPolicyRequest(asker=HOST, command=adopt, first=True))
        for name, roles in PEOPLE.items():
            for role in roles:
                self._roles(GrantRole(holder=person(name), at=RoleAt(role)))
        until = self.now + timedelta(days=3_650)
        delegate = DelegateRole(
            holder=person(HOLDER), deputy=person(DEPUTY), at=RoleAt(GL), until=until
        )
        self._roles(delegate, actor=HOLDER)
        report = Report(title="It insults.", system=SYSTEM)
        self._execute(0, report_incident(incident=INCIDENT, report=report))

    def happen(self, step: Step, host: int = 0) -> None:
        """Lets a step happen, in the ledger and by the naive computation; both say the same."""
        if step[0] == "race":
            self._race(step[1], step[2])
            return
        done, expected = self.act(step, host), self.naive.take(step)
        assert expected == done, step

    def _race(self, first: Step, second: Step) -> None:
        """One host is about to append what the other one spoils for it, or does not."""
        found: list[bool] = []
        self.hosts[0].before_append = lambda: found.append(self.act(second, 1))
        done = self.act(first, 0)
        self.hosts[0].before_append = None
        if found:
            assert self.naive.take(second) == found[0], ("race", second, first)
            assert self.naive.take(first) == done, ("race", second, first)
        else:
            assert self.naive.take(first) == done, ("race", first, second)
            assert self.naive.take(second) == self.act(second, 1), ("race", first, second)

    def act(self, step: Step, host: int) -> bool:
        """Lets a step happen in the ledger; whether it had events."""
        done: bool = getattr(self, f"_{step[0]}")(host, *step[1:])
        return done

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            for host in self.hosts:
                host.close()
            self.ledger.close()

    def _wait(self, _: int, span: timedelta) -> bool:
        self.now += span
        return True

    def _restart(self, _: int, host: int) -> bool:
        self.hosts[host].close()
        self.hosts[host] = Host(self)
        return True

    def _follow(self, host: int) -> bool:
        self.sealer.seal()
        own = self.hosts[host]
        services = Services(own.store, own.executor, clock=self.clock, new_id=self.new_id)
        CardChecks(services).catch_up()
        return True

    def _adopt(self, host: int, terms: Terms) -> bool:
        adopt = AdoptPolicy(text=terms.text(), reason="Time for it.")
        return self._execute(host, AdoptPolicyRequest(asker=HOST, command=adopt))

    def _join(self, host: int, ids: tuple[str, str]) -> bool:
        one, other = map(person, ids)
        return self._roles(JoinPersons(person=one, other=other), host)

    def _roles(self, command: RoleCommand, host: int = 0, actor: str = "root") -> bool:
        return self._execute(host, ChangeRoles(command=command, asker=EVERYTHING), actor)

    def _close_incident(self, host: int) -> bool:
        return self._ask(host, "incident", INCIDENT, Dismiss(reason="It was none."), "pia")

    def _propose(
        self,
        host: int,
        version: str,
        change_class: str,
        artefacts: Any,
        authors: tuple[str, ...],
    ) -> bool:
        command = c.ProposeRelease(
            system=SYSTEM,
            version=version,
            change_class=change_class,
            artefacts=written(artefacts),
            authors=list(map(person, authors)),
            incident=str(INCIDENT) if change_class == "emergency" else None,
        )
        return self.tell(host, version, command)

    def _amend(self, host: int, version: str, field: str, value: Any) -> bool:
        said: dict[str, Any] = {field: value}
        if field == "artefacts":
            said = {field: written(value)}
        elif field == "authors":
            said = {field: list(map(person, value))}
        name = "ci" if field == "authors" else "lea"
        return self.tell(host, version, c.AmendRelease(reason="Better so.", **said), name)

    def _attach(self, host: int, version: str, document: str) -> bool:
        asked = REQUIREMENTS[DOCUMENTS[document][0]]
        command = c.AttachEvidence(requirement=asked, evidence=str(id_of(document)))
        return self.tell(host, version, command)

    def _detach(self, host: int, version: str, document: str) -> bool:
        asked, of = REQUIREMENTS[DOCUMENTS[document][0]], str(id_of(document))
        command = c.DetachEvidence(requirement=asked, evidence=of, reason="Wrong one.")
        return self.tell(host, version, command)

    def _file(self, host: int, document: str, release: str, span: timedelta | None) -> bool:
        kind, system = DOCUMENTS[document]
        command = v.FileEvidence(
            kind=kind,
            title=kind,
            digest=digest_of(document),
            system=system,
            release=None if system is None else release,
            valid_until=None if span is None else self.now + span,
        )
        return self._ask(host, "evidence", id_of(document), command)

    def _approve(
        self,
        host: int,
        document: str,
        is_approved: bool,
        versions: tuple[str, ...],
        span: timedelta | None,
    ) -> bool:
        given: dict[str, Any] = {
            "role": GL,
            "versions": list(versions),
            "until": None if span is None else self.now + span,
        }
        command = (
            v.ApproveEvidence(**given)
            if is_approved
            else v.RejectEvidence(**given, reason="It lacks a purpose.")
        )
        return self._ask(host, "evidence", id_of(document), command, "lea")

    def _attest(self, host: int, document: str) -> bool:
        command = v.AttestEvidence(statement="It was tried.")
        return self._ask(host, "evidence", id_of(document), command, "pia")

    def _withdraw(self, host: int, document: str) -> bool:
        command = v.WithdrawEvidence(reason="It is wrong.")
        return self._ask(host, "evidence", id_of(document), command)

    def _measure(self, host: int, version: str, metric: str, said: dict[str, Any]) -> bool:
        unit, direction = UNITS[metric]
        others = {Direction.HIGHER: Direction.LOWER, Direction.LOWER: Direction.HIGHER}
        command = m.RecordMeasurement(
            system=SYSTEM,
            metric=metric,
            value=said["value"],
            unit=unit if said["has_unit"] else None,
            n=said["n"],
            direction=others[direction] if said["opposite"] else None,
            until=self.now - said["ago"],
            purpose=Purpose.EVALUATION,
            segment=dict(said["segment"]),
            release=version,
            id=str(len(self.measured)),
        )
        of = m.measurement_id(command)
        self.measured.append((of, command))
        return self._ask(host, "metric", of, command)

    def _again(self, host: int, number: int) -> bool:
        if not self.measured:
            return False
        of, command = self.measured[-1 - number % len(self.measured)]
        return self._ask(host, "metric", of, command)

    def _retract(self, host: int, number: int) -> bool:
        if not self.measured:
            return False
        of, _ = self.measured[-1 - number % len(self.measured)]
        return self._ask(host, "metric", of, m.RetractMeasurement(reason="It was wrong."))

    def _waive(
        self,
        host: int,
        version: str,
        requirement: str,
        name: str,
        role: str,
        span: timedelta | None,
    ) -> bool:
        said: dict[str, Any] = {"requirement": requirement, "reason": "R.", "role": role}
        command: Command = c.ExcludeRequirement(**said)
        if span is not None:
            command = c.WaiveRequirement(**said, control="C.", until=self.now + span)
        return self.tell(host, version, command, name)

    def _sign(self, host: int, version: str, name: str, role: str) -> bool:
        return self.tell(host, version, c.SignOffRelease(role=role), name)

    def _unsign(self, host: int, version: str, name: str, role: str) -> bool:
        command = c.WithdrawSignOff(role=role, reason="I was wrong.")
        return self.tell(host, version, command, name)

    def _decide(self, host: int, version: str, decision: str) -> bool:
        command = c.DecideRelease(decision=Decision(decision), reason="So it is.")
        return self.tell(host, version, command, "pia")

    def _deploy(self, host: int, version: str, mode: str, is_wrong: bool) -> bool:
        command = c.DeployRelease(
            mode=DeployMode(mode),
            digest="f" * 64 if is_wrong else None,
            system=SYSTEM,
            version=version,
        )
        return self.tell(host, version, command)

    def _undeploy(self, host: int, version: str) -> bool:
        return self.tell(host, version, c.UndeployRelease())

    def _roll_back(self, host: int, version: str, to: str | None) -> bool:
        return self.tell(host, version, c.RollBackRelease(to=to))

    def tell(self, host: int, version: str, command: Command, name: str = "ci") -> bool:
        """A command of a release."""
        return self._ask(host, "release", release_id(SYSTEM, version, "production"), command, name)

    def _ask(self, host: int, kind: str, subject: UUID, command: Command, name: str = "ci") -> bool:
        request = ExecuteCommand(kind=kind, subject=subject, command=command, asker=EVERYTHING)
        return self._execute(host, request, name)

    def _execute(self, host: int, request: Request, name: str = "ci") -> bool:
        context = Context(
            at=self.now, actor=person(name), source="airledger", correlation=self.new_id()
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
