"""The store on PostgreSQL, for any number of hosts; straight or through PgBouncer."""

from ledger.store.postgres.init import initialise
from ledger.store.postgres.migration_target import PostgresArrival
from ledger.store.postgres.store import PostgresStore

__all__ = ["PostgresArrival", "PostgresStore", "initialise"]
