"""The clock: due times become events, also those that passed while nothing ran.

It follows the sealed log for what is to be watched (RCAs that will be due, episodes that may go
stale), and looks at each when its time has come. What it finds is decided by the states as they
then are, so looking once too often records nothing.

Source: runbook section 7.5, "Complete RCA within 24 h".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from consumers.access.people import by_airledger
from consumers.commands.policy_history import newest
from consumers.reactor.follower import BatchResult, Follower
from ledger.domain.catalogue import CODEC
from ledger.domain.deadlines import DEADLINES
from ledger.domain.envelope import Recorded, uuid_of
from ledger.errors import LedgerError, StaleVersion, Unavailable, UnknownEvent
from ledger.execute import AdvanceFollower, CheckDeadline, Executor
from ledger.policy import parse_adopted
from ledger.policy.times import LAST, after
from ledger.store.port import Entry, Store
from ledger.store.side_records import Deadline, PositionMove

NAME = "clock"
POLICY = "clock/policy"
"""The position that says by which policy, counted from 1, every alert was looked at."""
LOOKED_AT_ONCE = 500
SETTING = {
    event.name: tuple(of for of in DEADLINES if event in of.sets)
    for of in DEADLINES
    for event in of.sets
}
"""The deadlines that an event of a type may set."""
ENDING = {
    event.name: tuple(of for of in DEADLINES if event in of.ends)
    for of in DEADLINES
    for event in of.ends
}
"""Those that it ends, unless an event that sets one follows."""

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
            NAME, store, executor, types=SETTING, learn=_learn, clock=clock, new_id=new_id
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
        recorded = False
        for of in DEADLINES:
            if of.grace is None:
                recorded = self._look(of.name, lambda now: now) or recorded
        recorded = self._look_by_policy() or recorded
        if unknown is not None and not recorded:
            raise unknown
        return recorded

    def _look_by_policy(self) -> bool:
        """Looks at what may be due by the policy in force; under another than before, at all.

        For that may give one source less time and another more than the one they were watched by.
        """
        adopted, recorded = newest(self._store), False
        # A policy of a newer program is not counted as looked by: its own clock does that.
        policy = parse_adopted(adopted.event.text)
        looked_by, version = self._store.followers.position(POLICY), adopted.recorded.version
        for of in DEADLINES:
            if of.grace is None:
                continue
            span = of.grace(policy) if version == looked_by else None
            recorded = self._look(of.name, partial(_before, span)) or recorded
        if version != looked_by:
            moved = PositionMove(follower=POLICY, old=looked_by, new=version)
            with suppress(StaleVersion):  # another clock did the same
                self._executor.execute(
                    AdvanceFollower(moved=moved), by_airledger(self._clock(), self._new_id())
                )
        return recorded

    def _look(self, kind: str, before: Callable[[datetime], datetime]) -> bool:
        """Looks at all of a kind whose time has come; whether that recorded anything.

        At each once: what cannot be looked at now stays watched, and is in nobody's way.
        """
        recorded = False
        seen: set[UUID] = set()
        while True:
            now = self._clock()
            found = self._store.deadlines.due(kind, before(now), LOOKED_AT_ONCE + len(seen))
            seen &= {each.subject for each in found}
            due = [each for each in found if each.subject not in seen][:LOOKED_AT_ONCE]
            seen.update(each.subject for each in due)
            context = by_airledger(now, self._new_id())
            futures = [self._executor.submit(CheckDeadline(deadline=each), context) for each in due]
            for each, future in zip(due, futures, strict=True):
                try:
                    recorded = future.result().events > 0 or recorded
                except Unavailable:
                    raise
                except LedgerError as error:
                    self._tell(each, error)
            if len(due) < LOOKED_AT_ONCE:
                return recorded

    def _tell(self, watched: Deadline, error: LedgerError) -> None:
        """Says once what cannot be looked at; it stays watched, for a program that can."""
        if watched.subject not in self._refused:
            self._refused.add(watched.subject)
            log.error(
                "clock_refused", kind=watched.kind, subject=str(watched.subject), why=str(error)
            )


def _before(span: timedelta | None, now: datetime) -> datetime:
    """What was watched at or before this is looked at; without a span, all is."""
    return LAST if span is None else after(now, -span)


def _learn(entries: Sequence[Entry]) -> BatchResult:
    """What is to be watched after these events; what came and ended within them is not."""
    watched: dict[tuple[str, UUID], Deadline] = {}
    for entry in entries:
        for of in ENDING.get(entry.type, ()):
            watched.pop((of.name, uuid_of(entry.stream)), None)
        if entry.type in SETTING:
            for found in watched_after(CODEC.decode(entry.stored, entry.leaf)):
                watched[found.kind, found.subject] = found
    return BatchResult(read=len(entries), kept=tuple(watched.values()))


def watched_after(recorded: Recorded) -> Iterator[Deadline]:
    """What an event gives the clock to watch."""
    event, subject = recorded.event, uuid_of(recorded.stream)
    for of in SETTING.get(event.name, ()):
        if (at := of.sets[type(event)](event)) is not None:
            yield Deadline(kind=of.name, subject=subject, at=at)
