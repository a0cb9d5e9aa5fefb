"""A CloudEvent of type `airledger.<kind>.<command>` read as that command.

`subject` names the stream: by id, by reference, or by the key under which this source opened it. Of
a command that opens one it is the sender's own key; without one, the event's source and id are. The
data is the body of the same command over HTTP. Where the command has a time (`at`; `detected_at` of
a report) and the data gives none, it is the event's time, or the arrival where that is earlier: the
clocks of two machines differ, and nothing happens after its report arrives. An event's time that
cannot be read is as if absent; one in the data, which a sender states, refuses the command.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from consumers.intake.parsed import EmbeddedCommand
from consumers.intake.parsing.envelopes import OURS, CloudEvent, CloudEventError
from consumers.intake.parsing.strict_json import UNREADABLE, error_text
from consumers.intake.parsing.truncation import none_if_zero_time
from consumers.json_decoders import decode
from ledger.domain.catalogue import KINDS, STREAMS
from ledger.domain.command import Command
from ledger.domain.metric import METRIC
from ledger.domain.stream_type import CommandType, StreamType
from ledger.policy.times import in_utc


class CommandEvent(NamedTuple):
    """The command that a CloudEvent's type names, and the kind of its stream."""

    kind: StreamType
    command: CommandType


COMMANDS: Mapping[str, CommandEvent] = {
    f"{OURS}{kind.kind}.{name.replace('/', '.')}": CommandEvent(kind, command)
    for kind in STREAMS
    for name, command in kind.commands.items()
} | {f"{OURS}measurement": CommandEvent(METRIC, METRIC.commands["record"])}
"""The commands by the type of their CloudEvents; a measurement has a short one, too."""
_TIMES = ("at", "detected_at")


def parse_command(
    event: CloudEvent, arrived_at: datetime, *, index: int | None, after: int
) -> EmbeddedCommand:
    """Parses an event of a type that begins with `airledger.`. Raises CloudEventError."""
    found = COMMANDS.get(event.type)
    if found is None:
        raise CloudEventError(
            f"is of type {event.type[:100]!r}, which is no command; {_known(event.type)}"
        )
    kind, of = found
    if event.opaque:
        raise CloudEventError(
            f"is the command {event.type}, whose data is JSON; it came as "
            f"{(event.datacontenttype or 'something else')[:100]!r}"
        )
    if event.subject is None and not of.opens:
        raise CloudEventError(
            f"is the command {event.type} without a subject, which names the {kind.label}"
        )
    try:
        command = decode(of.body, event.data or b"{}")
    except UNREADABLE as error:
        raise CloudEventError(f"has data that is no {event.type}: {error_text(error)}") from error
    if (time := none_if_zero_time(event.time)) is not None:
        command = with_default_time(command, min(in_utc(time), arrived_at))
    return EmbeddedCommand(
        index=index,
        after=after,
        type=event.type,
        kind=kind.kind,
        subject=event.subject or event.message_id,
        command=command,
        message_id=event.message_id,
    )


def _known(given: str) -> str:
    """Lists the commands of the kind that a type names, or the kinds where it names none."""
    name = given.removeprefix(OURS).partition(".")[0]
    if (kind := KINDS.get(name)) and kind.commands:
        commands = ", ".join(each.replace("/", ".") for each in kind.commands)
        return f"known are {OURS}{name}.<command> with {commands}"
    kinds = ", ".join(each.kind for each in STREAMS if each.commands)
    return f"known are {OURS}<kind>.<command> of {kinds}"


def with_default_time(command: Command, time: datetime) -> Command:
    """The command with this time, where its body has a time and leaves it out."""
    for name in _TIMES:
        if getattr(command, name, time) is None:
            return replace(command, **{name: time})
    return command
