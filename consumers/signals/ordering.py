"""A CloudEvent of type `airledger.incident.<command>` read as that command.

`subject` names the incident: by id, by reference, or by the key under which this source reported
it. Of a report it is the reporter's own key; without one, the event's source and id are. The data
is the body of the same command over HTTP. Where the command has a time (`at`; `detected_at` of a
report) and the data gives none, it is the event's time, or the arrival where that is earlier: the
clocks of two machines differ, and nothing happens after it was told. An event's time that cannot be
read is as if absent; one in the data, which somebody states, refuses the command.
"""

from datetime import datetime

from msgspec.structs import replace

from consumers.decoding import decode
from consumers.signals.adapter import Order
from consumers.signals.envelopes import CloudEvent, NoEvent
from consumers.signals.fitting import given
from consumers.signals.strictness import UNREADABLE, told
from ledger.domain.incident.commands import BY_NAME, Command, Report
from ledger.policy.times import in_utc

PREFIX = "airledger.incident."
_NAMED: dict[str, type[Command]] = {"report": Report, **BY_NAME}
COMMANDS: dict[str, type[Command]] = {
    f"{PREFIX}{name.replace('/', '.')}": kind for name, kind in _NAMED.items()
}
"""The commands by the type of their CloudEvents."""
_TIMES = ("at", "detected_at")


def order_of(event: CloudEvent, arrived_at: datetime, *, index: int | None, after: int) -> Order:
    """The command that an event is. Raises NoEvent."""
    kind = COMMANDS.get(event.type)
    if kind is None:
        raise NoEvent(
            f"is of type {event.type[:100]!r}, which is no command; known are {PREFIX}<command> "
            f"with {', '.join(name.removeprefix(PREFIX) for name in COMMANDS)}"
        )
    if event.opaque:
        raise NoEvent(
            f"is the command {event.type}, whose data is JSON; it came as "
            f"{(event.datacontenttype or 'something else')[:100]!r}"
        )
    if event.subject is None and kind is not Report:
        raise NoEvent(f"is the command {event.type} without a subject, which names the incident")
    try:
        command = decode(kind, event.data or b"{}")
    except UNREADABLE as error:
        raise NoEvent(f"has data that is no {event.type}: {told(error)}") from error
    if (time := given(event.time)) is not None:
        command = timed(command, min(in_utc(time), arrived_at))
    return Order(
        index=index,
        after=after,
        type=event.type,
        subject=event.subject or event.own_id,
        command=command,
        own_id=event.own_id,
    )


def timed(command: Command, time: datetime) -> Command:
    """The command, with this time where it has one and does not tell it."""
    for name in _TIMES:
        if getattr(command, name, time) is None:
            return replace(command, **{name: time})
    return command
