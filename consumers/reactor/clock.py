"""The clock: due times become events, also those that passed while nothing ran.

It follows the sealed log for what is to be watched (RCAs that will be due, episodes that may go
stale), and looks at each when its time has come. Every few seconds it looks at all sources, for
those that are silent, and at how many bodies wait in quarantine. What it finds is decided by the
states as they then are, so looking once too often records nothing.

Source: runbook section 7.5, "Complete RCA within 24 h".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from consumers.commands.policy_history import newest
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.deadlines import DEADLINES
from ledger.domain.envelope import Recorded, uuid_of
from ledger.errors import LedgerError, StaleVersion, Unavailable, UnknownEvent
from ledger.execute import AdvanceFollower, CheckDeadline, CheckQuarantine, CheckSources
from ledger.policy import Policy, parse_adopted
from ledger.policy.times import LAST, after
from ledger.store.port import Entry
from ledger.store.side_records import Deadline, PositionMove

NAME = "clock"
POLICY = "clock/policy"
"""The position that says by which policy, counted from 1, every alert was looked at."""
CHECKED_TOGETHER = 500
"""So many deadlines are submitted at a time; all of them may be in one transaction."""
LOOKS_EVERY = timedelta(seconds=5)
"""Sources and the quarantine have no deadlines of their own: they are checked this often."""
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
    """Monitors deadlines and checks those that are due. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._refused: set[UUID] = set()
        self._looked_at: datetime | None = None
        self._follower = Follower(NAME, services, types=SETTING, process=_process)

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
            if of.grace is None and of.by_clock:
                recorded = self._check(of.name, lambda now: now) or recorded
        recorded = self._check_by_policy() or recorded
        if unknown is not None and not recorded:
            raise unknown
        return recorded

    def _check_by_policy(self) -> bool:
        """Checks what may be due by the policy in force; all deadlines after a change of policy.

        Another policy may give one source less time and another more.
        """
        adopted = newest(self._store)
        # A policy of a newer program is not counted as looked by: its own clock does that.
        policy = parse_adopted(adopted.event.text)
        recorded = self._check_listening(policy)
        checked_by, version = self._store.followers.position(POLICY), adopted.recorded.version
        for of in DEADLINES:
            if of.grace is None:
                continue
            span = of.grace(policy) if version == checked_by else None
            recorded = self._check(of.name, partial(_before, span)) or recorded
        if version != checked_by:
            moved = PositionMove(follower=POLICY, old=checked_by, new=version)
            with suppress(StaleVersion):  # another clock did the same
                self._services.executor.execute(
                    AdvanceFollower(moved=moved), self._services.context()
                )
        return recorded

    def _check_listening(self, policy: Policy) -> bool:
        """Checks sources and quarantine, now and then; whether that recorded anything."""
        now, looked = self._services.clock(), self._looked_at
        if looked is not None and looked <= now < looked + LOOKS_EVERY:
            return False
        self._looked_at = now
        checks: list[CheckSources | CheckQuarantine] = [CheckSources()]
        if policy.coverage.quarantine_grown_at is not None:
            checks.append(CheckQuarantine())
        execute, context = self._services.executor.execute, self._services.context
        return sum(execute(each, context()).events for each in checks) > 0

    def _check(self, kind: str, before: Callable[[datetime], datetime]) -> bool:
        """Checks all deadlines of a kind that are due; whether that recorded anything.

        Each once: one that cannot be checked stays, and does not hold up the others.
        """
        recorded = False
        seen: set[UUID] = set()
        while True:
            context = self._services.context()
            found = self._store.deadlines.due(
                kind, before(context.at), CHECKED_TOGETHER + len(seen)
            )
            seen &= {each.subject for each in found}
            due = [each for each in found if each.subject not in seen][:CHECKED_TOGETHER]
            seen.update(each.subject for each in due)
            futures = [
                self._services.executor.submit(CheckDeadline(deadline=each), context)
                for each in due
            ]
            for each, future in zip(due, futures, strict=True):
                try:
                    recorded = future.result().events > 0 or recorded
                except Unavailable:
                    raise
                except LedgerError as error:
                    self._log_refusal(each, error)
            if len(due) < CHECKED_TOGETHER:
                return recorded

    def _log_refusal(self, watched: Deadline, error: LedgerError) -> None:
        """Logs once what cannot be checked; it stays, for a newer program."""
        if watched.subject not in self._refused:
            self._refused.add(watched.subject)
            log.error(
                "clock_refused", kind=watched.kind, subject=str(watched.subject), why=str(error)
            )


def _before(span: timedelta | None, now: datetime) -> datetime:
    """The time up to which deadlines are checked: `span` before now; all without a span."""
    return LAST if span is None else after(now, -span)


def _process(entries: Sequence[Entry]) -> BatchResult:
    """The deadlines that these events set and do not end again."""
    watched: dict[tuple[str, UUID], Deadline] = {}
    for entry in entries:
        for of in ENDING.get(entry.type, ()):
            watched.pop((of.name, uuid_of(entry.stream)), None)
        if entry.type in SETTING:
            for found in deadlines_after(CODEC.decode(entry.stored, entry.leaf)):
                watched[found.kind, found.subject] = found
    return BatchResult(read=len(entries), kept=tuple(watched.values()))


def deadlines_after(recorded: Recorded) -> Iterator[Deadline]:
    """The deadlines that an event sets."""
    event, subject = recorded.event, uuid_of(recorded.stream)
    for of in SETTING.get(event.name, ()):
        if (at := of.sets[type(event)](event)) is not None:
            yield Deadline(kind=of.name, subject=subject, at=at)


CLOCK = FollowerType(name=NAME, role="clock", start=Clock)
