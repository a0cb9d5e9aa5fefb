"""incident.io's webhooks: what becomes of its incidents, as commands on the ledger's.

By the category of the status that an incident gets: from triage to live, it is acknowledged;
learning or closed, its impact ended; anything else that ends it, or begins it anew, is a note. The
lead is the owner. An update of an incident says everything anew, so that a lead who was told before
is no news. Messages are not copied, and of private incidents incident.io sends an id alone. The
incident is known by its page, or by the issue that is attached to it, as a ticket on record. The id
of the message is that of its header, which is signed.
Source: incident.io's API documentation, "Webhooks".
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from consumers.intake.format import Format
from consumers.intake.parsed import ForeignTicket, Incoming, ParsedBody, ignored, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.webhook_commands import Done, assign, commands_for, note, one_line
from consumers.intake.webhook_signatures import ID_HEADER, STANDARD_SIGNATURE
from ledger.domain.incident.commands import Acknowledge, Resolve
from ledger.vocabulary import SourceKind

SYSTEM = "incident.io"
STATUS_UPDATED = "public_incident.incident_status_updated_v2"
UPDATED = "public_incident.incident_updated_v2"
WAITING = frozenset({"", "triage"})
UNDER_WAY = frozenset({"live", "paused"})
OVER = frozenset({"learning", "closed"})
LEAD = "lead"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A status; accounts have names of their own, and the categories are incident.io's."""

    name: str | None = None
    category: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a person."""

    name: str | None = None
    email: str | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a role."""

    role_type: str | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a role."""

    role: Role
    assignee: Person | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """The issue of a tracker that is attached to an incident."""

    issue_permalink: str | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an incident."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    reference: str | None = None
    permalink: str | None = None
    external_issue_reference: Issue | None = None
    incident_role_assignments: list[Assignment] | None = None

    @property
    def name(self) -> str:
        """What people call it there."""
        return one_line(self.reference or "") or self.id

    @property
    def ticket(self) -> ForeignTicket:
        """It as a ticket that may be on record."""
        issue = self.external_issue_reference
        addresses = (self.permalink, issue and issue.issue_permalink)
        return ForeignTicket(
            system=SYSTEM, name=self.name, addresses=tuple(each for each in addresses if each)
        )


class StatusUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """An incident got another status."""

    incident: Incident
    new_status: Status
    previous_status: Status | None = None


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of every webhook; what it is about stands under its type."""

    event_type: str


_body = msgspec.json.Decoder(Body)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_status_updated = msgspec.json.Decoder(StatusUpdated)
_incident = msgspec.json.Decoder(Incident)


def parse(incoming: Incoming) -> ParsedBody:
    """Parses a webhook."""
    try:
        require_strict(incoming.body)
        event_type = _body.decode(incoming.body).event_type
        about = _members.decode(incoming.body).get(event_type, msgspec.Raw(b"null"))
        if event_type == STATUS_UPDATED:
            updated = _status_updated.decode(about)
            incident, done = updated.incident, _by_status(updated)
        elif event_type == UPDATED:
            incident = _incident.decode(about)
            done = _by_lead(incident)
        else:
            return ignored(f"No command for {SYSTEM}'s event {one_line(event_type)!r}.")
    except NotStrict as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no webhook of {SYSTEM}'s: {error_text(error)}.")
    if done is None:
        return ignored(f"No command for this change of {incident.name} in {SYSTEM}.")
    return commands_for(incident.ticket, incoming.headers.get(ID_HEADER, incoming.digest), done)


def _by_status(updated: StatusUpdated) -> Done | None:
    """The command for another status; None where it says nothing of the incident here."""
    new = updated.new_status.category or ""
    previous = (updated.previous_status and updated.previous_status.category) or ""
    name = one_line(updated.new_status.name or "") or new
    said = f"{updated.incident.name} of {SYSTEM} has the status {name!r}, which is {new or 'none'}."
    if new in OVER:
        return None if previous in OVER else Done(Resolve(reason=said))
    if new in UNDER_WAY:
        if previous in UNDER_WAY:
            return None
        return Done(Acknowledge()) if previous in WAITING else note(said)
    return None if new in WAITING else note(said)


def _by_lead(incident: Incident) -> Done | None:
    """The lead as owner; None where there is none."""
    for each in incident.incident_role_assignments or ():
        if each.role.role_type == LEAD and each.assignee and (each.assignee.name or "").strip():
            lead = each.assignee
            return assign(lead.name or "", lead.email or "", restated=True)
    return None


INCIDENT_IO = Format(
    kind=SourceKind.INCIDENT_IO,
    parse=parse,
    summary="a webhook of incident.io",
    description="An incident that is accepted there is acknowledged here, one that is over is "
    "resolved, and its lead is the owner.",
    setup="""\
For a webhook endpoint of incident.io's, which has the secret that this source was added with:

    URL:     {url}{path}
    Events:  public_incident.incident_status_updated_v2, public_incident.incident_updated_v2""",
    webhook=STANDARD_SIGNATURE,
)
