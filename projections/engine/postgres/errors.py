"""Translates the errors of PostgreSQL, the driver and the pool to those of read models."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ledger.errors import Unavailable
from ledger.store.postgres.errors import GUIDE, server_message
from projections.engine.database import is_row_error

_LATER = "Read models are derived: nothing is lost. Try again later."
INIT = "Run airledger store init; with --views where the database has no ledger."


@contextmanager
def translate_errors(*, beginning: bool = False) -> Iterator[None]:
    """Raises Unavailable for errors not of a row; at the beginning, for all."""
    try:
        yield
    except SQLAlchemyError as error:
        if is_row_error(error) and not beginning:
            raise
        raise _unavailable(error, beginning=beginning) from error


def require_schema(*, there: bool) -> None:
    """Raises Unavailable for a database without the schema of read models."""
    if not there:
        raise Unavailable("The database of views.url has no schema for read models.", remedy=INIT)


def _unavailable(error: SQLAlchemyError, *, beginning: bool) -> Unavailable:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return Unavailable(f"The read models cannot be used: {cause}.", remedy=_LATER)
    remedy = _LATER
    match cause:
        case errors.InsufficientPrivilege():
            remedy = (
                "Grant the database user its roles: airledger_projector fills read models, "
                f"airledger_reader reads them; {GUIDE}."
            )
        case errors.InvalidParameterValue() if beginning:
            remedy = INIT  # there is no such role
        case errors.UndefinedTable():
            remedy = (
                "Try again: a rebuild may have replaced the table. If the error stays, run "
                "airledger rebuild."
            )
        case errors.LockNotAvailable():
            remedy = "Another projector or reader holds a lock; try again."
        case errors.DiskFull():
            remedy = "Free room on the disk of the database server."
        case errors.ReadOnlySqlTransaction():
            remedy = "Name the primary server in views.url."
        case _:
            pass
    return Unavailable(f"The read models cannot be used: {server_message(cause)}.", remedy=remedy)
