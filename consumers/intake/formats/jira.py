"""Jira's issue webhooks: what people do to a ticket, as commands on its incident.

An assignee becomes the owner. A ticket that is closed, reopened, deleted or assigned to nobody is a
note: that work on it is over says neither that the impact ended nor that the incident is done with.
Comments are not copied, those of the ledger among them, nor is a ticket's creation. The incident is
known by the ticket's address on record. A ticket that the ledger opened has the incident's key as a
label as well; anybody can set it, so that the ticket has to be on record all the same. The id of a
message is that of the issue's change, which is signed with it.
Source: Atlassian's documentation of Jira Cloud and Data Center, "Webhooks".
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from consumers.intake.format import Format
from consumers.intake.parsed import ForeignTicket, Incoming, ParsedBody, ignored, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.webhook_commands import Done, assign, commands_for, note, one_line
from consumers.intake.webhook_signatures import HUB_SIGNATURE
from ledger.vocabulary import SourceKind

SYSTEM = "Jira"
UPDATED, DELETED = "jira:issue_updated", "jira:issue_deleted"
DONE_CATEGORY = "done"
Identity = Annotated[str, Meta(min_length=1, max_length=200)] | int
Key = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,254}-[0-9]{1,15}$")]


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of a user; Cloud shows an address only where the user allows it."""

    display_name: str | None = None
    email_address: str | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """Whether work is to be done, under way or done; sites have statuses of their own."""

    key: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of a status."""

    name: str | None = None
    status_category: Category | None = None

    @property
    def is_done(self) -> bool:
        """Whether the work is over."""
        return self.status_category is not None and self.status_category.key == DONE_CATEGORY


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """Why an issue was closed."""

    name: str | None = None


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an issue's fields, as they are after the change."""

    status: Status | None = None
    assignee: User | None = None
    resolution: Resolution | None = None
    labels: list[str] | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an issue."""

    id: Identity
    key: Key
    link: str = msgspec.field(default="", name="self")
    fields: Fields = Fields()

    @property
    def ticket(self) -> ForeignTicket:
        """It as a ticket that may be on record: its page is where the address of the API begins."""
        path = f"/browse/{self.key}"
        site, api, _ = self.link.partition("/rest/")
        return ForeignTicket(
            system=SYSTEM,
            name=self.key,
            addresses=(site + path,) if site and api else (),
            labels=tuple(self.fields.labels or ()),
            path=path,
        )


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A field that changed: `to` is its new value's id, None for none."""

    field: str
    to: Any = None


class Changelog(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, at once."""

    id: Identity | None = None
    items: list[Item] = []


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A webhook. `timestamp` is in ms since 1970."""

    webhook_event: str
    timestamp: int = 0
    user: User | None = None
    issue: msgspec.Raw = msgspec.Raw(b"null")
    changelog: Changelog | None = None


_body = msgspec.json.Decoder(Body)
_issue = msgspec.json.Decoder(Issue)


def parse(incoming: Incoming) -> ParsedBody:
    """Parses a webhook."""
    try:
        require_strict(incoming.body)
        body = _body.decode(incoming.body)
        if body.webhook_event not in {UPDATED, DELETED}:
            return ignored(f"No command for {SYSTEM}'s event {one_line(body.webhook_event)!r}.")
        issue = _issue.decode(body.issue)
    except NotStrict as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no issue webhook of {SYSTEM}'s: {error_text(error)}.")
    by = f"by {_name_of(body.user) or 'no person'}"
    if body.webhook_event == DELETED:
        deleted = note(f"{issue.key} was deleted in {SYSTEM} {by}.")
        return commands_for(issue.ticket, f"{issue.id}/deleted", deleted)
    changelog = body.changelog or Changelog()
    done = tuple(_done(issue, changelog, by))
    if not done:
        return ignored(f"No command for this change of {issue.key} in {SYSTEM}.")
    change = body.timestamp if changelog.id is None else changelog.id
    return commands_for(issue.ticket, f"{issue.id}/{change}", *done)


def _done(issue: Issue, changelog: Changelog, by: str) -> Iterator[Done]:
    """The commands for the fields that changed, each field once."""
    changed = {each.field: each.to for each in changelog.items}
    fields, key = issue.fields, issue.key
    if "assignee" in changed:
        if name := _name_of(fields.assignee):
            yield assign(name, (fields.assignee and fields.assignee.email_address) or "")
        else:
            yield note(f"{key} was assigned to nobody in {SYSTEM} {by}.")
    status = fields.status or Status()
    name = one_line(status.name or "") or "no status"
    if "status" in changed and status.is_done:
        why = one_line((fields.resolution and fields.resolution.name) or "")
        reason = f" Its resolution is {why!r}." if why else ""
        yield note(f"{key} was closed in {SYSTEM} as {name!r} {by}.{reason}")
    elif "resolution" in changed and not changed["resolution"] and not status.is_done:
        yield note(f"{key} was reopened in {SYSTEM} {by}. Its status is {name!r}.")


def _name_of(user: User | None) -> str:
    return one_line((user and user.display_name) or "")


JIRA = Format(
    kind=SourceKind.JIRA,
    parse=parse,
    summary="an issue webhook of Jira",
    description="The assignee of an incident's ticket is the owner; a ticket that is closed, "
    "reopened or deleted is a note.",
    setup="""\
For a webhook of Jira's, with the secret that this source was added with:

    URL:     {url}{path}
    Events:  Issue: updated, deleted""",
    webhook=HUB_SIGNATURE,
)
