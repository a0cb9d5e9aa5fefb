"""The embedded store: one SQLite file, `ledger.db`, for any number of processes."""

from ledger.store.sqlite.log import SQLiteLogTransaction
from ledger.store.sqlite.migration_source import Leaving
from ledger.store.sqlite.store import SQLiteStore

__all__ = ["Leaving", "SQLiteLogTransaction", "SQLiteStore"]
