"""One batch's unit of work: states as they were loaded, and what is to be appended."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.domain import identity
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, Recorded, kind_of, stream_id
from ledger.domain.incident import Incident
from ledger.execute.context import Context
from ledger.execute.heard import HeardLately
from ledger.policy import Policy, read
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store
from ledger.store.records import Heard, Note, TakenId
from ledger.vocabulary import Status

POLICY_STREAM = stream_id("policy", identity.POLICY)


class Loaded(NamedTuple):
    """A stream's folded state, its version, and its last event's leaf index and recording time."""

    state: Any
    version: int = 0
    leaf: int = -1
    recorded_at: datetime | None = None


class StateCache:
    """Folded states by stream, bounded. A stale one is harmless: appends check versions."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def get(self, stream: str) -> Loaded:
        """The state last seen, or the initial one."""
        if (loaded := self._loaded.get(stream)) is not None:
            self._loaded.move_to_end(stream)
            return loaded
        return Loaded(KINDS[kind_of(stream)].initial)

    def put(self, stream: str, loaded: Loaded) -> None:
        """Keeps a committed state, and lets go of the one unused longest."""
        self._loaded[stream] = loaded
        self._loaded.move_to_end(stream)
        while len(self._loaded) > self._most:
            self._loaded.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        self._loaded.clear()


class Work:
    """Loads what is asked for, hands out states, and collects events and notes in order."""

    def __init__(
        self,
        store: Store,
        mapper: EnvelopeMapper,
        cache: StateCache,
        heard: HeardLately,
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
        self.events: list[StoredEvent] = []
        self.notes: list[Note] = []
        self._claimed: set[tuple[str, str]] = set()

    def prefetch(self, streams: Iterable[str]) -> None:
        """Loads many streams in one query."""
        wanted = {s: self._cache.get(s) for s in streams if s not in self._streams}
        if not wanted:
            return
        news = self.store.load({stream: known.version for stream, known in wanted.items()})
        for stream, loaded in wanted.items():
            kind = KINDS[kind_of(stream)]
            for entry in news[stream]:
                recorded = self._mapper.to_recorded(entry)
                state = kind.evolve(loaded.state, recorded.event)
                loaded = Loaded(state, entry.version, entry.leaf, recorded.recorded_at)  # noqa: PLW2901
            self._cache.put(stream, loaded)
            self._streams[stream] = loaded

    def loaded(self, stream: str) -> Loaded:
        """Where a stream stands, this batch's own events included."""
        if stream not in self._streams:
            self.prefetch([stream])
        return self._streams[stream]

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
        """The policy in force."""
        return read(self.loaded(POLICY_STREAM).state.text)

    def record(
        self, stream: str, event: Event, context: Context, causation: str | None = None
    ) -> str:
        """Adds an event; returns its id. Raises EventTooLarge."""
        before = self.loaded(stream)
        recorded = Recorded(
            event=event,
            stream=stream,
            version=before.version + 1,
            leaf=-1,
            id=self._new_id(),
            recorded_at=max(self._recorded_at, before.recorded_at or self._recorded_at),
            actor=context.actor,
            source=context.source,
            correlation=context.correlation,
            causation=causation,
            policy_digest=self.loaded(POLICY_STREAM).state.digest or None,
            body_digest=context.body_digest,
        )
        self.events.append(self._mapper.to_stored_event(recorded))
        self._undo.append((stream, before))
        state = KINDS[recorded.kind].evolve(before.state, event)
        self._streams[stream] = Loaded(state, recorded.version, -1, recorded.recorded_at)
        return recorded.id

    def claim(self, scope: str, name: str) -> bool:
        """Marks a name as used within this batch; False where it was already."""
        if (scope, name) in self._claimed:
            return False
        self._claimed.add((scope, name))
        return True

    def take_id(self, scope: str, name: str) -> bool:
        """Takes an id for good, with this batch; False where it was taken before."""
        if self.store.taken([(scope, name)]) or not self.claim(scope, name):
            return False
        self.notes.append(TakenId(scope=scope, id=name))
        return True

    def hear(self, alert: UUID, at: datetime) -> None:
        """Notes that an alert was heard of, where that is news."""
        if self._heard.is_news(alert, at) and self.claim("heard", str(alert)):
            self.notes.append(Heard(alert=alert, at=at))

    def savepoint(self) -> tuple[int, int]:
        """Where to go back to if the next request is refused."""
        self._undo.clear()
        return len(self.events), len(self.notes)

    def rollback(self, point: tuple[int, int]) -> None:
        """Drops what a refused request had added; a claimed name stays so for this batch."""
        for stream, before in reversed(self._undo):
            self._streams[stream] = before
        events, notes = point
        del self.events[events:]
        del self.notes[notes:]

    def committed(self, leaves: range) -> None:
        """Keeps the states that these events led to, now that they are stored."""
        last = {
            str(event.originator_id): leaf
            for leaf, event in zip(leaves, self.events, strict=True)
        }
        for stream, leaf in last.items():
            loaded = self._streams[stream]._replace(leaf=leaf)
            self._streams[stream] = loaded
            self._cache.put(stream, loaded)
        for note in self.notes:
            if isinstance(note, Heard):
                self._heard.written(note.alert, note.at)
