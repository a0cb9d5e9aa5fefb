"""When alerts were last heard of: written at most once a minute for each, in the group commit."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ledger.policy import Policy
from ledger.store.port import Store

EVERY = timedelta(minutes=1)
REMEMBERED = 20_000


class LastSeenCache:
    """Tells whether an alert's last-heard time is worth writing again. Not thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at: OrderedDict[UUID, datetime] = OrderedDict()
        self._every: tuple[Policy | None, timedelta] = (None, EVERY)

    def look_up(self, alerts: Iterable[UUID]) -> None:
        """Remembers what is written of these alerts, in one query."""
        unknown = [alert for alert in alerts if alert not in self._at]
        if unknown:
            for alert, at in self._store.last_seen.times(unknown).items():
                self.written(alert, at)

    def is_news(self, alert: UUID, at: datetime, policy: Policy) -> bool:
        """Whether a looked-up alert was not heard of in the minute before `at`.

        Or in a tenth of the policy's shortest `stale_after`, where that is shorter: no alert may
        seem stale for it.
        """
        last = self._at.get(alert)
        if last is None:
            return True
        if self._every[0] is not policy:
            self._every = (policy, min(EVERY, policy.alerts.shortest_stale_after / 10))
        return at - last >= self._every[1]

    def written(self, alert: UUID, at: datetime) -> None:
        """Remembers a committed time."""
        self._at[alert] = at
        self._at.move_to_end(alert)
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)
