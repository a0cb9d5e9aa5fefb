"""What happens to improvements on a host, and to the incidents and findings that cause them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from ledger.domain import evidence as v
from ledger.domain import improvement as i
from ledger.domain import metric as m
from ledger.domain.access.deciding import Asker
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.command import Command
from ledger.domain.envelope import Event, Recorded, uuid_of
from ledger.domain.identity import action_id, evidence_id, update_id
from ledger.domain.incident import commands as n
from ledger.domain.incident.rca_events import RcaCompleted
from ledger.domain.standard import StandardChanged
from ledger.execute import RecordSignals
from ledger.execute.requests import Request
from ledger.vocabulary import Direction, Purpose, Severity
from tests.harness.commands import EVERYTHING, report_incident
from tests.property.risk_year.naive import Expected, Step
from tests.property.risk_year.naive_improvements import DOCUMENTS, METRIC, TARGET, Key
from tests.property.risk_year.people import GL, HOLDER

REPORTED = UUID(int=7)
"""An incident that no alert opened."""
MOVED = frozenset(
    ("take_up", "reject", "reschedule", "do", "check", "act_on", "do_again", "recur", "end")
)
"""The steps that name an improvement by a number."""


class Improving(Protocol):
    """The part of a world that improves itself."""

    now: datetime
    naive: Expected
    _many: "count[int]"

    def log(self) -> list[Recorded]: ...

    def _in(self, span: timedelta | None) -> datetime | None: ...

    def _execute(self, host: int, request: Request, name: str = ...) -> str: ...

    def _ask(
        self,
        host: int,
        kind: str,
        subject: UUID,
        command: Command,
        name: str = ...,
        asker: Asker = ...,
    ) -> str: ...

    def resolved(self, step: Step) -> Step | None:
        """The step, which names its improvement by a key; None where there is none."""
        if step[0] == "race":
            first, second = self.resolved(step[1]), self.resolved(step[2])
            return None if first is None or second is None else ("race", first, second)
        if step[0] not in MOVED:
            return step
        key = self.naive.key(step[1])
        return None if key is None else (step[0], key, *step[2:])

    def improvement_of(self, key: Key) -> UUID:
        """The id of an improvement."""
        if key[0] == "own":
            return UUID(int=300 + key[1])
        what, kind = (
            ("change", StandardChanged) if key[0] == "update" else ("analyse", RcaCompleted)
        )
        place = [each["n"] for each in self.naive.of(what)].index(key[1])
        cause = self._told(kind)[place]
        of = update_id if key[0] == "update" else action_id
        return of(cause.stream, cause.leaf, key[2])

    def incident_of(self, strike: int) -> UUID:
        """The incident of a strike, by its number in the naive computation."""
        place = [each["n"] for each in self.naive.of("strike")].index(strike)
        event = self._told(GroupOpenedIncident)[place].event
        if not isinstance(event, GroupOpenedIncident):
            raise TypeError(event.name)
        return event.incident

    def _told(self, kind: type[Event]) -> list[Recorded]:
        return [each for each in self.log() if isinstance(each.event, kind)]

    def file_documents(self) -> None:
        """What is on file when the year begins."""
        for place, (name, of) in enumerate(DOCUMENTS.items()):
            digest = f"{place:064x}"
            file = v.FileEvidence(kind=of["kind"], title=name, digest=digest, system=of["system"])
            subject = evidence_id(of["kind"], of["system"], digest)
            self._ask(0, "evidence", subject, file)
            if of["approved_for"] is not None:
                approve = v.ApproveEvidence(
                    role=GL, versions=[], until=self._in(of["approved_for"])
                )
                self._ask(0, "evidence", subject, approve, HOLDER)

    def _suggest(
        self, host: int, number: int, system: str | None, cause: str, names_it: bool
    ) -> str:
        command = i.ProposeImprovement(
            title="Better.",
            system=system,
            improvement_kind=i.ImprovementKind.RISK,
            cause=i.CauseKind(cause),
            cause_ref="INC-1" if names_it else None,
        )
        return self._improve(host, ("own", number), command)

    def _strike(self, host: int, group: str) -> str:
        incident = self._open(host, group)
        return self._ask(host, "incident", incident, n.Dismiss(reason="Noise."))

    def _open(self, host: int, group: str) -> UUID:
        key = f"{group}-{next(self._many)}"
        for status in ("firing", "resolved"):
            signal = Signal(
                source="am",
                dedup_key=key,
                status=SignalStatus(status),
                title="It is down.",
                labels={"alertname": group, "severity": "critical", "system": "chat"},
                annotations={},
                starts_at=self.now,
                ends_at=self.now if status == "resolved" else None,
            )
            self._execute(host, RecordSignals(source="am", signals=(signal,)))
        event = self._told(GroupOpenedIncident)[-1].event
        if not isinstance(event, GroupOpenedIncident):
            raise TypeError(event.name)
        return event.incident

    def _analyse(self, host: int, actions: int, group: str | None) -> str:
        if group is None:
            incident = UUID(int=1_000 + next(self._many))
            report = n.Report(title="It insults.", system="chat")
            self._execute(host, report_incident(incident=incident, report=report))
            classify = n.Classify(severity=Severity.HIGH, category="safety_failure")
            self._ask(host, "incident", incident, classify)
        else:
            incident = self._open(host, group)
        words = [f"Do {each}." for each in range(actions)]
        complete = n.CompleteRca(summary="A leak.", root_cause="No filter.", actions=words)
        done = self._ask(host, "incident", incident, complete)
        self._ask(host, "incident", incident, n.Dismiss(reason="Noise."))
        return done

    def _measure(self, host: int, system: str, value: float) -> str:
        command = m.RecordMeasurement(
            system=system,
            metric=METRIC,
            value=value,
            unit="%",
            n=100,
            direction=Direction.LOWER,
            until=self.now,
            purpose=Purpose.MONITORING,
            id=str(len(self.naive.of("measure"))),
        )
        return self._ask(host, "metric", m.measurement_id(command), command)

    def _measured(self, number: int) -> UUID | None:
        told = self._told(m.Measured)
        return uuid_of(told[number % len(told)].stream) if told else None

    def _retract(self, host: int, number: int) -> str:
        of = self._measured(number)
        if of is None:
            return "nothing"
        return self._ask(host, "metric", of, m.RetractMeasurement(reason="It was wrong."))

    def _take_up(
        self, host: int, key: Key, owner: str, span: timedelta, criterion: dict[str, Any]
    ) -> str:
        said: dict[str, Any] = {}
        match criterion.get("kind"):
            case "metric":
                said = {"success_metric": METRIC, "comparison": i.Comparing.LESS, "unit": "%"}
                if not criterion.get("half"):
                    said["target"] = TARGET
            case "evidence":
                said = {"success_evidence": "tra"}
                if criterion.get("half"):
                    said["target"] = TARGET
            case "no_recurrence":
                said = {"no_recurrence": True}
                if "incident" in criterion:
                    said["incident"] = str(self._named(criterion["incident"]))
        if "days" in criterion:
            said["within_days"] = criterion["days"]
        due = self.now + span
        command = i.AcceptImprovement(owner=f"person/{owner}", due=due, **said)
        return self._improve(host, key, command)

    def _named(self, incident: tuple[str, int]) -> UUID:
        group, number = incident
        strikes = self.naive.strikes(group)
        return self.incident_of(strikes[number % len(strikes)]["n"]) if strikes else REPORTED

    def _reject(self, host: int, key: Key) -> str:
        return self._improve(host, key, i.RejectImprovement(reason="No."))

    def _reschedule(self, host: int, key: Key, span: timedelta) -> str:
        command = i.RescheduleImprovement(due=self.now + span, reason="Later.")
        return self._improve(host, key, command)

    def _do(self, host: int, key: Key, what: str, name: str) -> str:
        return self._improve(host, key, i.RecordImprovementDone(what=what), name)

    def _check(self, host: int, key: Key, name: str, result: str, by: dict[str, Any]) -> str:
        documents = [
            str(evidence_id(DOCUMENTS[each]["kind"], DOCUMENTS[each]["system"], f"{place:064x}"))
            for place, each in enumerate(DOCUMENTS)
            if each in by.get("evidence", ())
        ]
        measurement = self._measured(by["measurement"]) if "measurement" in by else None
        command = i.CheckImprovement(
            result=i.CheckResult(result),
            basis="It was seen.",
            evidence=documents,
            measurement=None if measurement is None else str(measurement),
        )
        return self._improve(host, key, command, name)

    def _act_on(self, host: int, key: Key, what: str, adopted: bool) -> str:
        digest = self.digest if adopted else "e" * 64
        said = f"{what}:It@sha256:{digest}"
        return self._improve(host, key, i.ActOnImprovement(updates=[said]))

    @property
    def digest(self) -> str:
        """That of the first policy."""
        raise NotImplementedError

    def _do_again(self, host: int, key: Key, span: timedelta) -> str:
        command = i.ReopenImprovement(due=self.now + span, reason="Better.")
        return self._improve(host, key, command)

    def _recur(self, host: int, key: Key, incident: tuple[str, int]) -> str:
        if not self.naive.strikes(incident[0]):
            return "not_found"
        command = i.RecurImprovement(incident=str(self._named(incident)))
        return self._improve(host, key, command)

    def _end(self, host: int, key: Key, has_reason: bool) -> str:
        command = i.CloseImprovement(reason="Enough." if has_reason else "")
        return self._improve(host, key, command)

    def _improve(self, host: int, key: Key, command: Command, name: str = "pia") -> str:
        return self._ask(host, "improvement", self.improvement_of(key), command, name, EVERYTHING)
