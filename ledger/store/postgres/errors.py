"""What PostgreSQL and the pool raise, as the errors of a ledger, with the remedy where known."""

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from ledger.errors import LedgerError, NeverStorable, SettingsError, Unavailable
from ledger.store.postgres.pool import Busy, Closed

NOTHING = "Nothing was recorded; the same call may succeed later."
GUIDE = "see docs/how-to/run-on-postgresql.md"


_NEVER = ("22", "23", "54")
"""SQLSTATE classes of what is wrong with a value: data exception, integrity constraint violation,
program limit exceeded (PostgreSQL, appendix A)."""
_OF_LEDGER = "23000"
"""What the guards of the ledger raise (see `schema.GUARD`): a fault of the writer, not of a
value."""


def is_never_storable(error: psycopg.Error) -> bool:
    """Whether the value is at fault, so that the same write is refused at any time.

    psycopg itself raises DataError, without a state, for a value that it cannot send.
    """
    if error.sqlstate is None:
        return isinstance(error, psycopg.DataError)
    return error.sqlstate != _OF_LEDGER and error.sqlstate[:2] in _NEVER


def unavailable(error: psycopg.Error) -> LedgerError:
    """The error for a store that cannot do it now, or never; nothing was recorded."""
    if is_never_storable(error):
        return NeverStorable(first_line(error))
    text, remedy = server_message(error), NOTHING
    match error:
        case Closed():
            remedy = "Open it again; nothing was recorded."
        case Busy():
            remedy = "Ask less at once; nothing was recorded, and the same call may succeed later."
        case errors.DiskFull():
            remedy = "Free room on the disk of the database server; nothing was recorded."
        case errors.ReadOnlySqlTransaction():
            remedy = "Name the primary server in store.url; nothing was recorded."
        case errors.LockNotAvailable():
            remedy = "Another writer is stuck or very slow; nothing was recorded, try again."
        case errors.InsufficientPrivilege():
            remedy = f"Grant the database user the role it needs: {GUIDE}; nothing was recorded."
        case errors.UndefinedTable() | errors.InvalidSchemaName():
            remedy = "Run airledger store init; nothing was recorded."
        case _:
            pass
    return Unavailable(f"The store cannot do it: {text}.", remedy=remedy)


def unknown(error: psycopg.Error) -> Unavailable:
    """The error for a commit that nobody answers for: it happened or it did not."""
    return Unavailable(
        f"The store did not say whether it committed: {first_line(error)}.",
        remedy="It is recorded whole or not at all; the same call again finds out which.",
    )


def store_name(url: str) -> str:
    """Which store an address is of, for people: database and server, no user and no password."""
    parts = conninfo_to_dict(url)
    name = parts.get("dbname") or "of the user's name"
    host = parts.get("host") or parts.get("hostaddr") or "this machine"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"The store in the database {name} on {host}{port}"


def refuse_user(error: psycopg.Error) -> SettingsError:
    """For a database user that may not even see what is there."""
    return SettingsError(
        f"The user of store.url may not use the ledger: {first_line(error)}.",
        remedy=f"Grant it the roles of what it is to do: {GUIDE}.",
    )


def require_address(url: str, setting: str) -> None:
    """Raises SettingsError for what is no address of a database; a password is not repeated."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise SettingsError(
            f"{setting} is no address of a PostgreSQL database.",
            remedy="Write it as postgresql://USER@HOST:PORT/DATABASE.",
        ) from error


def server_message(error: psycopg.Error) -> str:
    """What the server said, without its address: whoever asks whether we are ready hears it too."""
    text = first_line(error)
    if error.sqlstate is None and " failed: " in text:
        return f"no connection to its server ({text.rpartition(' failed: ')[2]})"
    if text.startswith("failed to resolve host"):
        return "no connection to its server (its name is not known)"
    return text


def first_line(error: Exception) -> str:
    """The server's message without its context."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
