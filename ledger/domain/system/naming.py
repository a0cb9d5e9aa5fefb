"""No name is that of two systems: registrations and aliases, decided with all other names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.domain.envelope import stream_id
from ledger.domain.identity import name_key, system_id
from ledger.domain.stream_type import Appended, Sender
from ledger.domain.system import commands as c
from ledger.domain.system.decide import decide
from ledger.domain.system.names import NAMES_STREAM, AliasFreed, AliasTaken, SystemNames
from ledger.domain.system.state import System
from ledger.errors import Refused
from ledger.policy import Policy

States = Mapping[str, Any]


def names_checked(command: c.RegisterSystem | c.RemoveAlias) -> tuple[str, ...]:
    """The streams that a name is compared with: those of aliases."""
    return (NAMES_STREAM,)


def alias_checked(command: c.AddAlias) -> tuple[str, ...]:
    """Those of aliases, and of the system that has the alias as its own name."""
    return (NAMES_STREAM, stream_id("system", system_id(command.alias)))


def register(
    command: c.RegisterSystem,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Registers a system under a name that is no alias of another one. Raises Refused."""
    names: SystemNames = states[NAMES_STREAM]
    _require_free(command.system, names.own.get(name_key(command.system)), command.system)
    return (Appended(stream, decide(command, states[stream], policy, now)),)


def add_alias(
    command: c.AddAlias,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Gives a system another name that no other one has. Raises Refused."""
    state: System = states[stream]
    added = decide(command, state, policy, now)
    names: SystemNames = states[NAMES_STREAM]
    registered: System = states[stream_id("system", system_id(command.alias))]
    _require_free(command.alias, registered.system, state.system)
    _require_free(command.alias, names.own.get(name_key(command.alias)), state.system)
    if not added:
        return ()
    taken = AliasTaken(at=now, alias=command.alias, system=state.system)
    return (Appended(stream, added), Appended(NAMES_STREAM, (taken,)))


def remove_alias(
    command: c.RemoveAlias,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Takes an alias from a system. Raises Refused."""
    state: System = states[stream]
    removed = decide(command, state, policy, now)
    freed = AliasFreed(at=now, alias=command.alias, system=state.system)
    return (Appended(stream, removed), Appended(NAMES_STREAM, (freed,)))


def _require_free(name: str, holder: str | None, system: str) -> None:
    """Refuses a name that another system than `system` has."""
    if holder and system_id(holder) != system_id(system):
        raise Refused(
            "system_name_taken",
            f"The name {name!r} is one of the system {holder!r}, but for case or spaces.",
            remedy=f"Use another name, or take it from {holder!r}: see airledger system show.",
        )
