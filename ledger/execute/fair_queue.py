"""Requests that wait to be committed: a queue for each source, served round-robin.

A source that sends much delays itself only: another source's request has at most one of each source
before it. Requests in the batch that is being committed count as waiting, too.
"""

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from ledger.errors import Overloaded
from ledger.execute.context import Context, Outcome
from ledger.execute.requests import Request


class Waiting(NamedTuple):
    """A request, its answer, and the source in whose turn it is; `weight` counts its signals."""

    request: Request
    context: Context
    future: "Future[Outcome]"
    source: str
    weight: int


class FairQueue:
    """Requests by source. Not thread-safe."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Waiting]] = {}
        self._turns: deque[str] = deque()
        self._weights: Counter[str] = Counter()
        self.weight = 0

    def __bool__(self) -> bool:
        """Whether any request waits."""
        return bool(self._queues)

    def require_room(self, source: str, most: int, most_of_a_source: int) -> None:
        """Raises Overloaded where a source has its share waiting.

        That is `most_of_a_source` signals, or, while more than `most` wait in all, an equal part of
        these. So there are never more than twice `most`, and one that has little waiting is served.
        """
        own = self._weights[source]
        if own > most_of_a_source:
            raise Overloaded(
                f"{own} signals of {source} wait to be committed; this process holds "
                f"{most_of_a_source} of one source.",
                remedy="Send it again in a moment.",
            )
        if self.weight > most and own >= most // max(1, len(self._weights)):
            raise Overloaded(
                f"{self.weight} signals wait to be committed; this process holds {most}.",
                remedy="Send it again in a moment.",
            )

    def add(self, waiting: Waiting) -> None:
        """Queues a request behind those of its source."""
        source = waiting.source
        if source not in self._queues:
            self._queues[source] = deque()
            self._turns.append(source)
        self._queues[source].append(waiting)
        self._weights[source] += waiting.weight
        self.weight += waiting.weight

    def pop(self, is_free: Callable[[Waiting], bool]) -> Waiting | None:
        """The next request of the source whose turn it is; one that is not free keeps it waiting.

        None where no source has a request that is free.
        """
        for _ in range(len(self._turns)):
            source = self._turns.popleft()
            queue = self._queues[source]
            if not is_free(queue[0]):
                self._turns.append(source)
                continue
            waiting = queue.popleft()
            if queue:
                self._turns.append(source)
            else:
                del self._queues[source]
            return waiting
        return None

    def done(self, waiting: Waiting) -> None:
        """A request that `pop` gave is committed, refused or failed."""
        source = waiting.source
        self.weight -= waiting.weight
        self._weights[source] -= waiting.weight
        if self._weights[source] <= 0:
            del self._weights[source]
