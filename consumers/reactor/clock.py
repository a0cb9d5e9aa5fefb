"""The clock: due times become events, also those that passed while nothing ran.

It follows the sealed log for what is to be watched (RCAs that will be due, episodes that may go
stale), and looks at each when its time has come. What it finds is decided by the states as they
then are, so looking once too often records nothing.

Source: runbook section 7.5, "Complete RCA within 24 h".
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog

from consumers.adoption import newest
from consumers.people import by_airledger
from consumers.reactor.follower import Follower, Learnt
from ledger.domain.alert import AlertFired, AlertHeard, AlertResolved
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, id_of
from ledger.domain.incident.events import (
    IMPORTED,
    Amended,
    Dismissed,
    IncidentDetected,
    Merged,
    RcaCompleted,
    RcaMarkWithdrawn,
    Reopened,
)
from ledger.errors import LedgerError, StaleVersion, Unavailable, UnknownEvent
from ledger.execute import Executor, FollowLog, LookAt
from ledger.policy import read_adopted
from ledger.policy.times import LAST, after
from ledger.store.port import Entry, Store
from ledger.store.records import Moved, Watched, WatchKind
from ledger.vocabulary import SourceKind

NAME = "clock"
POLICY = "clock/policy"
"""The position that says by which policy, counted from 1, every alert was looked at."""
LOOKED_AT_ONCE = 500
WATCHING = frozenset(
    event.name
    for event in (IncidentDetected, Amended, Reopened, RcaMarkWithdrawn, AlertFired, AlertHeard)
)
"""Types of events after which there may be something to look at: see `watched_after`."""

ENDING = frozenset(event.name for event in (RcaCompleted, Merged, Dismissed, AlertResolved))
"""After these there is nothing to look at, unless an event of the others follows."""

log = structlog.get_logger(__name__)


class Clock:
    """Watches, and looks when it is time. Blocking; one thread at a time."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._new_id = new_id
        self._refused: set[UUID] = set()
        self._follower = Follower(
            NAME, store, executor, types=WATCHING, learn=_learn, clock=clock, new_id=new_id
        )

    def catch_up(self) -> bool:
        """Records all that is due by now; whether that was anything.

        Raises Unavailable, and UnknownEvent where the log has what this program does not know: once
        all is recorded that it knows of.
        """
        unknown: UnknownEvent | None = None
        try:
            self._follower.catch_up()
        except UnknownEvent as error:
            unknown = error
        late = self._look("rca", lambda now: now)
        stale = self._look_at_alerts()
        if unknown is not None and not (late or stale):
            raise unknown
        return late or stale

    def _look_at_alerts(self) -> bool:
        """Looks at the alerts that may be stale; under another policy than before, at all.

        For that may give one source less time and another more than the one they were watched by.
        """
        adopted = newest(self._store)
        # A policy of a newer program is not counted as looked by: its own clock does that.
        shortest = read_adopted(adopted.event.text).alerts.shortest_stale_after
        looked_by, version = self._store.position(POLICY), adopted.recorded.version
        if version == looked_by:
            return self._look("alert", lambda now: after(now, -shortest))
        stale = self._look("alert", lambda _: LAST)
        moved = Moved(follower=POLICY, old=looked_by, new=version)
        with suppress(StaleVersion):  # another clock did the same
            self._executor.execute(
                FollowLog(moved=moved), by_airledger(self._clock(), self._new_id())
            )
        return stale

    def _look(self, kind: WatchKind, before: Callable[[datetime], datetime]) -> bool:
        """Looks at all of a kind whose time has come; whether that recorded anything.

        At each once: what cannot be looked at now stays watched, and is in nobody's way.
        """
        recorded = False
        seen: set[UUID] = set()
        while True:
            now = self._clock()
            found = self._store.watched(kind, before(now), LOOKED_AT_ONCE + len(seen))
            seen &= {each.subject for each in found}
            due = [each for each in found if each.subject not in seen][:LOOKED_AT_ONCE]
            seen.update(each.subject for each in due)
            context = by_airledger(now, self._new_id())
            futures = [self._executor.submit(LookAt(watched=each), context) for each in due]
            for each, future in zip(due, futures, strict=True):
                try:
                    recorded = future.result().events > 0 or recorded
                except Unavailable:
                    raise
                except LedgerError as error:
                    self._tell(each, error)
            if len(due) < LOOKED_AT_ONCE:
                return recorded

    def _tell(self, watched: Watched, error: LedgerError) -> None:
        """Says once what cannot be looked at; it stays watched, for a program that can."""
        if watched.subject not in self._refused:
            self._refused.add(watched.subject)
            log.error(
                "clock_refused", kind=watched.kind, subject=str(watched.subject), why=str(error)
            )


def _learn(entries: Sequence[Entry]) -> Learnt:
    """What is to be watched after these events; what came and ended within them is not."""
    watched: dict[str, Watched] = {}
    for entry in entries:
        if entry.type in WATCHING:
            found = watched_after(CODEC.decode(entry.stored, entry.leaf))
            if found is not None:
                watched[entry.stream] = found
        elif entry.type in ENDING:
            watched.pop(entry.stream, None)
    return Learnt(read=len(entries), kept=tuple(watched.values()))


def watched_after(recorded: Recorded) -> Watched | None:
    """What an event gives the clock to watch. An imported incident's RCA is history.

    What it looks at without delay it looks at from the event's own time on: the recording time may
    lie in the future, where a wrong clock recorded an earlier event of the stream.
    """
    subject = UUID(id_of(recorded.stream))
    match recorded.event:
        case IncidentDetected(at_risk_at=at_risk_at, basis=basis) if basis != IMPORTED:
            return Watched(kind="rca", subject=subject, at=at_risk_at)
        case Amended(at_risk_at=at_risk_at) if at_risk_at is not None:
            return Watched(kind="rca", subject=subject, at=at_risk_at)
        case Reopened(at=at) | RcaMarkWithdrawn(at=at):
            return Watched(kind="rca", subject=subject, at=at)
        case AlertFired(kind=SourceKind() as kind) if not kind.repeats:
            return None
        case AlertFired(arrived_at=arrived_at) | AlertHeard(arrived_at=arrived_at):
            return Watched(kind="alert", subject=subject, at=arrived_at)
        case _:
            return None
