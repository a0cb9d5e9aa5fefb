"""The tries under way: some of each channel, in threads, and what waits until one of them ended.

A receiver that hangs holds up no other channel, however much waits for it: what is due and waits is
looked past.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import NamedTuple

from consumers.notify.bounded import Bounded
from consumers.notify.outcome import Sent
from ledger.store.side_records import Deadline

AT_ONCE = 4
"""So many are tried at a time by each channel."""
LOOKED_AT = 200
MOST_ASIDE = 5_000
"""So many that wait are looked past, to find those of other channels."""
ENDING_SECONDS = 7.0
"""So long a process that ends waits for the tries under way."""


class _Aside(NamedTuple):
    """What is due and is not to be tried: its channel, and where that is absent, until when."""

    channel: str
    until: datetime | None


class _Try(NamedTuple):
    channel: str
    deadlines: Sequence[Deadline]


class Tries:
    """The tries of a process. One thread at a time uses it, but for `finish`.

    `on_ended` is called in the thread of a try when that ended; `sending` is what a try sends in.
    """

    def __init__(self, channels: int) -> None:
        """`channels` is the number of those that the process has."""
        self.on_ended: Callable[[], None] = lambda: None
        self.sending = Bounded[Sent]()
        self._threads = ThreadPoolExecutor(AT_ONCE * (channels + 1), "notify")
        self._under_way: dict[Future[bool], _Try] = {}
        self._aside: dict[Deadline, _Aside] = {}
        self._ending = False

    @property
    def limit(self) -> int:
        """How many that are due to read, so that some are among them that do not wait."""
        return LOOKED_AT + min(len(self._aside), MOST_ASIDE)

    def not_waiting(self, due: Sequence[Deadline], now: datetime) -> list[Deadline]:
        """Those of which nothing is known that keeps them from being tried; none at the end."""
        if self._ending:
            return []
        self._aside = {each: self._aside[each] for each in due if each in self._aside}
        busy = self._busy()
        found = [
            each
            for each in self.not_under_way(due)
            if not self._waits(self._aside.get(each), busy, now)
        ]
        return found[:LOOKED_AT]

    def not_under_way(self, due: Iterable[Deadline]) -> list[Deadline]:
        """Those that no try of this process is about."""
        of = self._under_way.values()
        trying = {each.subject for tried in of for each in tried.deadlines}
        return [each for each in due if each.subject not in trying]

    def leave(self, deadline: Deadline, channel: str, until: datetime | None) -> None:
        """Leaves one aside whose channel this process does not have."""
        self._aside[deadline] = _Aside(channel, until)

    def begin(self, channel: str, deadlines: Sequence[Deadline], run: Callable[[], bool]) -> bool:
        """Begins a try; where the channel has as many under way as it may, they wait instead."""
        if self._busy()[channel] < AT_ONCE:
            try:
                future = self._threads.submit(run)
            except RuntimeError:  # it is ending
                return False
            for each in deadlines:
                self._aside.pop(each, None)
            self._under_way[future] = _Try(channel, deadlines)
            future.add_done_callback(lambda _: self.on_ended())
            return True
        self._aside |= dict.fromkeys(deadlines, _Aside(channel, None))
        return False

    def ended(self) -> bool:
        """Forgets those that ended; whether any of them was a try. Raises as they did."""
        ended = [future for future in self._under_way if future.done()]
        for future in ended:
            del self._under_way[future]
        results = [future.result() for future in ended]
        return any(results)

    def wait(self) -> None:
        """Returns once all that are under way ended. Blocking."""
        wait(self._under_way)

    def finish(self) -> None:
        """Begins no further one, and waits a while for those under way. Any thread may call it.

        Those that are then not over have failed: what they send is left behind.
        """
        self._ending = True
        self._threads.shutdown(wait=False)
        wait(list(self._under_way), ENDING_SECONDS)
        self.sending.end()
        self._threads.shutdown()

    def _busy(self) -> Counter[str]:
        return Counter(each.channel for each in self._under_way.values())

    def _waits(self, aside: _Aside | None, busy: Counter[str], now: datetime) -> bool:
        if aside is None:
            return False
        if aside.until is not None:
            return now < aside.until
        return busy[aside.channel] >= AT_ONCE
