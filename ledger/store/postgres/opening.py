"""Whether there is a ledger of this schema at an address, before a store is opened on it."""

import psycopg
from psycopg import errors

from ledger.errors import Unavailable
from ledger.store.postgres.failing import (
    first_line,
    refuse_user,
    refuse_version,
    require_address,
)
from ledger.store.postgres.pool import with_defaults
from ledger.store.postgres.schema import SCHEMA_VERSION

_VERSION = "SELECT version FROM airledger.schema_version"


def require_ledger(url: str) -> None:
    """Raises SettingsError for none or one of another schema version, Unavailable."""
    require_address(url, "store.url")
    version = _version(url)
    if version != SCHEMA_VERSION:
        raise refuse_version(version)


def _version(url: str) -> int | None:
    try:
        with psycopg.connect(
            with_defaults(url), autocommit=True, prepare_threshold=None
        ) as connection:
            row = connection.execute(_VERSION).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return None
    except errors.InsufficientPrivilege as error:
        raise refuse_user(error) from error
    except psycopg.Error as error:
        raise Unavailable(
            f"The store cannot be reached: {first_line(error)}.",
            remedy="Check store.url, and whether the server takes connections.",
        ) from error
    return row[0] if row else None
