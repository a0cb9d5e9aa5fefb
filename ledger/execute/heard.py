"""When alerts were last heard of: written at most once a minute for each, in the group commit."""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from ledger.store.port import Store

EVERY = timedelta(minutes=1)
REMEMBERED = 20_000


class HeardLately:
    """Tells whether an alert's last-heard time is worth writing again. Not thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at: OrderedDict[UUID, datetime] = OrderedDict()

    def is_news(self, alert: UUID, at: datetime) -> bool:
        """Whether the alert was not heard of in the minute before `at`."""
        last = self._at.get(alert) or self._store.heard([alert]).get(alert)
        return last is None or at - last >= EVERY

    def written(self, alert: UUID, at: datetime) -> None:
        """Remembers a committed time."""
        self._at[alert] = at
        self._at.move_to_end(alert)
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)
