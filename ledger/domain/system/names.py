"""Which other names systems have: one stream for all, so that no name is that of two.

Intake, and each command that names a system, read it: what carries an alias is recorded under the
system's own name.
"""

from collections.abc import Mapping
from typing import ClassVar, assert_never

import msgspec

from ledger.domain.envelope import Event
from ledger.domain.identity import SYSTEM_NAMES_ID, name_key
from ledger.domain.stream_type import StreamType, members


class AliasTaken(Event, frozen=True, kw_only=True):
    """`alias` is another name of `system`, which is its own name."""

    name: ClassVar[str] = "system_names.taken.v1"

    alias: str
    system: str


class AliasFreed(Event, frozen=True, kw_only=True):
    """`alias` is no name of `system` any more."""

    name: ClassVar[str] = "system_names.freed.v1"

    alias: str
    system: str


SystemNamesEvent = AliasTaken | AliasFreed


class SystemNames(msgspec.Struct, frozen=True, kw_only=True):
    """The own names of systems by their aliases; these without case, and with single spaces."""

    own: Mapping[str, str] = {}

    def own_of(self, name: str) -> str:
        """The own name of a system by one of its names; a name that is no alias is as it is."""
        return self.own.get(name_key(name), name) if self.own else name


def evolve(state: SystemNames, event: SystemNamesEvent) -> SystemNames:
    """The state after an event."""
    key = name_key(event.alias)
    match event:
        case AliasTaken():
            return SystemNames(own={**state.own, key: event.system})
        case AliasFreed():
            return SystemNames(own={each: own for each, own in state.own.items() if each != key})
        case _:
            assert_never(event)


def describe(event: SystemNamesEvent) -> str:
    """What happened, for people."""
    match event:
        case AliasTaken():
            return f"{event.alias} is another name of {event.system}"
        case AliasFreed():
            return f"{event.alias} is no name of {event.system} any more"
        case _:
            assert_never(event)


SYSTEM_NAMES = StreamType(
    kind="system_names",
    initial=SystemNames(),
    evolve=evolve,
    events=members(SystemNamesEvent),
    label="names of systems",
    describe=describe,
)
NAMES_STREAM = SYSTEM_NAMES.stream(SYSTEM_NAMES_ID)
"""The one stream of the kind."""
