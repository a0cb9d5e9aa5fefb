"""An embedded ledger moves to PostgreSQL, and can be killed at any line: there is never a fork.

1. Everything appended is sealed, and in the transaction of that seal the old file is marked: it
   takes no write from then on, whoever has it open.
2. In one transaction of the new store, under its writers' lock: every row is copied, the copy is
   audited against the signed checkpoint, signing key and checkpoint are put in their new place.
3. After its commit the mark says that the ledger arrived.

Before that commit the old file can be taken back (`give_up`), under the same lock; after it, never.
"""

from consumers.moving.migration import Migrated, Migration

__all__ = ["Migrated", "Migration"]
