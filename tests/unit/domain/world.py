"""A ledger in memory, as far as signals need one: streams, their events, merges followed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

from ledger.domain.alert import Alert, Sender, Signal, SignalStatus
from ledger.domain.alert_group import AlertGroup
from ledger.domain.catalogue import KINDS
from ledger.domain.correlation import decide_signal
from ledger.domain.envelope import Event, kind_of, stream_id
from ledger.domain.identity import alert_id
from ledger.domain.incident import Incident, decide, decide_merge
from ledger.domain.incident.commands import IncidentCommand
from ledger.domain.signal_state import Decision, SignalState, StreamEvent, place_of
from ledger.domain.staleness import mark_stale
from ledger.domain.system import SystemNames
from ledger.policy import Policy
from ledger.vocabulary import Status
from tests.unit.domain.story import NOW, POLICY

LABELS = {"alertname": "Leak", "system": "chat", "severity": "critical"}
PEER = Sender(external_url="http://peer-b")


def signal(key: str = "a", status: str = "firing", **changes: Any) -> Signal:
    """What a source says of its alert `key`."""
    claims: dict[str, Any] = {
        "source": "main",
        "dedup_key": key,
        "status": SignalStatus(status),
        "title": f"Leak {key}",
        "labels": LABELS,
        "annotations": {},
        "starts_at": None,
    }
    return Signal(**claims | changes)


def fires(key: str = "a", **changes: Any) -> Signal:
    """The alert `key` fires."""
    return signal(key, "firing", **changes)


def ends(key: str = "a", **changes: Any) -> Signal:
    """The alert `key` is resolved."""
    return signal(key, "resolved", **changes)


def seen(key: str = "a", **changes: Any) -> Signal:
    """Somebody acknowledges the alert `key`."""
    return signal(key, "acknowledged", **changes)


def minutes(count: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=count)


class World:
    """Takes signals and commands, and keeps the events of every stream."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.streams: defaultdict[str, list[Event]] = defaultdict(list)
        self._states: dict[str, Any] = {}

    def state(self, stream: str) -> Any:
        """A stream's folded state."""
        return self._states.get(stream, KINDS[kind_of(stream)].initial)

    def alert(self, key: str = "a") -> Alert:
        """An alert's state."""
        state: Alert = self.state(stream_id("alert", alert_id("main", key)))
        return state

    def incident(self, incident: UUID) -> Incident:
        """An incident's state."""
        state: Incident = self.state(stream_id("incident", incident))
        return state

    def incidents(self) -> dict[UUID, Incident]:
        """Every incident by its id."""
        names = [stream for stream in self.streams if kind_of(stream) == "incident"]
        return {UUID(name.partition("/")[2]): self.state(name) for name in names}

    def refold(self, stream: str) -> Any:
        """A stream's state, folded from its first event."""
        kind = KINDS[kind_of(stream)]
        return reduce(kind.evolve, self.streams[stream], kind.initial)

    def _follow(self, incident: UUID | None) -> tuple[UUID, Incident] | None:
        while incident is not None:
            state = self.incident(incident)
            if state.status is not Status.MERGED:
                return incident, state
            incident = state.merged_into
        return None

    def standing(self, of: Signal) -> SignalState:
        """Where the streams stand that a signal may touch."""
        place = place_of(of, self.policy, SystemNames())
        alert: Alert = self.state(stream_id("alert", place.alert))
        group: AlertGroup = self.state(stream_id("alert_group", place.group))
        return SignalState(
            place=place,
            alert=alert,
            group=group,
            linked=self._follow(alert.incident),
            newest=self._follow(group.newest),
        )

    def append(self, changes: Iterable[StreamEvent]) -> None:
        """Adds events to their streams."""
        for stream, event in changes:
            self.streams[stream].append(event)
            kind = KINDS[kind_of(stream)]
            self._states[stream] = kind.evolve(self.state(stream), event)

    def take(self, of: Signal, at: datetime = NOW, *, retried: bool = False) -> Decision:
        """A signal arrives."""
        taken = decide_signal(of, self.standing(of), self.policy, arrived_at=at, retried=retried)
        self.append(taken.changes)
        return taken

    def opened(self, of: Signal, at: datetime = NOW) -> UUID:
        """A signal arrives and belongs to the incident that is returned."""
        incident = self.take(of, at).incident
        assert incident is not None
        return incident

    def command(self, incident: UUID, command: IncidentCommand, at: datetime = NOW) -> None:
        """A command for an incident. Raises what refused it."""
        events = decide(command, self.incident(incident), self.policy, at)
        self.append(StreamEvent(stream_id("incident", incident), event) for event in events)

    def merge(self, source: UUID, into: UUID, at: datetime = NOW) -> None:
        """Merges one incident into another. Raises what refused it."""
        merged, absorbed = decide_merge(
            "the same",
            source=source,
            merged=self.incident(source),
            into=into,
            target=self.incident(into),
            now=at,
        )
        self.append(StreamEvent(stream_id("incident", source), event) for event in merged)
        self.append(StreamEvent(stream_id("incident", into), event) for event in absorbed)

    def stale(self, key: str, last_heard_at: datetime, now: datetime) -> tuple[StreamEvent, ...]:
        """The clock looks whether an alert is stale."""
        alert = self.alert(key)
        changes = mark_stale(
            alert_id("main", key),
            alert,
            self._follow(alert.incident),
            last_heard_at=last_heard_at,
            stale_after=self.policy.alerts.stale_after,
            now=now,
        )
        self.append(changes)
        return changes
