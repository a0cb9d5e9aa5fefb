"""Other names of AI systems: to which system each belongs. One row a name.

Source: runbook section 2.
"""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Column, String

from ledger.domain import system as s
from ledger.domain.envelope import Recorded
from ledger.domain.identity import name_key
from projections.engine.projection import Key, Projection, Row

_Event = s.AliasTaken | s.AliasFreed


def columns() -> Iterable[Column[Any]]:
    """`key` is the name without case, with single spaces; `system` is null where it is no name."""
    yield Column("key", String, primary_key=True)
    yield Column("alias", String, nullable=False)
    yield Column("system", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The name."""
    return ((name_key(cast("_Event", recorded.event).alias),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The name's row after one of its events."""
    event = cast("_Event", recorded.event)
    system = event.system if isinstance(event, s.AliasTaken) else None
    return {"key": key[0], "alias": event.alias, "system": system}


SYSTEM_NAMES = Projection(
    name="system_names",
    version=1,
    kinds=frozenset({"system_names"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    indexes=(("system",),),
)
