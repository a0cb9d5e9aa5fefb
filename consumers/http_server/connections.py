"""The connections of a server: limits by total and address, and timeouts."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from uvicorn.server import ServerState

from consumers.http_server.limits import Capacity
from consumers.http_server.refusals import Refusals
from consumers.metrics.counters import CONNECTIONS

CHECK_EVERY_SECONDS = 1.0
CHECK_EVERY_SECONDS_DRAINING = 0.2


class Connections(ServerState):
    """The shared state of all connections of a server. Not thread-safe: for one event loop.

    `proxies` are networks whose connections carry many clients.
    """

    def __init__(self, capacity: Capacity, proxies: Sequence[str] = ()) -> None:
        super().__init__()
        self.refusals = Refusals()
        self.draining_since: float | None = None
        self._capacity = capacity
        self._proxies = [ip_network(each) for each in proxies]
        self._open: Counter[str] = Counter()
        self._total = 0

    def admit(self, address: str) -> bool:
        """Accepts a connection from this address, unless there are too many."""
        most, of_one = self._capacity
        if self._total >= most:
            return False
        if self._open[address] >= of_one and not self._is_proxy(address):
            return False
        self._open[address] += 1
        self._total += 1
        CONNECTIONS.inc()
        return True

    def leave(self, address: str) -> None:
        """Releases an accepted connection."""
        self._total -= 1
        CONNECTIONS.dec()
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def _is_proxy(self, address: str) -> bool:
        try:
            there = ip_address(address)
        except ValueError:
            return False
        return any(there in network for network in self._proxies)

    async def watch(self, longest_drain: float) -> None:
        """Closes connections that take too long, until it is cancelled.

        Once the process drains, connections left after `longest_drain` seconds are aborted, so that
        no request has to be cancelled.
        """
        loop = asyncio.get_running_loop()
        while True:
            draining = self.draining_since is not None
            await asyncio.sleep(CHECK_EVERY_SECONDS_DRAINING if draining else CHECK_EVERY_SECONDS)
            now = loop.time()
            over = self.draining_since is not None and now - self.draining_since > longest_drain
            for each in list(self.connections):
                if over:
                    each.transport.abort()
                elif isinstance(each, TimedConnection):
                    each.check(now)
            self.refusals.log_counts()


class TimedConnection:
    """A connection with timeouts."""

    def check(self, now: float) -> None:
        """Closes it if it took too long; `now` is the event loop's time."""
        raise NotImplementedError
