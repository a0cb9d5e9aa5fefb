"""The database's own check of a ledger's tables: amcheck where it is there, and a read of all rows.

A page whose checksum does not fit and a value that cannot be read are errors of whoever reads them.
A page of zeros is an empty one to PostgreSQL: its rows are gone, which only a comparison with the
log shows. Only amcheck notices that an index is damaged, or that a table holds what no index finds.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import psycopg
from psycopg import sql

from ledger.store.port import DatabaseCheck
from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.errors import first_line
from ledger.store.postgres.schema import RIGHTS, SCHEMA

MOST_FAULTS = 20
"""So many faults of a table are named; the first few say what to restore."""

_DAMAGE = ("XX001", "XX002")
"""SQLSTATEs data_corrupted and index_corrupted."""
_AMCHECK = """SELECT n.nspname::text, p.proname::text, p.pronargs
    FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
        JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
    WHERE e.extname = 'amcheck' AND p.proname IN ('bt_index_check', 'verify_heapam')
    AND has_function_privilege(p.oid, 'EXECUTE')
    ORDER BY p.pronargs"""
_INDEXES = """SELECT format('%%I.%%I', c.relnamespace::regnamespace, c.relname)
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND c.relnamespace = %s::regnamespace AND i.indisvalid ORDER BY 1"""
_READ_ALL = "SELECT coalesce(sum(length(t::text)), 0)::bigint FROM {} AS t"


_Check = Callable[[str], sql.Composed]


class _Amcheck(NamedTuple):
    """Statements that check a relation, as far as amcheck is there and this user may call it."""

    of_index: _Check | None = None
    of_heap: _Check | None = None


def check(datastore: Datastore) -> DatabaseCheck:
    """What is damaged. Tables that this user may not read are left out, and named.

    Raises psycopg.Error, Unavailable.
    """
    unread: list[str] = []
    amcheck = _amcheck(datastore)
    faults = [*_of_amcheck(datastore, amcheck), *_read_all(datastore, unread)]
    notes = []
    if amcheck.of_index is None or amcheck.of_heap is None:
        notes.append(
            "The database's own check read every row and compared no index with its table: that "
            "takes the extension amcheck (CREATE EXTENSION amcheck, as a superuser) and the right "
            "to call bt_index_check and verify_heapam."
        )
    if unread:
        notes.append(f"This user may not read these tables, unchecked: {', '.join(unread)}.")
    return DatabaseCheck(tuple(dict.fromkeys(faults)), tuple(notes))


def _amcheck(datastore: Datastore) -> _Amcheck:
    found = _Amcheck()
    for within, name, arguments in datastore.query(_AMCHECK):
        function = sql.SQL("{}.{}").format(sql.Identifier(within), sql.Identifier(name))
        if name == "verify_heapam":
            found = found._replace(of_heap=partial(_heap_check, function))
        elif arguments in {1, 2}:
            # The second argument: every row of the table is looked for in the index.
            ending = ", true" if arguments == 2 else ""
            found = found._replace(of_index=partial(_index_check, function, ending))
    return found


def _index_check(function: sql.Composed, ending: str, index: str) -> sql.Composed:
    statement = sql.SQL("SELECT {}({}::regclass{})")
    return statement.format(function, sql.Literal(index), sql.SQL(ending))


def _heap_check(function: sql.Composed, table: str) -> sql.Composed:
    statement = sql.SQL("SELECT blkno, offnum, msg FROM {}({}::regclass) LIMIT {}")
    return statement.format(function, sql.Literal(table), sql.Literal(MOST_FAULTS))


def _of_amcheck(datastore: Datastore, amcheck: _Amcheck) -> Iterator[str]:
    if amcheck.of_index is not None:
        for (index,) in datastore.query(_INDEXES, (SCHEMA,)):
            yield from _tried(datastore, amcheck.of_index(index))
    if amcheck.of_heap is not None:
        for right in RIGHTS:
            table = f"{SCHEMA}.{right.table}"
            yield from _tried(datastore, amcheck.of_heap(table), of=table)


def _read_all(datastore: Datastore, unread: list[str]) -> Iterator[str]:
    for right in RIGHTS:
        if not any("SELECT" in granted for granted in right.grants.values()):
            continue  # it has no row, and nobody reads it
        name = sql.Identifier(SCHEMA, right.table)
        try:
            yield from _tried(datastore, sql.SQL(_READ_ALL).format(name))
        except psycopg.errors.InsufficientPrivilege:
            unread.append(right.table)


def _tried(datastore: Datastore, statement: sql.Composed, *, of: str = "") -> Iterator[str]:
    """The damage that a statement tells of, in its rows or as its error; rows are of table `of`."""
    try:
        found = datastore.run(statement)
    except psycopg.Error as error:
        if error.sqlstate not in _DAMAGE:
            raise
        yield first_line(error)
        return
    if of:
        for block, offset, message in found:
            yield f"{of}, block {block}, row {offset}: {message}"
