"""A temporary database for what an audit collects, so that memory does not grow with the log."""

import sqlite3


def temporary_database(*statements: str) -> sqlite3.Connection:
    """A connection to a database in a temporary file, removed by its `close`, with these tables."""
    database = sqlite3.connect("", isolation_level=None)
    database.execute("PRAGMA journal_mode=OFF")
    for statement in statements:
        database.execute(statement)
    return database
