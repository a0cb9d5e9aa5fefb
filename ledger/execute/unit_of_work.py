"""One batch's unit of work: what its requests read, and what is appended for all of them.

Reading and claiming are parts that do one thing each; the unit itself collects events and side
writes, and takes back what a refused request added.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, Recorded, stream_id
from ledger.domain.identity import POLICY_ID
from ledger.domain.system.names import NAMES_STREAM
from ledger.execute.claims import Claims
from ledger.execute.context import Context, Outcome
from ledger.execute.last_seen import LastSeenCache, LastSeenTimes
from ledger.execute.positions import Positions
from ledger.execute.state_cache import Loaded, StateCache
from ledger.execute.stream_states import StreamStates
from ledger.execute.texts import (
    AlertTexts,
    Known,
    Put,
    TextsOfBatch,
    put_beside,
)
from ledger.policy import Guards, Policy, parse_adopted, parse_guards, parse_policy
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import NewEvent, Store
from ledger.store.side_records import SideWrite, StreamUnchanged

T = TypeVar("T")

POLICY_STREAM = stream_id("policy", POLICY_ID)
ROUTING = frozenset({POLICY_STREAM, NAMES_STREAM})
"""The streams that say where signals belong."""


class Savepoint(NamedTuple):
    """How many of each a batch had, before a request added to it."""

    events: int
    side_writes: int
    claims: int
    preconditions: int


class Work:
    """Collects a batch's events and side writes in order.

    `states` has the states of streams, `claims` the ids consumed once, `last_seen` when alerts were
    seen, `positions` where followers stand, `texts` those beside the log. Not thread-safe; one
    for each batch.
    """

    def __init__(
        self,
        store: Store,
        mapper: EnvelopeMapper,
        cache: StateCache,
        last_seen: LastSeenCache,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.store = store
        self.events: list[NewEvent] = []
        self.side_writes: list[SideWrite] = []
        self.states = StreamStates(store, cache, counted=ROUTING)
        self.claims = Claims(store, self.side_writes)
        self.last_seen = LastSeenTimes(store, last_seen, self.claims, self.side_writes)
        self.positions = Positions(store)
        self.texts = TextsOfBatch(store, self.side_writes, new_id)
        self._mapper = mapper
        self._recorded_at = clock()
        self._new_id = new_id
        self._read: dict[str, None] = {}
        self._parts: dict[Any, Any] = {}

    def part(self, make: Callable[["Work"], T]) -> T:
        """A part that a handler keeps for the length of the batch, made when first asked for."""
        found = self._parts.get(make)
        if found is None:
            found = self._parts[make] = make(self)
        return cast("T", found)

    def policy(self) -> Policy:
        """The policy in force.

        Raises UnknownEvent where only a newer program can read it, Invalid where there is none.
        """
        text = self.states.loaded(POLICY_STREAM).state.text
        return parse_adopted(text) if text else parse_policy(text)

    def guards(self) -> Guards:
        """Who may what by the policy in force, also where only a newer program reads the rest."""
        text = self.states.loaded(POLICY_STREAM).state.text
        return parse_guards(text) if text else Guards()

    def record(
        self,
        stream: str,
        event: Event,
        context: Context,
        causation: str | None = None,
        policy_digest: str | None = None,
        known: Known | None = None,
    ) -> str:
        """Adds an event; returns its id (UUIDv7). Raises EventTooLarge.

        `causation` is the id of the event that led to it. `policy_digest` is of the policy that
        decided, where that is not the one in force. `known` is there for what somebody wrote, and
        gives the texts that it may repeat.
        """
        privacy = self.guards().privacy
        if not privacy.beside:
            digest = context.body_digest
            return self._add(stream, event, context, causation, policy_digest, digest)
        # A body has texts of others beside: its plain digest would confirm who guesses them.
        put = Put(event)
        if known is not None and privacy.of_persons:
            put = put_beside(event, stream, context.actor, known, self.texts)
        event, digest = put.event, put.keyed(context.body_digest)
        return self._add(stream, event, context, causation, policy_digest, digest)

    def _add(
        self,
        stream: str,
        event: Event,
        context: Context,
        causation: str | None,
        policy_digest: str | None,
        body_digest: str | None,
    ) -> str:
        before = self.states.loaded(stream)
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
            policy_digest=policy_digest or self.states.loaded(POLICY_STREAM).state.digest or None,
            body_digest=body_digest,
            acting=context.acting,
        )
        self.events.append(self._mapper.to_new_event(recorded))
        state = KINDS[recorded.kind].evolve(before.state, event)
        after = Loaded(state, recorded.version, recorded.leaf, recorded.recorded_at)
        self.states.replace(stream, before, after)
        return recorded.id

    def outcome_of(self, stream: str, events: int, *, done: bool = True) -> Outcome:
        """What a request came to that added so many events, with where its stream stands now.

        A stream without any event has no place in the log, and is not named.
        """
        after = self.states.loaded(stream)
        if after.version == 0:
            return Outcome(done=done)
        return Outcome(
            stream=stream, version=after.version, position=after.leaf, events=events, done=done
        )

    def record_all(
        self,
        changes: Iterable[tuple[str, Event]],
        context: Context,
        beside: AlertTexts | None = None,
    ) -> None:
        """Adds (stream, event) pairs of several streams; the first event caused the others.

        `beside` puts the texts of what a signal caused beside the log.
        """
        causation = None
        for stream, event in changes:
            if beside is None:
                event_id = self.record(stream, event, context, causation)
            else:
                put = beside.put(stream, event)
                digest = put.keyed(context.body_digest)
                event_id = self._add(stream, put.event, context, causation, None, digest)
            causation = causation or event_id

    def require_unchanged(self, streams: Iterable[str]) -> None:
        """Makes it a precondition of the append that these streams end where they were loaded."""
        self._read |= dict.fromkeys(streams)

    def preconditions(self) -> list[SideWrite]:
        """That the streams which the decisions read end where they were loaded.

        The policy's is always among them: the policy that these events name is in force when they
        are stored. None where there are no events.
        """
        if not self.events:
            return []
        streams = dict.fromkeys((POLICY_STREAM, *self._read))
        return [
            StreamUnchanged(stream=each, version=self.states.loaded(each).version)
            for each in streams
        ]

    def savepoint(self) -> Savepoint:
        """What `rollback` goes back to if the next request is refused."""
        self.states.savepoint()
        return Savepoint(len(self.events), len(self.side_writes), len(self.claims), len(self._read))

    def rollback(self, point: Savepoint) -> None:
        """Drops all that a refused request added since the last savepoint."""
        self.states.rollback()
        self.claims.rollback(point.claims)
        del self.events[point.events :]
        del self.side_writes[point.side_writes :]
        while len(self._read) > point.preconditions:
            self._read.popitem()

    def committed(self, leaves: range) -> None:
        """Hands what was stored at `leaves` to the caches that outlive the batch."""
        streams = {event.stream for event in self.events}
        self.states.committed(streams, leaves, self.events[-1].stored if self.events else b"")
        self.last_seen.committed()
