"""The schema of a database, and whether this program may use it: asked before a store is opened."""

import psycopg
from psycopg import errors

from ledger.errors import SettingsError, Unavailable
from ledger.store.migrations import SchemaState, pending, program, require_known
from ledger.store.postgres.errors import first_line, refuse_user, require_address, store_name
from ledger.store.postgres.pool import with_defaults
from ledger.store.postgres.schema import MIGRATIONS, SCHEMA_VERSION

_STATE = """SELECT version, to_regclass('airledger.schema_history') IS NOT NULL
    FROM airledger.schema_version"""
_LAST = "SELECT version, program FROM airledger.schema_history ORDER BY version DESC LIMIT 1"


def require_ledger(url: str) -> None:
    """Raises SettingsError for no ledger or one that needs a migration or a newer program;
    Unavailable.
    """
    require_address(url, "store.url")
    state = _state(url)
    if state is None:
        raise SettingsError(
            "The database of store.url has no ledger.",
            remedy="Run airledger store init once, as a user that may create tables.",
        )
    store = store_name(url)
    require_known(store, state, SCHEMA_VERSION)
    if pending(MIGRATIONS, state):
        raise SettingsError(
            f"{store} has schema version {state.version}; this program ({program()}) needs "
            f"{SCHEMA_VERSION}.",
            remedy="Run airledger store init --owner-url postgresql://OWNER@HOST/DATABASE of this "
            "version, as the owner of the tables; what runs may go on meanwhile. See "
            "docs/how-to/upgrade-and-roll-back.md.",
        )


def schema_state(connection: psycopg.Connection) -> SchemaState | None:
    """What a database says of its schema; None for one whose tables were not filled in.

    Raises psycopg.Error, UndefinedTable and InvalidSchemaName where there is no ledger.
    """
    row = connection.execute(_STATE).fetchone()
    if row is None:
        return None
    oldest, has_history = row
    last = connection.execute(_LAST).fetchone() if has_history else None
    return SchemaState(oldest, oldest) if last is None else SchemaState(last[0], oldest, last[1])


def _state(url: str) -> SchemaState | None:
    try:
        with psycopg.connect(
            with_defaults(url), autocommit=True, prepare_threshold=None
        ) as connection:
            return schema_state(connection)
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return None
    except errors.InsufficientPrivilege as error:
        raise refuse_user(error) from error
    except psycopg.Error as error:
        raise Unavailable(
            f"The store cannot be reached: {first_line(error)}.",
            remedy="Check store.url, and whether the server takes connections.",
        ) from error
