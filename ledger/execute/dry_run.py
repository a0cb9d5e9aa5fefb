"""Dry run: requests are decided as the executor decides them, and never appended."""

from collections.abc import Callable
from datetime import datetime

from ledger.domain.catalogue import CODEC
from ledger.domain.system.names import NAMES_STREAM, SystemNames
from ledger.errors import LedgerError
from ledger.execute.context import Context, Outcome
from ledger.execute.handlers import handle
from ledger.execute.last_seen import LastSeenCache
from ledger.execute.prefetching import prefetch
from ledger.execute.requests import Request
from ledger.execute.state_cache import StateCache
from ledger.execute.unit_of_work import Work
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store

CACHED_STREAMS = 10_000


class DryRunExecutor:
    """Decides requests one after the other, each on the states that those before it led to."""

    def __init__(
        self, store: Store, *, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        mapper = EnvelopeMapper(CODEC)
        self._work = Work(
            store,
            mapper,
            StateCache(mapper, CACHED_STREAMS),
            LastSeenCache(store),
            clock=clock,
            new_id=new_id,
        )
        self._reported = 0

    def execute(self, request: Request, context: Context) -> Outcome:
        """The outcome that a request would have. Blocking. Raises what would refuse it."""
        point = self._work.savepoint()
        prefetch([(request, context)], self._work)
        try:
            return handle(request, context, self._work)
        except LedgerError:
            self._work.rollback(point)
            raise

    def own_name(self, system: str) -> str:
        """The own name of a system, by any of its names."""
        names: SystemNames = self._work.states.loaded(NAMES_STREAM).state
        return names.own_of(system)

    def events(self) -> tuple[str, ...]:
        """The types of the events decided since the last call."""
        types = tuple(event.type for event in self._work.events[self._reported :])
        self._reported = len(self._work.events)
        return types
