"""When alerts were last seen, and sources last heard."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.policy.times import time_text
from ledger.store.sqlite.datastore import LedgerDatastore


class SQLiteLastSeen:
    """See `LastSeenReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def times(self, subjects: Iterable[UUID]) -> dict[UUID, datetime]:
        """See `LastSeenReads.times`."""
        with self._datastore.reading() as c:
            wanted = msgspec.json.encode(list(subjects)).decode()
            c.execute(
                "SELECT alert, at FROM json_each(?) AS wanted CROSS JOIN last_heard"
                " ON alert = wanted.value",
                (wanted,),
            )
            return {UUID(alert): msgspec.convert(at, datetime) for alert, at in c.fetchall()}

    def after(self, at: datetime, limit: int) -> list[tuple[str, str]]:
        """See `LastSeenReads.after`."""
        with self._datastore.reading() as c:
            c.execute(
                "SELECT alert, at FROM last_heard WHERE at > ? ORDER BY at DESC, alert LIMIT ?",
                (time_text(at), limit),
            )
            return [(str(alert), str(text)) for alert, text in c.fetchall()]
