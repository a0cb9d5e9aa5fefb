"""Following the sealed log: each event once, in order, from a position kept in the store."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from consumers.people import by_airledger
from ledger.errors import StaleVersion
from ledger.execute import Executor, FollowLog, Launch
from ledger.store.port import Entry, Store
from ledger.store.records import MonthMember, Moved, Watched

EVENTS_PER_READ = 1_000
MOST_BEHIND = 20_000
"""A position is written with what is kept, or after so many events that nothing is kept of: they
would be read again after a restart."""


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """What some events came to: `read` of them were read, and what is to be kept and launched."""

    read: int
    kept: Sequence[MonthMember | Watched] = ()
    launches: Sequence[Launch] = ()


class Follower:
    """Reads the sealed log for one purpose. Blocking; one thread at a time.

    Any number of followers of one name, in any number of processes, have one effect.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        executor: Executor,
        *,
        types: Collection[str],
        learn: Callable[[Sequence[Entry]], Learnt],
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._name = name
        self._store = store
        self._executor = executor
        self._types = frozenset(types)
        self._learn = learn
        self._clock = clock
        self._new_id = new_id
        self._kept: int | None = None
        self._next = 0

    def catch_up(self) -> bool:
        """Reads all that is sealed; whether that caused events. Raises Unavailable."""
        caused = False
        while (step := self._step()) is not None:
            caused = caused or step
        return caused

    def _step(self) -> bool | None:
        """Reads some of what is sealed; whether it caused events, and None at the end."""
        if self._kept is None:
            self._kept = self._next = self._store.position(self._name)
        entries = self._store.read(self._next, EVENTS_PER_READ)
        if not entries:
            return None
        if not any(entry.type in self._types for entry in entries):
            learnt = Learnt(read=len(entries))
        else:
            learnt = self._learn(entries)
        new = entries[learnt.read - 1].leaf + 1
        if not (learnt.kept or learnt.launches) and new - self._kept < MOST_BEHIND:
            self._next = new
            return False
        return self._keep(learnt, new, self._kept)

    def _keep(self, learnt: Learnt, new: int, kept: int) -> bool:
        request = FollowLog(
            moved=Moved(follower=self._name, old=kept, new=new),
            kept=tuple(learnt.kept),
            launches=tuple(learnt.launches),
        )
        context = by_airledger(self._clock(), self._new_id())
        self._kept = None
        try:
            outcome = self._executor.execute(request, context)
        except StaleVersion:
            return False  # another process reads for the same purpose: go on from where it is
        self._kept = self._next = new
        return outcome.events > 0
