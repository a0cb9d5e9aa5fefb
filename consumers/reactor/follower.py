"""Follows the sealed log: each event once, in order, from a position in the store."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from consumers.services import Services
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.codec import unknown_type
from ledger.domain.envelope import kind_of
from ledger.errors import StaleVersion, UnknownEvent
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.execute.requests import RecordSignals
from ledger.store.port import Entry
from ledger.store.side_records import PositionMove, SideWrite

EVENTS_PER_READ = 1_000
MOST_BEHIND = 20_000
"""A position is written with what is kept, or after so many events that nothing is kept of: they
would be read again after a restart."""


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a batch: the number of events `read`, side writes, commands, and signals."""

    read: int
    kept: Sequence[SideWrite] = ()
    commands: Sequence[CausedCommand] = ()
    bodies: Sequence[RecordSignals] = ()


class Follower:
    """Reads the sealed log for one purpose. Blocking; one thread at a time.

    Any number of followers of one name, in any number of processes, have one effect. In a stream
    of a kind that it reads it passes no event that this program does not know: what the event
    calls for is the work of a newer program, whose follower of that name finds it.
    """

    def __init__(
        self,
        name: str,
        services: Services,
        *,
        types: Collection[str],
        process: Callable[[Sequence[Entry]], BatchResult],
        most_behind: int = MOST_BEHIND,
    ) -> None:
        self._name = name
        self._services = services
        self._store = services.store
        self._types = frozenset(types)
        self._kinds = frozenset(
            kind
            for kind, streams in KINDS.items()
            if not self._types.isdisjoint(event.name for event in streams.events)
        )
        self._process = process
        self._most_behind = most_behind
        self._kept: int | None = None
        self._next = 0

    def heed_move(self) -> None:
        """Goes on from where somebody moved its position to. Raises Unavailable."""
        if self._kept is not None and self._store.followers.position(self._name) != self._kept:
            self._kept = None

    def catch_up(self) -> bool:
        """Reads all that is sealed; whether that caused events.

        Raises Unavailable, and UnknownEvent once all before an event that is not known was read.
        """
        caused = False
        while (step := self._step()) is not None:
            caused = caused or step
        return caused

    def _step(self) -> bool | None:
        """Reads some of what is sealed; whether it caused events, and None at the end."""
        if self._kept is None:
            self._kept = self._next = self._store.followers.position(self._name)
        entries = self._store.read(self._next, EVENTS_PER_READ)
        if not entries:
            return None
        try:
            result = self._process_known(self._known(entries))
        except UnknownEvent:
            if self._store.followers.position(self._name) == self._kept:
                raise
            self._kept = None  # another process, of a newer program, read on
            return False
        new = entries[result.read - 1].leaf + 1
        effects = result.kept or result.commands or result.bodies
        if not effects and new - self._kept < self._most_behind:
            self._next = new
            return False
        return self._keep(result, new, self._kept)

    def _known(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Those before the first of an unknown type. Raises UnknownEvent where that is the first.

        Types of other kinds of streams are no business of this follower.
        """
        for place, entry in enumerate(entries):
            if entry.type not in CODEC.names and kind_of(entry.stream) in self._kinds:
                if place == 0:
                    raise unknown_type(entry.type)
                return entries[:place]
        return entries

    def _process_known(self, entries: Sequence[Entry]) -> BatchResult:
        """What they came to, or those before one that does not decode. Raises UnknownEvent."""
        if not any(entry.type in self._types for entry in entries):
            return BatchResult(read=len(entries))
        try:
            return self._process(entries)
        except UnknownEvent:
            before = self._decodable(entries)
            if not 0 < len(before) < len(entries):
                raise
            return self._process_known(before)

    def _decodable(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        for place, entry in enumerate(entries):
            try:
                if entry.type in self._types:
                    CODEC.decode(entry.stored, entry.leaf)
            except UnknownEvent:
                return entries[:place]
        return entries

    def _keep(self, result: BatchResult, new: int, kept: int) -> bool:
        request = AdvanceFollower(
            moved=PositionMove(follower=self._name, old=kept, new=new),
            kept=tuple(result.kept),
            commands=tuple(result.commands),
            bodies=tuple(result.bodies),
        )
        self._kept = None
        try:
            outcome = self._services.executor.execute(request, self._services.context())
        except StaleVersion:
            return False  # another process reads for the same purpose: go on from where it is
        self._kept = self._next = new
        return outcome.events > 0
