"""One batch's unit of work: states as they were loaded, and what is to be appended."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.domain.alert import Signal
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, Recorded, kind_of, stream_id
from ledger.domain.identity import POLICY_ID
from ledger.domain.incident import Incident
from ledger.domain.signal_state import Place, StreamEvent, place_of
from ledger.errors import UnknownEvent
from ledger.execute.context import Context
from ledger.execute.last_seen import LastSeenCache
from ledger.execute.state_cache import Loaded, StateCache, resolve_leaf
from ledger.policy import Policy, parse_adopted, parse_policy
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Entry, NewEvent, Store
from ledger.store.side_records import ConsumedId, LastSeen, SideWrite, StreamUnchanged
from ledger.vocabulary import Status

POLICY_STREAM = stream_id("policy", POLICY_ID)


class SignalRoute(NamedTuple):
    """A signal's place under the policy in force, and the streams of its alert and group."""

    place: Place
    alert_stream: str
    group_stream: str


class Savepoint(NamedTuple):
    """How much of each a batch had, before a request added to it."""

    events: int
    notes: int
    claims: int
    rests_on: int


class Work:
    """Loads what is asked for, hands out states, and collects events and notes in order."""

    def __init__(
        self,
        store: Store,
        mapper: EnvelopeMapper,
        cache: StateCache,
        heard: LastSeenCache,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.store = store
        self._mapper = mapper
        self._cache = cache
        self._heard = heard
        self._recorded_at = clock()
        self._new_id = new_id
        self._streams: dict[str, Loaded] = {}
        self._undo: list[tuple[str, Loaded]] = []
        self._named: dict[tuple[str, int], SignalRoute] = {}
        self._looked_up: dict[tuple[str, str], bool] = {}
        self._claims: dict[tuple[str, str], None] = {}
        self._positions: dict[str, int] = {}
        self._rests_on: dict[str, None] = {}
        self.events: list[NewEvent] = []
        self.notes: list[SideWrite] = []

    def follow(self) -> None:
        """Catches up with what others appended. Raises Unavailable."""
        self._cache.follow(self.store)

    def look_up_positions(self, followers: Collection[str]) -> None:
        """Looks many followers up in one query. Raises Unavailable."""
        if followers:
            self._positions |= self.store.followers.positions(followers)

    def position(self, follower: str) -> int:
        """Where a follower stood before this batch."""
        if follower not in self._positions:
            self._positions |= self.store.followers.positions([follower])
        return self._positions[follower]

    def prefetch(self, streams: Iterable[str]) -> None:
        """Loads many streams in one query.

        What does not decode is left out: it is the error of whoever asks for that stream.
        """
        unknown = {stream: 0 for stream in streams if self._held(stream) is None}
        if not unknown:
            return
        for stream, entries in self.store.load(unknown).items():
            with suppress(UnknownEvent):
                self._fold(stream, entries)

    def _held(self, stream: str) -> Loaded | None:
        loaded = self._streams.get(stream)
        if loaded is None and (loaded := self._cache.get(stream)) is not None:
            self._streams[stream] = loaded
        return loaded

    def _fold(self, stream: str, entries: list[Entry]) -> Loaded:
        known = self._cache.folded(stream, Loaded(KINDS[kind_of(stream)].initial), entries)
        self._cache.put(stream, known)
        self._streams[stream] = known
        return known

    def loaded(self, stream: str) -> Loaded:
        """Where a stream stands, this batch's own events included. Raises UnknownEvent."""
        loaded = self._streams.get(stream) or self._held(stream)
        if loaded is not None:
            return loaded
        return self._fold(stream, self.store.load({stream: 0})[stream])

    def incident(self, incident: UUID) -> Incident:
        """An incident's state; its initial one where it is unknown."""
        return self.loaded(stream_id("incident", incident)).state  # type: ignore[no-any-return]

    def following_merges(self, incident: UUID | None) -> tuple[UUID, Incident] | None:
        """The incident that an id stands for today."""
        while incident is not None:
            state = self.incident(incident)
            if state.status is not Status.MERGED or state.merged_into is None:
                return incident, state
            incident = state.merged_into
        return None

    def policy(self) -> Policy:
        """The policy in force.

        Raises UnknownEvent where only a newer program reads it, Invalid where there is none.
        """
        text = self.loaded(POLICY_STREAM).state.text
        return parse_adopted(text) if text else parse_policy(text)

    def named(self, signal: Signal) -> SignalRoute:
        """A signal's alert and group, worked out once in a batch that holds it."""
        key = (self.loaded(POLICY_STREAM).state.digest, id(signal))
        if (named := self._named.get(key)) is None:
            place = place_of(signal, self.policy())
            alert, group = stream_id("alert", place.alert), stream_id("alert_group", place.group)
            named = self._named[key] = SignalRoute(place, alert, group)
        return named

    def record(
        self,
        stream: str,
        event: Event,
        context: Context,
        causation: str | None = None,
        policy_digest: str | None = None,
    ) -> str:
        """Adds an event; returns its id. Raises EventTooLarge.

        `policy_digest` is of the policy that decided, where that is not the one in force.
        """
        before = self.loaded(stream)
        recorded = Recorded(
            event=event,
            stream=stream,
            version=before.version + 1,
            leaf=~len(self.events),
            id=self._new_id(),
            recorded_at=max(self._recorded_at, before.recorded_at or self._recorded_at),
            actor=context.actor,
            source=context.source,
            correlation=context.correlation,
            causation=causation,
            policy_digest=policy_digest or self.loaded(POLICY_STREAM).state.digest or None,
            body_digest=context.body_digest,
        )
        self.events.append(self._mapper.to_new_event(recorded))
        self._undo.append((stream, before))
        state = KINDS[recorded.kind].evolve(before.state, event)
        self._streams[stream] = Loaded(state, recorded.version, recorded.leaf, recorded.recorded_at)
        return recorded.id

    def record_all(self, changes: Iterable[StreamEvent], context: Context) -> None:
        """Adds events of several streams, of which the first caused the others."""
        causation = None
        for stream, event in changes:
            event_id = self.record(stream, event, context, causation)
            causation = causation or event_id

    def claim(self, scope: str, name: str) -> bool:
        """Marks a name as used within this batch; False where it was already."""
        if (scope, name) in self._claims:
            return False
        self._claims[scope, name] = None
        return True

    def look_up_ids(self, ids: Collection[tuple[str, str]]) -> None:
        """Learns in one query which of these (scope, name) were taken before."""
        if ids:
            taken = self.store.idempotency.consumed_ids(ids)
            self._looked_up |= {pair: pair in taken for pair in ids}

    def take_id(self, scope: str, name: str) -> bool:
        """Takes an id for good, with this batch; False where it was taken before."""
        if (scope, name) not in self._looked_up:
            self.look_up_ids([(scope, name)])
        if self._looked_up[scope, name] or not self.claim(scope, name):
            return False
        self.notes.append(ConsumedId(scope=scope, id=name))
        return True

    def look_up_heard(self, alerts: Iterable[UUID]) -> None:
        """Learns in one query when these alerts were last heard of."""
        self._heard.look_up(alerts)

    def hear(self, alert: UUID, at: datetime, policy: Policy) -> None:
        """Notes that a looked-up alert was heard of, where that is news."""
        if self._heard.is_news(alert, at, policy) and self.claim("heard", str(alert)):
            self.notes.append(LastSeen(alert=alert, at=at))

    def last_heard(self, alert: UUID) -> datetime | None:
        """When an alert was last heard of, in this batch too; None where it never was."""
        noted = (note for note in self.notes if isinstance(note, LastSeen) and note.alert == alert)
        times = [*self.store.last_seen.times([alert]).values(), *(note.at for note in noted)]
        return max(times, default=None)

    def savepoint(self) -> Savepoint:
        """Where to go back to if the next request is refused."""
        self._undo.clear()
        return Savepoint(len(self.events), len(self.notes), len(self._claims), len(self._rests_on))

    def rollback(self, point: Savepoint) -> None:
        """Drops all that a refused request had added."""
        for stream, before in reversed(self._undo):
            self._streams[stream] = before
        del self.events[point.events :]
        del self.notes[point.notes :]
        while len(self._claims) > point.claims:
            self._claims.popitem()
        while len(self._rests_on) > point.rests_on:
            self._rests_on.popitem()

    def rest_on(self, streams: Iterable[str]) -> None:
        """Makes it a condition of the append that these streams end where they were loaded."""
        self._rests_on |= dict.fromkeys(streams)

    def premise(self) -> list[SideWrite]:
        """That the streams which these events rest on end where they were loaded.

        Always the policy's: the policy named by these events is in force when they are stored.
        """
        if not self.events:
            return []
        streams = dict.fromkeys((POLICY_STREAM, *self._rests_on))
        return [StreamUnchanged(stream=each, version=self.loaded(each).version) for each in streams]

    def committed(self, leaves: range) -> None:
        """Keeps the states that these events led to, now that they are stored."""
        for stream in {event.stream for event in self.events}:
            state, version, leaf, recorded_at = self._streams[stream]
            self._cache.put(stream, Loaded(state, version, resolve_leaf(leaf, leaves), recorded_at))
        self._cache.appended(leaves, self.events[-1].stored if self.events else b"")
        for note in self.notes:
            if isinstance(note, LastSeen):
                self._heard.written(note.alert, note.at)
