"""What a command's fields name, put in place of the names: ids of streams and of people."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from consumers.commands.fields import fields_of
from consumers.commands.references import names_one
from ledger.domain.catalogue import KINDS
from ledger.domain.command import Command, Names
from ledger.domain.stream_type import StreamType

C = TypeVar("C", bound=Command)


def resolved(
    command: C,
    *,
    find: Callable[[StreamType, str], UUID],
    person: Callable[[str], str],
    sender: str,
) -> C:
    """The command with ids for names. Raises NotFound.

    `find` gives the stream that a text names, `person` a person's opaque id; `sender` is who sends
    the command, where it does not say who or what noticed it.
    """
    changed: dict[str, str | list[str]] = {}
    for field in fields_of(type(command)):
        if not field.names:
            continue
        text = getattr(command, field.name)
        if field.names == Names.SENDER:
            changed[field.name] = text or sender
        elif isinstance(text, list) and field.names == Names.PERSON:
            changed[field.name] = [person(each) for each in text]
        elif isinstance(text, list):
            changed[field.name] = [str(find(KINDS[field.names], each)) for each in text]
        elif text and field.names == Names.PERSON:
            changed[field.name] = person(text)
        elif text and field.names == Names.CAUSE:
            changed[field.name] = _cause(getattr(command, field.names), text, find)
        elif text:
            changed[field.name] = str(find(KINDS[field.names], text))
    return replace(command, **changed) if changed else command


def _cause(kind: str, text: str, find: Callable[[StreamType, str], UUID]) -> str:
    """The stream of a cause of that kind, if the text names one; else the text: a ticket, a name.

    Raises NotFound where it reads as the name of a stream that there is not.
    """
    of = KINDS.get(kind)
    return of.stream(find(of, text)) if of is not None and names_one(text, of) else text
