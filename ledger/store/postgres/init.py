"""`airledger store init`: the one place that makes tables, roles and rights on PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import psycopg

from ledger.errors import SettingsError, Unavailable
from ledger.store.migrations import (
    EMPTY,
    Migration,
    SchemaState,
    pending,
    program,
    require_not_ahead,
)
from ledger.store.postgres import schema
from ledger.store.postgres.errors import first_line, require_address, store_name
from ledger.store.postgres.opening import schema_state
from ledger.store.postgres.pool import WAIT_SECONDS, with_defaults
from ledger.store.postgres.schema import FORMER_LOCK, SCHEMA, SCHEMA_VERSION, Right, Role

_RECORD = """INSERT INTO airledger.schema_history VALUES (%s, %s,
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), %s)"""
_SET_OLDEST = """INSERT INTO airledger.schema_version VALUES (1, %s)
    ON CONFLICT (one) DO UPDATE SET version = excluded.version"""

_ROLE = """DO $body$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- made in the meantime, for another database of this server
END $body$"""


def right_statements(
    within: str, rights: Iterable[Right], roles: Collection[Role]
) -> Iterator[str]:
    """Gives roles their rights on the tables of a schema, and takes them all others.

    A role that is absent is made: a server has its roles for all its databases.
    """
    for role in roles:
        yield _ROLE.format(role=role)
        yield f"GRANT USAGE ON SCHEMA {within} TO {role}"
    for table, _, grants in rights:
        name = f"{within}.{table}"
        yield f"REVOKE ALL ON {name} FROM PUBLIC, {', '.join(roles)}"
        for role, granted in grants.items():
            yield f"GRANT {granted} ON {name} TO {role}"


def initialise(url: str, further: Iterable[str] = ()) -> tuple[Migration, ...]:
    """Brings the ledger's tables, guard, roles and rights to this program's, as the user of `url`.

    Returns the migrations that it applied: all of them in an empty database, none where it was run
    before. `further` statements are of the same transaction. Safe to run again, beside others, and
    beside programs of before. Raises SettingsError for a database that a newer program migrated
    and for a user without the rights, Unavailable where no server answers.
    """
    with as_owner(url) as connection:
        state = _state(connection)
        require_not_ahead(store_name(url), state, SCHEMA_VERSION)
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        applied = _migrate(connection, state)
        rights = right_statements(SCHEMA, schema.RIGHTS, schema.ROLES)
        for statement in (*schema.GUARD, *rights, *further):
            connection.execute(statement)
    return applied


def _migrate(connection: psycopg.Connection, state: SchemaState) -> tuple[Migration, ...]:
    """Applies what is missing, and records it."""
    applied = pending(schema.MIGRATIONS, state)
    for migration in applied:
        for statement in migration.statements:
            connection.execute(statement)
    for migration in applied:
        connection.execute(_RECORD, (migration.number, migration.name, program()))
    if applied:
        connection.execute(_SET_OLDEST, (applied[-1].oldest,))
    return applied


@contextmanager
def as_owner(url: str) -> Iterator[psycopg.Connection]:
    """A transaction in which one at a time makes tables. Raises SettingsError, Unavailable."""
    require_address(url, "--owner-url")
    try:
        with psycopg.connect(with_defaults(url), prepare_threshold=None) as connection:
            _require_utf8(connection)
            _lock(connection)
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(
            f"The store cannot be initialised: another session has held its lock for "
            f"{WAIT_SECONDS} s.",
            remedy="Nothing was changed. See who it is: SELECT pid, usename FROM pg_locks JOIN "
            "pg_stat_activity USING (pid) WHERE locktype = 'advisory'; end that session with "
            "pg_terminate_backend, then run it again.",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsError(
            f"The store cannot be initialised: {first_line(error)}.",
            remedy="Name in --owner-url a user that may create schemas in this database, and roles"
            " (CREATEROLE); an owner that ran it before needs neither.",
        ) from error
    except psycopg.Error as error:
        raise Unavailable(
            f"The store cannot be initialised: {first_line(error)}.",
            remedy="Nothing was changed. Check the address; the same command may succeed later.",
        ) from error


def _require_utf8(connection: psycopg.Connection) -> None:
    """Raises SettingsError for a database that cannot hold every text."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SettingsError(
            f"The database has the encoding {encoding}; a ledger needs UTF8, for alerts come in "
            "every script.",
            remedy="Make another one: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
        )


def _lock(connection: psycopg.Connection) -> None:
    """One at a time makes tables, also beside programs of before. Waits for WAIT_SECONDS."""
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{WAIT_SECONDS}s",))
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (FORMER_LOCK,))


def _state(connection: psycopg.Connection) -> SchemaState:
    there = connection.execute("SELECT to_regclass('airledger.schema_version')").fetchone()
    if there is None or there[0] is None:
        return EMPTY
    return schema_state(connection) or EMPTY
