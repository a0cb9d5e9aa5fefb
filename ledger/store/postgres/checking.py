"""The database's own check of a ledger's tables: amcheck where it is there, and a read of all rows.

A page whose checksum does not fit and a value that cannot be read are errors of whoever reads them.
"""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.failing import first_line
from ledger.store.postgres.schema import RIGHTS, SCHEMA

_DAMAGE = ("XX001", "XX002")
"""SQLSTATEs data_corrupted and index_corrupted."""
_AMCHECK = """SELECT n.nspname::text, format('%%I.%%I', c.relnamespace::regnamespace, c.relname)
    FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace,
        pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
    WHERE e.extname = 'amcheck' AND a.amname = 'btree' AND c.relnamespace = %s::regnamespace
    AND has_function_privilege(
        (SELECT p.oid FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = n.oid
            AND p.proname = 'bt_index_check' ORDER BY p.pronargs LIMIT 1), 'EXECUTE')
    ORDER BY 1"""
_READ_ALL = "SELECT coalesce(sum(length(t::text)), 0)::bigint FROM {} AS t"


def faults(datastore: Datastore) -> Iterator[str]:
    """What is damaged, in the server's words. Tables that this user may not read are left out.

    Raises psycopg.Error, Unavailable.
    """
    for within, index in datastore.query(_AMCHECK, (SCHEMA,)):
        check = sql.SQL("SELECT {}.bt_index_check({}::regclass)")
        yield from _tried(datastore, check.format(sql.Identifier(within), sql.Literal(index)))
    for right in RIGHTS:
        name = sql.Identifier(SCHEMA, right.table)
        yield from _tried(datastore, sql.SQL(_READ_ALL).format(name))


def _tried(datastore: Datastore, statement: sql.Composed) -> Iterator[str]:
    try:
        datastore.run(statement)
    except psycopg.errors.InsufficientPrivilege:
        return
    except psycopg.Error as error:
        if error.sqlstate not in _DAMAGE:
            raise
        yield first_line(error)
