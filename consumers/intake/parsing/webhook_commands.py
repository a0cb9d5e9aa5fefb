"""What was done to an incident or ticket in another system, as commands on the incident here."""

from typing import NamedTuple

from consumers import text_safety
from consumers.intake.parsed import EmbeddedCommand, ForeignTicket, ParsedBody
from ledger.domain.command import Command
from ledger.domain.incident.commands import Assign, Note
from ledger.domain.incident.kind import INCIDENT

NAME_CHARACTERS = 200
"""Of a name or a status in another system; the rest is cut."""


class Done(NamedTuple):
    """A command for what was done; see `EmbeddedCommand` for `person_names` and `restated`."""

    command: Command
    person_names: tuple[str, ...] = ()
    restated: bool = False


def commands_for(ticket: ForeignTicket, message_id: str, *done: Done) -> ParsedBody:
    """The commands of a body, each executed once for the id of its message."""
    return ParsedBody(
        commands=tuple(
            EmbeddedCommand(
                index=None,
                after=0,
                type=f"airledger.{INCIDENT.kind}.{_name(each.command)}",
                kind=INCIDENT.kind,
                subject=ticket.name,
                command=each.command,
                message_id=f"{message_id}/{place}/{_name(each.command)}",
                about=ticket,
                person_names=each.person_names,
                restated=each.restated,
            )
            for place, each in enumerate(done)
        )
    )


def note(text: str) -> Done:
    """A note, for what no other command says."""
    return Done(Note(text=text))


def assign(name: str, email: str = "", *, restated: bool = False) -> Done:
    """The person of this name becomes the owner, or the one that the ledger knows by the email."""
    names = tuple(each for each in (one_line(email),) if "@" in each)
    return Done(Assign(owner=one_line(name)), person_names=names, restated=restated)


def one_line(text: str) -> str:
    """A name from another system: on one line, without control characters, cut."""
    return text_safety.one_line(text)[:NAME_CHARACTERS]


def _name(command: Command) -> str:
    return INCIDENT.by_body[type(command)]
