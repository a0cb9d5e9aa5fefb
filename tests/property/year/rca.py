"""What the RCA clocks should be, and what is wrong with the marks in a log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from tests.property.year.reading import Log, amended_time, in_force, name_of, of_kind, written

MOST_AHEAD = timedelta(seconds=90)
"""A host that is behind decides by its own clock; its events are recorded after those before."""


@dataclass
class Clock:
    """An incident's RCA, as the events told it so far."""

    leaf: int
    basis: str
    detected: datetime
    due: datetime
    at_risk: datetime
    status: str = "open"
    started: datetime | None = None
    completed: datetime | None = None
    verdict: str | None = None
    at_risk_for: dict[datetime, datetime] = field(default_factory=dict)
    overdue_for: dict[datetime, datetime] = field(default_factory=dict)
    """When the mark of each due time was recorded."""
    marks: list[dict[str, object]] = field(default_factory=list)
    near_miss: bool = False
    preliminary: dict[str, object] = field(default_factory=dict)
    first_due: datetime | None = None
    """The deadline that a preliminary RCA met; `due` is then the final one's."""
    first_met: datetime | None = None
    approval: dict[str, object] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether anybody still waits for it."""
        owed = self.status == "open" and not self.near_miss and self.basis != "imported"
        return owed and self.completed is None

    def state(self, now: datetime) -> str:
        """Where it stands at an instant."""
        if self.completed is not None:
            in_time = self.completed <= self.due
            if self.first_due is not None and self.first_met is not None:
                in_time = in_time and self.first_met <= self.first_due
            return "met" if in_time or self.near_miss else "met_late"
        if self.near_miss or self.status in {"dismissed", "merged"}:
            return "cancelled"
        if now > self.due:
            return "breached"
        return "on_track" if now < self.at_risk else "at_risk"

    def row(self, incident: str) -> dict[str, object]:
        """As the read model has it."""
        return {
            "incident": incident,
            "leaf": self.leaf,
            "basis": self.basis,
            "status": self.status,
            "detected_at": written(self.detected),
            "due": written(self.due),
            "at_risk_at": written(self.at_risk),
            "started_at": written(self.started),
            "completed_at": written(self.completed),
            "at_risk_recorded_at": written(_last(self.at_risk_for)),
            "overdue_recorded_at": written(_last(self.overdue_for)),
            "verdict_at_due": self.verdict,
            "marks": self.marks,
            "near_miss": self.near_miss,
            "preliminary": self.preliminary,
            "preliminary_due": written(self.first_due),
            "preliminary_met_at": written(self.first_met),
            "approval": self.approval,
        }

    def judges(self, what: str, at: datetime, recorded_at: datetime) -> None:
        """An RCA was there, in time or not; that of a near miss is never late."""
        late = at > self.due
        verdict = None if late and self.near_miss else "overdue" if late else "met"
        self.says(what, self.due, recorded_at, verdict)
        self.verdict = self.verdict or verdict

    def says(self, mark: str, due: datetime, recorded_at: datetime, verdict: str | None) -> None:
        """Something was recorded of a due time."""
        entry = {"due": written(due), "recorded_at": written(recorded_at)}
        self.marks.append({"mark": mark, **entry, "verdict": verdict, "withdrawn_at": None})


def _last(marks: dict[datetime, datetime]) -> datetime | None:
    return list(marks.values())[-1] if marks else None


def clocks(log: Log) -> dict[str, Clock]:
    """The clock of every incident."""
    return _read(log)[0]


def wrong_marks(log: Log, now: datetime) -> list[str]:
    """What is said of an RCA wrongly, twice, or not although its time has come."""
    found, wrong = _read(log)
    return [*wrong, *(w for name, clock in found.items() for w in _missing(name, clock, now))]


def _missing(name: str, clock: Clock, now: datetime) -> Iterator[str]:
    if clock.runs and clock.at_risk <= now and clock.due not in clock.at_risk_for:
        yield f"{name} is at risk since {clock.at_risk}, and nothing says so"
    if clock.runs and clock.due < now and clock.due not in clock.overdue_for:
        yield f"{name} is overdue since {clock.due}, and nothing says so"


def _read(log: Log) -> tuple[dict[str, Clock], list[str]]:
    found: dict[str, Clock] = {}
    wrong: list[str] = []
    for each in of_kind(log, "incident"):
        name, event = name_of(each), each.event
        if isinstance(event, e.IncidentDetected):
            found[name] = Clock(each.leaf, event.basis, event.at, event.rca_due, event.at_risk_at)
            continue
        clock = found[name]
        if isinstance(event, e.RcaAtRisk | e.RcaOverdue):
            wrong += _mark(name, clock, each, event)
        elif isinstance(event, e.RcaCompleted):
            late = each.recorded_at - MOST_AHEAD > clock.due
            if clock.runs and late and clock.due not in clock.overdue_for:
                wrong.append(f"{name} was complete only after {clock.due}, and nothing says so")
            clock.completed = event.at
            clock.judges("completed", event.at, each.recorded_at)
        elif isinstance(event, e.RcaPreliminary):
            wrong += _preliminary(name, clock, each, event, log)
        elif isinstance(event, e.RcaApprovalRequested | e.RcaApproved):
            wrong += _approval(name, clock, each, event, log)
        else:
            _move(clock, event)
    return found, wrong


def _mark(
    name: str, clock: Clock, recorded: Recorded, event: e.RcaAtRisk | e.RcaOverdue
) -> Iterator[str]:
    overdue = isinstance(event, e.RcaOverdue)
    marks = clock.overdue_for if overdue else clock.at_risk_for
    time = clock.due if overdue else clock.at_risk
    what = f"{type(event).__name__} of {name} for {event.due} at leaf {recorded.leaf}"
    if not clock.runs:
        yield f"{what}: nobody waits for that RCA"
    if event.due != clock.due:
        yield f"{what}: it is due {clock.due}"
    if event.due in marks:
        yield f"{what}: said before"
    if event.at != time:
        yield f"{what}: its time is {event.at}, not {time}"
    if recorded.recorded_at < event.at:
        yield f"{what}: recorded before its time"
    marks[event.due] = recorded.recorded_at
    said = ("overdue", "overdue") if overdue else ("at_risk", None)
    clock.says(said[0], event.due, recorded.recorded_at, said[1])
    if overdue:
        clock.verdict = clock.verdict or "overdue"


def _preliminary(
    name: str, clock: Clock, each: Recorded, event: e.RcaPreliminary, log: Log
) -> Iterator[str]:
    policy = in_force(log, each.leaf)
    span = policy.final_due_after
    final = None if span is None or clock.first_due else event.at + span
    if (event.meets, event.final_due) != (span is not None, final):
        yield f"the preliminary RCA of {name} at leaf {each.leaf}: the final one is due {final}"
    if clock.completed is not None:
        yield f"the preliminary RCA of {name} at leaf {each.leaf} came after the complete one"
    clock.preliminary = {
        "at": written(event.at),
        "by": each.actor,
        "summary": event.summary,
        "root_cause": "",
        "actions": [],
        "meets": event.meets,
    }
    if final is None:
        return
    late = each.recorded_at - MOST_AHEAD > clock.due
    if clock.runs and late and clock.due not in clock.overdue_for:
        yield f"{name} was met only after {clock.due}, and nothing says so"
    clock.judges("preliminary", event.at, each.recorded_at)
    clock.first_due, clock.first_met = clock.due, event.at
    clock.due, clock.at_risk = final, final - policy.at_risk_lead


def _approval(
    name: str,
    clock: Clock,
    each: Recorded,
    event: e.RcaApprovalRequested | e.RcaApproved,
    log: Log,
) -> Iterator[str]:
    if isinstance(event, e.RcaApprovalRequested):
        needed = in_force(log, each.leaf).needs_approval or bool(clock.approval)  # or corrected
        if not needed or clock.completed is None:
            yield f"the RCA of {name} needs no approval at leaf {each.leaf}"
        clock.approval = {"author": each.actor, "at": None, "by": None, "comment": ""}
        return
    if not clock.approval or clock.approval["by"] or clock.approval["author"] == each.actor:
        yield f"the RCA of {name} is not to be approved by {each.actor} at leaf {each.leaf}"
    clock.approval |= {"at": written(event.at), "by": each.actor}


def _move(clock: Clock, event: object) -> None:
    match event:
        case e.RcaStarted():
            clock.started = event.at
        case e.Amended():
            if event.field == "detected_at":
                clock.detected = amended_time(event)
            if event.rca_due is not None and event.at_risk_at is not None:
                if clock.first_due is not None:
                    clock.first_due = event.rca_due
                else:
                    clock.due, clock.at_risk = event.rca_due, event.at_risk_at
        case e.NearMissDeclared():
            clock.near_miss = True
        case e.NearMissWithdrawn():
            clock.near_miss = False
        case e.Merged():
            clock.status = "merged"
        case e.Dismissed():
            clock.status = "dismissed"
        case e.Closed():
            clock.status = "closed"
        case e.Reopened():
            clock.status = "open"
