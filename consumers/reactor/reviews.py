"""The review process: more incidents of a system in a month than the policy allows launch a review.

A review is a function of the log up to a leaf: the first event that leaves a system's month above
the threshold of the policy in force there. Judged are an incident that begins to count for a month,
and an adoption, for the month it falls in: months past were judged in their time. What an import
recorded counts, and launches nothing.

Source: runbook section 6, "Incident count > 3 per month: Launch RCA review".
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from consumers.commands.policy_history import Adopted, adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, uuid_of
from ledger.domain.identity import review_id
from ledger.domain.incident.events import IncidentEvent
from ledger.domain.policy import PolicyAdopted
from ledger.domain.review import REVIEW, LaunchReview
from ledger.domain.review.counting import COUNTING_EVENTS, CountedIncident, evolve
from ledger.execute import CausedCommand
from ledger.policy import Policy, parse_adopted
from ledger.store.port import Entry, Store
from ledger.store.side_records import MonthMember

NAME = "reviews"
IMPORTS = "import/"
"""What the source of an imported event begins with."""
REMEMBERED = 10_000
"""So many launched reviews are known without a look into the store."""
COUNTING_TYPES = frozenset(event.name for event in COUNTING_EVENTS)


class ReviewProcess:
    """Launches reviews, each once, however often anything dies. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._adoptions: list[Adopted] = []
        self._launched: dict[tuple[str, str], None] = {}
        self._follower = Follower(
            NAME,
            services,
            types=COUNTING_TYPES | {PolicyAdopted.name},
            process=self._process,
        )

    def catch_up(self) -> bool:
        """Judges all that is sealed; whether a review was launched.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        """Up to the next adoption, which is judged alone: on what is kept of all before it.

        Adoptions are read anew: one may lie where another process read on in the place of this one.
        """
        self._adoptions.clear()
        adoption = next((n for n, e in enumerate(entries) if e.type == PolicyAdopted.name), None)
        if adoption == 0:
            return self._judge_adoption(entries[0])
        return self._judge_incidents(entries[:adoption])

    def _judge_adoption(self, entry: Entry) -> BatchResult:
        recorded = CODEC.decode(entry.stored, entry.leaf)
        month = self._policy_at(entry.leaf).month_of(recorded.recorded_at)
        systems: defaultdict[str, list[UUID]] = defaultdict(list)
        for each in self._store.followers.counted_incidents(month):
            systems[each.member.system].append(each.incident)
        launches = [
            self._launch(system, month, incidents, recorded)
            for system, incidents in systems.items()
            if self._crosses(system, month, len(incidents), recorded.leaf)
        ]
        return BatchResult(read=1, commands=launches)

    def _judge_incidents(self, entries: Sequence[Entry]) -> BatchResult:
        moving = [
            CODEC.decode(entry.stored, entry.leaf)
            for entry in entries
            if entry.type in COUNTING_TYPES
        ]
        months = _Months(self._store, {_incident(recorded) for recorded in moving})
        launches: dict[tuple[str, str], CausedCommand] = {}
        for recorded in moving:
            entered = months.apply(recorded)
            if entered is None or recorded.source.startswith(IMPORTS):
                continue
            system, month = pair = entered.system, entered.month
            count = months.count(month, system)
            if pair not in launches and self._crosses(system, month, count, recorded.leaf):
                incidents = months.counted(month, system)
                launches[pair] = self._launch(system, month, incidents, recorded)
        kept = tuple(months.changed.values())
        return BatchResult(read=len(entries), kept=kept, commands=tuple(launches.values()))

    def _crosses(self, system: str, month: str, count: int, leaf: int) -> bool:
        """Whether so many incidents are above the threshold at a leaf, and no review is there."""
        if (system, month) in self._launched or count <= self._policy_at(leaf).threshold:
            return False
        stream = REVIEW.stream(review_id(system, month))
        if self._store.load({stream: 0})[stream]:
            self._launched[system, month] = None
            while len(self._launched) > REMEMBERED:
                self._launched.pop(next(iter(self._launched)))
            return False
        return True

    def _launch(
        self, system: str, month: str, incidents: Sequence[UUID], by: Recorded
    ) -> CausedCommand:
        policy = self._policy_at(by.leaf)
        return CausedCommand(
            kind=REVIEW.kind,
            subject=review_id(system, month),
            command=LaunchReview(
                system=system,
                month=month,
                threshold=policy.threshold,
                zone=policy.zone,
                action=policy.triggers.incident_count.action,
                leaf=by.leaf,
                incidents=tuple(incidents),
                at=by.recorded_at,
                due=policy.review_due(by.recorded_at),
            ),
            correlation=by.correlation,
            causation=by.id,
            policy_digest=self._adopted_at(by.leaf).digest,
        )

    def _policy_at(self, leaf: int) -> Policy:
        return parse_adopted(self._adopted_at(leaf).text)

    def _adopted_at(self, leaf: int) -> PolicyAdopted:
        """The adoption that was in force at a leaf; the first one before any."""
        if not self._adoptions:
            self._adoptions = adopted(self._store)
        return in_force_at(self._adoptions, leaf).event


class _Months:
    """Members as they are kept, with what the events of one batch change."""

    def __init__(self, store: Store, incidents: set[UUID]) -> None:
        self._store = store
        self._members = store.followers.month_members(incidents)
        self._counted: dict[tuple[str, str], dict[UUID, int]] = {}
        self.changed: dict[UUID, MonthMember] = {}

    def apply(self, recorded: Recorded) -> CountedIncident | None:
        """Folds an event; the member after it, where it began to count for its month by that."""
        incident = _incident(recorded)
        kept = self._members.get(incident)
        before = kept.member if kept else None
        after = evolve(before, cast("IncidentEvent", recorded.event))
        if after is None or after == before:
            return None
        leaf = kept.leaf if kept else recorded.leaf
        counted = self._of(after)
        already = before is not None and before.counted and incident in counted
        if before is not None:
            self._of(before).pop(incident, None)
        if after.counted:
            counted[incident] = leaf
        self._members[incident] = MonthMember(incident=incident, leaf=leaf, member=after)
        self.changed[incident] = self._members[incident]
        return after if after.counted and not already else None

    def count(self, month: str, system: str) -> int:
        """How many incidents count for a system's month."""
        return len(self._counted[month, system])

    def counted(self, month: str, system: str) -> list[UUID]:
        """The incidents that count for a system's month, in order of detection."""
        found = self._counted[month, system]
        return sorted(found, key=lambda incident: found[incident])

    def _of(self, member: CountedIncident) -> dict[UUID, int]:
        key = member.month, member.system
        if key not in self._counted:
            kept = self._store.followers.counted_incidents(*key)
            self._counted[key] = {each.incident: each.leaf for each in kept}
        return self._counted[key]


def _incident(recorded: Recorded) -> UUID:
    return uuid_of(recorded.stream)


REVIEWS = FollowerType(name=NAME, role="reactor", start=ReviewProcess)
