"""The check of what the clock looks at (`watched`, `last_heard`) against the streams of a log.

An open thing that is not watched is never overdue or stale; one that is watched for a later time
than its stream says is so too late. Watched too early, or for nothing, it costs a look and no more.
An alert's last time of being heard of is in no event: only one in the future is noticed here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec

from consumers.commands.policy_history import newest
from consumers.maintenance.temporary import temporary_database
from consumers.reactor import clock
from ledger.domain.alert import Alert
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.deadlines import DEADLINES
from ledger.domain.envelope import stream_id, uuid_of
from ledger.errors import UnknownEvent
from ledger.policy import parse_adopted
from ledger.policy.model import Alerts
from ledger.policy.times import LAST, after, time_text
from ledger.store.port import Entry, Store

SUBJECTS_PER_READ = 50
MOST_NAMED = 20
"""So many faults of a kind are named, the others counted."""
AHEAD = timedelta(hours=1)
"""Clocks of hosts and brokers differ; a time so far ahead is none of theirs."""


class _Due(NamedTuple):
    """`latest` is the last time for which the clock may have it watched."""

    latest: datetime
    processed: int
    """The leaf of the newest event that tells the clock to watch it."""


class _Rules(NamedTuple):
    """What the policy in force says of alerts, and when some of them were last heard of.

    `in_use`: the clock looked at every alert by this policy. `heard` is None where one of the times
    cannot be read.
    """

    alerts: Alerts
    in_use: bool
    heard: dict[UUID, datetime] | None


class Deadlines:
    """Follows a log's events, and compares what is open at their end with what is watched.

    What is open is kept in a temporary file, so that memory does not grow with the log.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = temporary_database(
            "CREATE TABLE open (kind TEXT, subject BLOB, PRIMARY KEY (kind, subject)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Removes the temporary file."""
        self._open.close()

    def follow(self, entries: Iterable[Entry]) -> None:
        """Events in log order. Those that do not decode are the log's audit's to name."""
        changed: dict[tuple[str, bytes], bool] = {}
        for entry in entries:
            if entry.type not in clock.SETTING and entry.type not in clock.ENDING:
                continue
            try:
                subject = uuid_of(entry.stream).bytes
                changed |= {(of.name, subject): False for of in clock.ENDING.get(entry.type, ())}
                if entry.type in clock.SETTING:
                    recorded = CODEC.decode(entry.stored, entry.leaf)
                    changed |= {
                        (each.kind, subject): True for each in clock.deadlines_after(recorded)
                    }
            except (UnknownEvent, ValueError):
                continue
        self._open.executemany(
            "INSERT OR IGNORE INTO open VALUES (?, ?)",
            [of for of, is_open in changed.items() if is_open],
        )
        self._open.executemany(
            "DELETE FROM open WHERE kind = ? AND subject = ?",
            [of for of, is_open in changed.items() if not is_open],
        )

    def faults(self) -> Iterator[str]:
        """What is not watched as the log says, in sentences. Raises Unavailable."""
        for of in DEADLINES:
            yield from _shortened(self._of_kind(of), f"open things of kind {of.name}")
        now = datetime.now(UTC)
        ahead = self._store.last_seen.after(after(now, AHEAD), MOST_NAMED)
        for alert, at in ahead:
            yield (
                f"The alert {alert} was last heard of at {at}, which has not come yet: until then "
                "it never goes stale."
            )

    def _of_kind(self, of: DeadlineType) -> Iterator[str]:
        last = b""
        while True:
            found = self._open.execute(
                "SELECT subject FROM open WHERE kind = ? AND subject > ? ORDER BY subject LIMIT ?",
                (of.name, last, SUBJECTS_PER_READ),
            ).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield from self._of_subjects(of, [UUID(bytes=subject) for (subject,) in found])

    def _of_subjects(self, of: DeadlineType, subjects: Sequence[UUID]) -> Iterator[str]:
        """Rows and events of one transaction are read in the midst of two looks at the rows.

        What changed meanwhile, and what the clock has yet to read, is not judged.
        """
        processed = self._store.followers.position(clock.NAME)
        before = self._store.deadlines.times(of.name, subjects)
        streams = self._store.load({stream_id(of.kind, each): 0 for each in subjects})
        now_watched = self._store.deadlines.times(of.name, subjects)
        rules = None if of.grace is None else self._rules(subjects)
        for subject in subjects:
            kept = before.get(subject)
            if kept != now_watched.get(subject):
                continue
            try:
                due = self._due(of, subject, streams[stream_id(of.kind, subject)], rules)
            except UnknownEvent:
                continue
            except msgspec.ValidationError:
                yield f"When the alert {subject} was last heard of cannot be read."
                continue
            if due is None or due.processed >= processed:
                continue
            latest = time_text(due.latest)
            if kept is None:
                yield (
                    f"The {of.label} {subject} is open and the clock does not watch it, so that it "
                    f"is never found {of.finds}; the log says to look at it by {latest}."
                )
            elif kept > latest:
                yield (
                    f"The {of.label} {subject} is watched for {kept}; the log says to look at it "
                    f"by {latest}."
                )

    def _rules(self, subjects: Sequence[UUID]) -> "_Rules":
        adopted = newest(self._store)
        checked_by = self._store.followers.position(clock.POLICY)
        alerts = parse_adopted(adopted.event.text).alerts
        try:
            heard = self._store.last_seen.times(subjects)
        except msgspec.ValidationError:
            heard = None
        return _Rules(alerts, checked_by == adopted.recorded.version, heard)

    def _due(
        self,
        of: DeadlineType,
        subject: UUID,
        entries: Sequence[Entry],
        rules: "_Rules | None",
    ) -> _Due | None:
        """When the clock has to look at a subject; None where it need not."""
        stream = KINDS[of.kind]
        state: Any = stream.initial
        told: _Due | None = None
        for entry in entries:
            recorded = CODEC.decode(entry.stored, entry.leaf)
            state = stream.evolve(state, recorded.event)
            for watched in clock.deadlines_after(recorded):
                if watched.kind == of.name:
                    told = _Due(watched.at, entry.leaf)
        if told is None:
            return None
        if rules is None:
            mark = of.next_at(state)
            return None if mark is None else _Due(max(mark, told.latest), told.processed)
        latest = self._latest_look(subject, cast("Alert", state), rules)
        return None if latest is None else _Due(max(latest, told.latest), told.processed)

    def _latest_look(self, subject: UUID, state: Alert, rules: "_Rules") -> datetime | None:
        stale_after = rules.alerts.stale_after_of(state.source, state.kind)
        if not state.firing or state.stale or state.last_arrived_at is None or stale_after is None:
            return None
        if not rules.in_use:
            return LAST
        heard = self._store.last_seen.times([subject]) if rules.heard is None else rules.heard
        last_heard_at = max(heard.get(subject, state.last_arrived_at), state.last_arrived_at)
        return after(last_heard_at, stale_after - rules.alerts.shortest_stale_after)


def _shortened(faults: Iterator[str], what: str) -> Iterator[str]:
    """The first of them, and how many more there are."""
    more = 0
    for number, fault in enumerate(faults):
        if number < MOST_NAMED:
            yield fault
        else:
            more += 1
    if more:
        yield f"{more} more {what} are not watched as the log says."
