"""Processes that write to one store, and what may happen to them."""

from collections.abc import Callable
from typing import Any, cast

from consumers.reactor.clock import Clock
from consumers.reactor.improvements import ImprovementProcess
from consumers.reactor.standards import StandardProcess
from consumers.services import Services
from ledger.execute import Context, Executor, Outcome
from ledger.execute.requests import Request
from ledger.store.port import NewEvent
from tests.harness.homes import store_of
from tests.property.place import Place

FOLLOWERS: dict[str, Callable[[Services], Any]] = {
    "standards": StandardProcess,
    "improvements": ImprovementProcess,
}
"""What acts on what happened, by the names of their positions."""


class Died(Exception):
    """A process was killed."""


class Host:
    """A process: all but the store is its own. `before_append` happens once, before it appends."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.store = store_of(place.directory)
        self.before_append: Callable[[], None] | None = None
        self._append = self.store.append
        vars(self.store)["append"] = self._interrupted
        self.executor = Executor(self.store, clock=place.clock, new_id=place.new_id)
        self.followers = {name: start(self._services()) for name, start in FOLLOWERS.items()}
        self.clock = Clock(self._services())

    def follow(self) -> None:
        """Its followers act on all that is sealed."""
        for follower in self.followers.values():
            follower.catch_up()

    def doomed(self, left: int, *, after: bool) -> "list[Any]":
        """Followers and a clock of a process that dies: once it was to append `left` times."""
        executor = cast("Executor", _Doomed(self.executor, left, after=after))
        services = self._services(executor)
        return [*(start(services) for start in FOLLOWERS.values()), Clock(services)]

    def close(self) -> None:
        """Ends it."""
        self.executor.close()
        self.store.close()

    def _services(self, executor: Executor | None = None) -> Services:
        clock, new_id = self._place.clock, self._place.new_id
        return Services(self.store, executor or self.executor, clock=clock, new_id=new_id)

    def _interrupted(self, new: list[NewEvent], written: Any = ()) -> range:
        before, self.before_append = self.before_append, None
        if before is not None:
            before()
        return self._append(new, written)


class _Doomed:
    """An executor that ends its process before or after one of its requests."""

    def __init__(self, executor: Executor, left: int, *, after: bool) -> None:
        self._executor, self._left, self._after = executor, left, after

    def execute(self, request: Request, context: Context) -> Outcome:
        """As an executor does, until the end."""
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Died
        outcome = self._executor.execute(request, context)
        if self._left < 0:
            raise Died
        return outcome

    def submit(self, request: Request, context: Context) -> Any:
        """As an executor does, until the end."""
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Died
        future = self._executor.submit(request, context)
        if self._left < 0:
            future.result()
            raise Died
        return future
