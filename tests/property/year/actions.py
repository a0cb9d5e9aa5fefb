"""What a deed to an incident is, in commands."""

from collections.abc import Sequence
from datetime import datetime

from ledger.domain.incident import commands as c
from ledger.domain.incident.commands import IncidentCommand
from ledger.vocabulary import Category, Severity, Step
from tests.property.year.steps import Do
from tests.property.year.times import instant


def commands_of(do: Do, now: datetime) -> Sequence[IncidentCommand]:
    """The commands, in order."""
    at = instant(do.at, now)
    match do.deed:
        case "contain":
            return (c.Contain(action="Switched off", at=at),)
        case "waive":
            return (c.WaiveStep(step=Step.CONTAIN, reason="It ended by itself"),)
        case "communicate":
            return (c.Communicate(audience="staff", message="We know", at=at),)
        case "classify":
            return (c.Classify(category=Category.INFRA_ERROR, severity=Severity(do.to or "low")),)
        case "start":
            return (c.StartRca(),)
        case "complete":
            return (_complete(at),)
        case "date":
            return (_amend("detected_at", (at or now).isoformat()),)
        case "move":
            return (_amend("system", do.to),)
        case "grade":
            return (_amend("severity", do.to),)
        case "title":
            return (_amend("title", f"It broke at {now.isoformat()}"),)
        case "dismiss":
            return (c.Dismiss(reason="A false alarm"),)
        case "reopen":
            return (c.Reopen(reason="It was none"),)
        case "averted":
            return (c.DeclareNearMiss(reason="It did no harm"),)
        case "happened":
            return (c.WithdrawNearMiss(reason="It did"),)
        case "preliminary":
            return (c.RecordPreliminaryRca(summary=f"Known at {now.isoformat()}", at=at),)
        case "approve":
            return (c.ApproveRca(),)
        case "resolve":
            return (c.Resolve(reason="It does no more harm", at=at),)
        case "end":
            return (_amend("impact_ended_at", None if at is None else at.isoformat()),)
        case "settle":
            return (
                c.Contain(action="Switched off"),
                c.Communicate(audience="staff", message="We know"),
                c.Classify(category=Category.INFRA_ERROR, severity=Severity.LOW),
                c.OpenTicket(url="https://tickets.example/1"),
                c.NotifyRiskManager(channel="pager"),
                _complete(at),
                c.UpdatePlaybook(playbook="On call", change="Look twice"),
                c.Close(reason=do.to or ""),
            )


def _complete(at: datetime | None) -> c.CompleteRca:
    return c.CompleteRca(summary="It broke", root_cause="A bad switch", at=at)


def _amend(field: str, to: str | None) -> c.Amend:
    return c.Amend(field=field, to=to, reason="Seen in the logs")
