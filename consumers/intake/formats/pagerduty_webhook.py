"""PagerDuty's webhooks V3: what people do to its incidents, as commands on the ledger's.

An acknowledgement, a resolution and a reassignment are commands, and each other event is ignored:
notes and status updates are not copied, and an escalation by the clock assigns nobody. The incident
is known by its key: the one under which a notification of the ledger or an alert went there. Else
its page is a ticket on record. The id of the event, which is signed with it, is that of the
message; a body has no signed time, and sent again later it is a repeat.
Source: PagerDuty's developer documentation, "Webhooks: Overview".
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from consumers.intake.format import Format
from consumers.intake.parsed import ForeignTicket, Incoming, ParsedBody, ignored, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.webhook_commands import Done, assign, commands_for, note, one_line
from consumers.intake.webhook_signatures import PAGERDUTY_SIGNATURE
from consumers.json_decoders import Time, decode_leniently
from ledger.domain.incident.commands import Acknowledge, Resolve
from ledger.policy.times import in_utc
from ledger.vocabulary import SourceKind

SYSTEM = "PagerDuty"
Identity = Annotated[str, Meta(min_length=1, max_length=200)]


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or something, by its name."""

    summary: str | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an incident."""

    id: Identity
    number: int | None = None
    html_url: str | None = None
    incident_key: str | None = None
    assignees: list[Reference] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an event. `agent` is who or what did it; None where that is not said."""

    id: Identity
    event_type: str
    occurred_at: Time | None = None
    agent: Reference | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook: one event."""

    event: msgspec.Raw


class Occurred(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, by whom and when; None where it is not known, or not readable."""

    incident: Incident
    by: str
    at: datetime | None

    @property
    def name(self) -> str:
        """What people call the incident there."""
        number = self.incident.number
        return f"incident {self.incident.id}" if number is None else f"incident #{number}"

    def said(self, what: str) -> str:
        """It in words."""
        return f"{what} in {SYSTEM} by {self.by}: {self.name}."


def _acknowledged(occurred: Occurred) -> tuple[Done, ...]:
    return Done(Acknowledge()), note(occurred.said("Acknowledged"))


def _resolved(occurred: Occurred) -> tuple[Done, ...]:
    return (Done(Resolve(reason=occurred.said("Resolved"), at=occurred.at)),)


def _reopened(occurred: Occurred) -> tuple[Done, ...]:
    return (note(occurred.said("Reopened")),)


def _reassigned(occurred: Occurred) -> tuple[Done, ...]:
    named = [one_line(each.summary or "") for each in occurred.incident.assignees or ()]
    first = next(filter(None, named), "")
    return (assign(first),) if first else ()


_DONE: Mapping[str, Callable[[Occurred], tuple[Done, ...]]] = {
    "incident.acknowledged": _acknowledged,
    "incident.resolved": _resolved,
    "incident.reassigned": _reassigned,
    "incident.reopened": _reopened,
}
"""The commands for each type of event; there are none for others."""
_body = msgspec.json.Decoder(Body)
_incident = msgspec.json.Decoder(Incident)


def parse(incoming: Incoming) -> ParsedBody:
    """Parses a webhook."""
    try:
        require_strict(incoming.body)
        event, _ = decode_leniently(Event, _body.decode(incoming.body).event)
        done = _DONE.get(event.event_type)
        if done is None:
            return ignored(f"No command for {SYSTEM}'s event {one_line(event.event_type)!r}.")
        incident = _incident.decode(event.data)
    except NotStrict as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no webhook of {SYSTEM}'s, V3: {error_text(error)}.")
    at = None if event.occurred_at is None else min(in_utc(event.occurred_at), incoming.arrived_at)
    by = one_line((event.agent.summary if event.agent else None) or "") or "no person"
    occurred = Occurred(incident=incident, by=by, at=at)
    commands = done(occurred)
    if not commands:
        return ignored(f"{occurred.name} of {SYSTEM} is assigned to nobody.")
    ticket = ForeignTicket(
        system=SYSTEM,
        name=occurred.name,
        addresses=(incident.html_url,) if incident.html_url else (),
        key=incident.incident_key or "",
    )
    return commands_for(ticket, event.id, *commands)


PAGERDUTY_WEBHOOK = Format(
    kind=SourceKind.PAGERDUTY_WEBHOOK,
    parse=parse,
    summary="a webhook V3 of PagerDuty",
    description="An incident that is acknowledged, resolved or reassigned there is so here.",
    setup="""\
For a webhook subscription of PagerDuty's, which has the secret that this source was added with:

    URL:     {url}{path}
    Events:  incident.acknowledged, incident.resolved, incident.reassigned, incident.reopened""",
    webhook=PAGERDUTY_SIGNATURE,
)
