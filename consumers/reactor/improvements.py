"""Proposes improvements from the actions of findings, and records what happened again.

The policy in force at the event says whether actions of completed root cause analyses and of
concluded reviews are proposed; what an import recorded proposes nothing. Those of a restricted
incident, as it was then or is by now, are proposed without their words, for whoever reads
improvements would read them. An incident that the group of an improvement opens, while it is
watched, is a recurrence.

Source: runbook sections 7.5 and 9 (Plan, Do, Check, Act).
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from consumers.commands.policy_history import Adopted, adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, kind_of, stream_id, uuid_of
from ledger.domain.identity import action_id, recurrence_id
from ledger.domain.improvement import (
    IMPROVEMENT,
    CauseKind,
    ImprovementCause,
    ImprovementKind,
    ProposeFromTrigger,
    RecordRecurrence,
    Recurrence,
)
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.rca_events import RcaCompleted
from ledger.domain.incident.state import Incident
from ledger.domain.review import Review, ReviewConcluded
from ledger.execute import CausedCommand
from ledger.policy import parse_adopted
from ledger.store.decoding import state_of
from ledger.store.port import Entry, Store

NAME = "improvements"
IMPORTS = "import/"
"""What the source of an imported event begins with."""
TYPES = frozenset({GroupOpenedIncident.name, RcaCompleted.name, ReviewConcluded.name})


class ImprovementProcess:
    """Follows findings and alert groups, however often anything dies. Blocking; one thread."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._follower = Follower(NAME, services, types=TYPES, process=self._process)

    def catch_up(self) -> bool:
        """Acts on all that is sealed; whether that caused events.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        adoptions = adopted(self._store)
        commands: list[CausedCommand] = []
        for entry in entries:
            if entry.type not in TYPES:
                continue
            recorded = CODEC.decode(entry.stored, entry.leaf)
            adoption = in_force_at(adoptions, entry.leaf)
            if isinstance(recorded.event, GroupOpenedIncident):
                commands += _recurrences(self._store, recorded, recorded.event, adoption)
            elif isinstance(recorded.event, RcaCompleted | ReviewConcluded):
                commands += _proposals(self._store, recorded, recorded.event, adoption)
        return BatchResult(read=len(entries), commands=commands)


def _recurrences(
    store: Store, recorded: Recorded, opened: GroupOpenedIncident, adoption: Adopted
) -> Iterator[CausedCommand]:
    """Each improvement that watched the group when it opened an incident."""
    of = stream_id("recurrence", recurrence_id(uuid_of(recorded.stream)))
    state: Recurrence = state_of(store, of, before=recorded.leaf)
    for improvement, watched in state.watched.items():
        if watched.has(opened.at):
            command = RecordRecurrence(incident=opened.incident, since=watched.since)
            yield _caused(improvement, command, recorded, adoption)


def _proposals(
    store: Store, recorded: Recorded, event: RcaCompleted | ReviewConcluded, adoption: Adopted
) -> Iterator[CausedCommand]:
    """Each action of a finding, where the policy has them proposed."""
    if recorded.source.startswith(IMPORTS) or not event.actions:
        return
    if not parse_adopted(adoption.event.text).improvements.from_actions:
        return
    found: Incident | Review = state_of(store, recorded.stream, before=recorded.leaf)
    is_incident = kind_of(recorded.stream) == INCIDENT.kind
    cause = ImprovementCause(
        kind=CauseKind.INCIDENT if is_incident else CauseKind.REVIEW,
        ref=recorded.stream,
        leaf=recorded.leaf,
    )
    is_withheld = isinstance(found, Incident) and _is_restricted(store, recorded, found)
    for place, action in enumerate(event.actions):
        command = ProposeFromTrigger(
            at=recorded.recorded_at,
            title=_withheld(place) if is_withheld else action,
            system=found.system,
            improvement_kind=ImprovementKind.CORRECTIVE,
            cause=cause,
        )
        of = action_id(recorded.stream, recorded.leaf, place)
        yield _caused(of, command, recorded, adoption)


def _is_restricted(store: Store, recorded: Recorded, then: Incident) -> bool:
    """Whether the incident is restricted: as its analysis was completed, or by now."""
    now: Incident = state_of(store, recorded.stream)
    return then.restricted or now.restricted


def _withheld(place: int) -> str:
    return f"Action {place + 1} of the root cause analysis of a restricted incident"


def _caused(
    improvement: UUID,
    command: ProposeFromTrigger | RecordRecurrence,
    recorded: Recorded,
    adoption: Adopted,
) -> CausedCommand:
    return CausedCommand(
        kind=IMPROVEMENT.kind,
        subject=improvement,
        command=command,
        correlation=recorded.correlation,
        causation=recorded.id,
        policy_digest=adoption.event.digest,
    )


IMPROVEMENT_PROCESS = FollowerType(name=NAME, role="reactor", start=ImprovementProcess)
