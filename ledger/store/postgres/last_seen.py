"""When alerts were last seen, and sources last heard."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from ledger.policy.times import time_text
from ledger.store.postgres.datastore import Datastore


class PostgresLastSeen:
    """See `LastSeenReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def times(self, subjects: Iterable[UUID]) -> dict[UUID, datetime]:
        """See `LastSeenReads.times`."""
        found = self._datastore.query(
            "SELECT alert, at FROM airledger.last_heard WHERE alert = ANY (%b)", (list(subjects),)
        )
        return {alert: msgspec.convert(at, datetime) for alert, at in found}

    def after(self, at: datetime, limit: int) -> list[tuple[str, str]]:
        """See `LastSeenReads.after`."""
        found = self._datastore.query(
            "SELECT alert, at FROM airledger.last_heard WHERE at > %s"
            " ORDER BY at DESC, alert LIMIT %s",
            (time_text(at), limit),
        )
        return [(str(alert), text) for alert, text in found]
