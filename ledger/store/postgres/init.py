"""`airledger store init`: the one place that makes tables, roles and rights on PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import psycopg

from ledger.errors import SettingsError, Unavailable
from ledger.store.postgres import schema
from ledger.store.postgres.failing import first_line, refuse_version, require_address
from ledger.store.postgres.pool import with_defaults
from ledger.store.postgres.schema import SCHEMA, SCHEMA_VERSION, WRITERS_LOCK, Right, Role

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


def statements() -> Iterator[str]:
    """All that an empty database needs; run again, it changes nothing but lost rights."""
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    yield from schema.TABLES
    yield from schema.GUARD
    yield from right_statements(SCHEMA, schema.RIGHTS, schema.ROLES)
    yield (
        f"INSERT INTO airledger.schema_version VALUES (1, {SCHEMA_VERSION})"  # noqa: S608 - a number
        " ON CONFLICT (one) DO NOTHING"
    )


def initialise(url: str, further: Iterable[str] = ()) -> bool:
    """Makes the ledger's tables, roles and rights, as the user of `url`; whether they are new.

    `further` statements are of the same transaction. Safe to run again and beside others. Raises
    SettingsError for a database of another schema version and for a user without the rights,
    Unavailable where no server answers.
    """
    with as_owner(url) as connection:
        version = _version(connection)
        if version not in (None, SCHEMA_VERSION):
            raise refuse_version(version)
        for statement in (*statements(), *further):
            connection.execute(statement)
    return version is None


@contextmanager
def as_owner(url: str) -> Iterator[psycopg.Connection]:
    """A transaction in which one at a time makes tables. Raises SettingsError, Unavailable."""
    require_address(url, "--owner-url")
    try:
        with psycopg.connect(with_defaults(url), prepare_threshold=None) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS_LOCK,))
            yield connection
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


def _version(connection: psycopg.Connection) -> int | None:
    """The schema version of the database; None where it has none."""
    there = connection.execute("SELECT to_regclass('airledger.schema_version')").fetchone()
    if there is None or there[0] is None:
        return None
    row = connection.execute("SELECT version FROM airledger.schema_version").fetchone()
    return row[0] if row else None
