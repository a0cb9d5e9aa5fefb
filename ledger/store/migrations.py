"""Schema migrations: what every store's numbered steps are, and which programs a store admits.

A store has two numbers. Its schema version is that of the last migration applied. `oldest` is the
schema version that a program must know to use the store: an older program that is still running,
or was rolled back to, goes on with a store whose `oldest` it knows. See docs/adr/0022.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.errors import SettingsError


class Migration(NamedTuple):
    """One step forward. It is applied once, in one transaction with its record, and never edited.

    `number` is the schema version that it leads to, `name` says in words what it does. `oldest` is
    the lowest schema version whose programs may use the store afterwards. It stays what it was
    where the step only adds tables and indexes: programs write rows by position, so a column more
    in a table that they write is a new `oldest`, and a release that cannot run beside the one
    before.
    """

    number: int
    name: str
    statements: tuple[str, ...]
    oldest: int


class SchemaState(NamedTuple):
    """What a store says of itself: its schema version, its `oldest`, and who applied the last one.

    `program` is empty where that was not recorded: before schema_history was there.
    """

    version: int
    oldest: int
    program: str = ""


EMPTY = SchemaState(0, 0)
"""A store without a table."""


def pending(migrations: Sequence[Migration], state: SchemaState) -> tuple[Migration, ...]:
    """The migrations that a store lacks, in order; none for a newer store."""
    return tuple(each for each in migrations if each.number > state.version)


def require_known(store: str, state: SchemaState, known: int) -> None:
    """Raises SettingsError where a program that knows schema version `known` is too old.

    `store` says which store it is.
    """
    if not 0 <= state.oldest <= known:
        raise SettingsError(
            f"{_migrated(store, state)}, which asks for a program that knows schema version "
            f"{state.oldest}; this program ({program()}) knows {known}.",
            remedy=f"Install {_newer(state)}. No store is migrated back: to stay with this "
            "program, restore a backup of before; see docs/how-to/upgrade-and-roll-back.md.",
        )


def require_not_ahead(store: str, state: SchemaState, known: int) -> None:
    """Raises SettingsError where a program is to migrate a store that a newer one migrated."""
    if state.version > known:
        raise SettingsError(
            f"{_migrated(store, state)}; this program ({program()}) knows {known}, and no store is "
            "migrated back.",
            remedy=f"Nothing was changed. Run store init of {_newer(state)}.",
        )


def _migrated(store: str, state: SchemaState) -> str:
    by = f", applied by {state.program}" if state.program else ""
    return f"{store} has schema version {state.version}{by}"


def _newer(state: SchemaState) -> str:
    return f"{state.program} or newer" if state.program else "the airledger that wrote it, or newer"


def program() -> str:
    """This program and its version, as schema_history records them: "airledger 0.1.0"."""
    from importlib.metadata import version  # read where it is needed: it costs a start

    return f"airledger {version('airledger')}"
