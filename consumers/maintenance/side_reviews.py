"""The check of the reviews that a log calls for against those that it holds.

A review process whose position was set ahead, or whose members of a month were removed, launches
none: the log itself shows that one is missing.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast
from uuid import UUID

from consumers.commands.policy_history import adopted
from consumers.maintenance.temporary import temporary_database
from consumers.reactor import reviews
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, id_of
from ledger.domain.incident.events import IncidentEvent
from ledger.domain.policy import PolicyAdopted
from ledger.domain.review import ReviewLaunched
from ledger.domain.review.counting import CountedIncident, evolve
from ledger.errors import LedgerError, NotFound, UnknownEvent
from ledger.policy import Policy, parse_adopted
from ledger.store.port import Entry, Store
from ledger.vocabulary import Status

MOST_NAMED = 20
"""So many missing reviews are named."""

_TABLES = (
    """CREATE TABLE members (incident BLOB PRIMARY KEY, system TEXT, month TEXT, counts INTEGER,
        status TEXT, counted INTEGER) WITHOUT ROWID""",
    "CREATE INDEX members_by_month ON members (month, system, counted)",
    """CREATE TABLE crossed (month TEXT, system TEXT, leaf INTEGER, threshold INTEGER,
        launched INTEGER, PRIMARY KEY (month, system)) WITHOUT ROWID""",
)
_TYPES = reviews.COUNTING_TYPES | {PolicyAdopted.name, ReviewLaunched.name}


class _Pair(NamedTuple):
    month: str
    system: str


class Reviews:
    """Follows a log's events, and judges each month as the review process does.

    What counts is kept in a temporary file, so that memory does not grow with the log.
    """

    def __init__(self, store: Store) -> None:
        self._policy: Policy | None = None
        self._stopped = False
        try:
            self._policy = parse_adopted(adopted(store)[0].event.text)
        except NotFound:
            pass  # the events tell it
        except LedgerError:
            self._stopped = True  # a policy of a newer program
        self._kept = temporary_database(*_TABLES)

    def close(self) -> None:
        """Removes the temporary file."""
        self._kept.close()

    def follow(self, entries: Iterable[Entry]) -> None:
        """Events in log order. From one that this program does not know on nothing is judged."""
        for entry in entries:
            if self._stopped:
                return
            if entry.type not in _TYPES:
                continue
            try:
                self._follow(CODEC.decode(entry.stored, entry.leaf))
            except (UnknownEvent, ValueError):
                self._stopped = True

    def _follow(self, recorded: Recorded) -> None:
        match recorded.event:
            case PolicyAdopted(text=text):
                self._policy = parse_adopted(text)
                self._judge_adoption(self._policy, recorded)
            case ReviewLaunched(system=system, month=month):
                self._kept.execute(
                    "INSERT INTO crossed VALUES (?, ?, ?, 0, 1)"
                    " ON CONFLICT DO UPDATE SET launched = 1",
                    (month, system, recorded.leaf),
                )
            case event:
                self._count(UUID(id_of(recorded.stream)), cast("IncidentEvent", event), recorded)

    def _count(self, incident: UUID, event: IncidentEvent, recorded: Recorded) -> None:
        before = self._member(incident)
        member = evolve(before, event)
        if member is None or member == before:
            return
        self._kept.execute(
            "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?)",
            (
                incident.bytes,
                member.system,
                member.month,
                member.counts,
                member.status.value,
                member.counted,
            ),
        )
        pair = _Pair(member.month, member.system)
        already = (
            before is not None and before.counted and _Pair(before.month, before.system) == pair
        )
        if member.counted and not already and not recorded.source.startswith(reviews.IMPORTS):
            self._judge(pair, recorded.leaf)

    def _member(self, incident: UUID) -> CountedIncident | None:
        row = self._kept.execute(
            "SELECT system, month, counts, status FROM members WHERE incident = ?",
            (incident.bytes,),
        ).fetchone()
        if row is None:
            return None
        system, month, counts, status = row
        return CountedIncident(
            system=system, month=month, counts=bool(counts), status=Status(status)
        )

    def _judge_adoption(self, policy: Policy, recorded: Recorded) -> None:
        month = policy.month_of(recorded.recorded_at)
        above = self._kept.execute(
            "SELECT system FROM members WHERE month = ? AND counted GROUP BY system"
            " HAVING count(*) > ?",
            (month, policy.threshold),
        ).fetchall()
        for (system,) in above:
            self._cross(_Pair(month, system), recorded.leaf, policy.threshold)

    def _judge(self, pair: _Pair, leaf: int) -> None:
        if self._policy is None:
            return
        threshold = self._policy.threshold
        # No more are counted than the threshold takes: a month may have any number.
        [(count,)] = self._kept.execute(
            "SELECT count(*) FROM (SELECT 1 FROM members WHERE month = ? AND system = ?"
            " AND counted = 1 LIMIT ?)",
            (*pair, threshold + 1),
        )
        if count > threshold:
            self._cross(pair, leaf, threshold)

    def _cross(self, pair: _Pair, leaf: int, threshold: int) -> None:
        self._kept.execute(
            "INSERT OR IGNORE INTO crossed VALUES (?, ?, ?, ?, 0)", (*pair, leaf, threshold)
        )

    def faults(self, processed: int) -> Iterator[str]:
        """Reviews that ought to have been launched by what lies before leaf `processed`."""
        missing = self._kept.execute(
            "SELECT month, system, leaf, threshold FROM crossed WHERE NOT launched AND leaf < ?"
            " ORDER BY leaf",
            (processed,),
        )
        for month, system, leaf, threshold in missing.fetchmany(MOST_NAMED):
            yield (
                f"No review of {system} in {month} was launched: at leaf {leaf} more than "
                f"{threshold} incidents counted, and the follower {reviews.NAME} stands behind it."
            )
        if more := len(missing.fetchall()):
            yield f"{more} more reviews were not launched."
