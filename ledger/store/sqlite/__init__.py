"""The embedded store: one SQLite file, `ledger.db`, for any number of processes."""

from ledger.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
