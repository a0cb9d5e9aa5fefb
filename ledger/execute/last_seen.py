"""When alerts were last seen and sources last heard, written in the group commit.

At most once a minute for an alert, and every 15 seconds for a source: a write too few must make
none stale or silent.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ledger.execute.claims import Claims
from ledger.policy import Policy
from ledger.store.port import Store
from ledger.store.side_records import LastSeen, SideWrite

EVERY = timedelta(minutes=1)
"""The shortest time between two writes for one alert: alerts repeat far more often than this."""
SOURCE_EVERY = timedelta(seconds=15)
"""The same for one source: with it, a time in the store is so much too early at most."""
REMEMBERED = 20_000
"""So many of them are held in memory. One that is not held costs a query, and a write too many."""


class LastSeenCache:
    """The last-seen times that were written, for all batches. Not thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at: OrderedDict[UUID, datetime] = OrderedDict()
        self._every: tuple[Policy | None, timedelta] = (None, EVERY)

    def look_up(self, alerts: Iterable[UUID]) -> None:
        """Reads the times of alerts that are not held, in one query. Raises Unavailable."""
        missing = [alert for alert in alerts if alert not in self._at]
        if missing:
            for alert, at in self._store.last_seen.times(missing).items():
                self.written(alert, at)

    def is_due(self, alert: UUID, at: datetime, policy: Policy) -> bool:
        """Whether the time of a looked-up alert has to be written again at `at`.

        It has where none was written in the minute before, or in a tenth of the policy's shortest
        `stale_after`, where that is shorter: a write that was saved must make no alert stale.
        """
        last = self._at.get(alert)
        if last is None:
            return True
        if self._every[0] is not policy:
            self._every = (policy, min(EVERY, policy.alerts.shortest_stale_after / 10))
        return at - last >= self._every[1]

    def source_is_due(self, source: UUID, at: datetime) -> bool:
        """Whether the time of a source has to be written again at `at`; so where none is held."""
        last = self._at.get(source)
        return last is None or at - last >= SOURCE_EVERY

    def written(self, subject: UUID, at: datetime) -> None:
        """Holds a committed time."""
        self._at[subject] = max(at, self._at.get(subject, at))
        self._at.move_to_end(subject)
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)


class LastSeenTimes:
    """Last-seen times as one batch reads and writes them."""

    def __init__(
        self, store: Store, cache: LastSeenCache, claims: Claims, side_writes: list[SideWrite]
    ) -> None:
        self._store = store
        self._cache = cache
        self._claims = claims
        self._side_writes = side_writes
        self._heard: dict[UUID, datetime] = {}

    def look_up(self, alerts: Iterable[UUID]) -> None:
        """Reads in one query when these alerts were last seen. Raises Unavailable."""
        self._cache.look_up(alerts)

    def record_seen(self, alert: UUID, at: datetime, policy: Policy) -> None:
        """Writes that a looked-up alert was seen, where that is due; once in a batch."""
        if self._cache.is_due(alert, at, policy) and self._claims.claim_once("seen", str(alert)):
            self._side_writes.append(LastSeen(subject=alert, at=at))

    def record_heard(self, source: UUID, at: datetime) -> None:
        """Writes that a source was heard, where that is due."""
        before = self._heard.get(source)
        if self._cache.source_is_due(source, at) and (
            before is None or at - before >= SOURCE_EVERY
        ):
            self._heard[source] = at
            self._side_writes.append(LastSeen(subject=source, at=at))

    def of(self, alert: UUID) -> datetime | None:
        """When an alert was last seen, in this batch too; None where it never was."""
        return self.of_all([alert]).get(alert)

    def of_all(self, subjects: Collection[UUID]) -> dict[UUID, datetime]:
        """When each of these was last seen or heard, in this batch too; only those that were."""
        times = dict(self._store.last_seen.times(subjects))
        for each in self._side_writes:
            if isinstance(each, LastSeen) and each.subject in subjects:
                times[each.subject] = max(each.at, times.get(each.subject, each.at))
        return times

    def committed(self) -> None:
        """Holds the times that are stored now."""
        for each in self._side_writes:
            if isinstance(each, LastSeen):
                self._cache.written(each.subject, each.at)
