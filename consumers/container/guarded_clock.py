"""The machine's clock, of which a jump is not believed before it has stood for a while.

A jump is a difference of an hour or more between the machine's clock and the time that has passed
since it was last asked. While it is doubted, the time given is the last trusted one plus the time
passed since. A step of less than an hour is taken as it is, and a slow drift never adds up to a
jump: every time that is trusted is what the next one is compared with.

The time passed is that of CLOCK_BOOTTIME where there is one: on Linux CLOCK_MONOTONIC stands still
while the machine sleeps, so eight hours of sleep would look like a jump. (On macOS it is
CLOCK_MONOTONIC that goes on.)
"""

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog

log = structlog.get_logger(__name__)

JUMP = timedelta(hours=1)
"""From this on a difference is a jump, in either direction."""
STANDS_AFTER = timedelta(minutes=10)
"""A jump that has stood for so long is taken for the right time."""
READ_TOGETHER_SECONDS = 1.0
POLL_SECONDS = 10.0
_JUMP_SECONDS = JUMP.total_seconds()
_PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def machine_time() -> datetime:
    """The time of the machine's clock, in UTC, whatever it says."""
    return datetime.now(UTC)


def seconds_passed() -> float:
    """Seconds since some moment, which no setting of the clock moves."""
    return time.clock_gettime(_PASSING)


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    """`trusted`, or `held` since a time of the ledger's, for a jump of so many seconds.

    A negative jump is one backward.
    """

    state: str
    since: datetime | None = None
    jump_seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether the machine's clock is not believed now."""
        return self.state == "held"


class _HeldJump(NamedTuple):
    """A jump, when it was first seen by the time given, and by the seconds passed."""

    jump: timedelta
    since: datetime
    passed: float


class GuardedClock:
    """Called, it tells the time in UTC. Thread-safe; nothing is held at its start.

    `machine` is the clock that is guarded; `passed` gives seconds that only go forward.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] = machine_time,
        passed: Callable[[], float] = seconds_passed,
    ) -> None:
        self._machine, self._passed = machine, passed
        self._lock = threading.Lock()
        self._doubt: _HeldJump | None = None
        self._trusted_passed, self._trusted = self._read()

    def __call__(self) -> datetime:
        """The machine's time; while a jump of it is held, the trusted one that goes on."""
        with self._lock:
            passed, at = self._passed(), self._machine()
            apart = (at - self._trusted).total_seconds() - (passed - self._trusted_passed)
            if self._doubt is None and -_JUMP_SECONDS < apart < _JUMP_SECONDS:
                self._trusted_passed, self._trusted = passed, at
                return at
            jumped, given, news = self._doubt, *self._decide()
            doubt = self._doubt or jumped
        if news and doubt is not None:
            _log(news, doubt, given)
        return given

    def state(self) -> ClockState:
        """Whether a jump is held now."""
        self()
        doubt = self._doubt
        if doubt is None:
            return ClockState(state="trusted")
        jump = doubt.jump.total_seconds()
        return ClockState(state="held", since=doubt.since, jump_seconds=jump)

    def plausible(self) -> tuple[datetime, ...]:
        """The time given, and while a jump is held the machine's own, which may be the right one.

        For what is to be accepted by either, such as the age of a signature.
        """
        given = self()
        return (given,) if self._doubt is None else (given, self._machine())

    def _decide(self) -> tuple[datetime, str]:
        """The time to give where the clock jumped now or before, and what is new about that."""
        passed, at = self._read()
        expected = self._trusted + timedelta(seconds=passed - self._trusted_passed)
        jump, doubt = at - expected, self._doubt
        news = "" if doubt is None else "clock_came_back"
        if abs(jump) >= JUMP:
            if doubt is None or abs(jump - doubt.jump) >= JUMP:  # the first one, or another
                self._doubt = _HeldJump(jump, expected, passed)
                return expected, "clock_held"
            if passed - doubt.passed < STANDS_AFTER.total_seconds():
                return expected, ""
            news = "clock_jump_stands"
        self._doubt = None
        self._trusted_passed, self._trusted = passed, at
        return at, news

    def _read(self) -> tuple[float, datetime]:
        """Both clocks at one moment: a process may be stopped for hours between two readings."""
        while True:
            before, at, after = self._passed(), self._machine(), self._passed()
            if after - before < READ_TOGETHER_SECONDS:
                return after, at


def state_of(clock: Callable[[], datetime]) -> ClockState | None:
    """The state of a ledger's clock; None for one that is not guarded, such as a demo's."""
    return clock.state() if isinstance(clock, GuardedClock) else None


def held_reason(state: ClockState) -> str:
    """Why a process is degraded by its clock, and what to do; "" while the clock is trusted."""
    if not state.held:
        return ""
    minutes = STANDS_AFTER // timedelta(minutes=1)
    return (
        f"The machine's clock jumped by {state.jump_seconds:+.0f} s; what is recorded meanwhile "
        f"has the time without it. A jump that stands for {minutes} minutes is taken for right: "
        "if it is not, set the clock."
    )


def plausible_times(clock: Callable[[], datetime]) -> tuple[datetime, ...]:
    """What the time may be by a ledger's clock; see `GuardedClock.plausible`."""
    return clock.plausible() if isinstance(clock, GuardedClock) else (clock(),)


async def poll_clock(clock: Callable[[], datetime]) -> None:
    """Asks a clock now and then, until cancelled.

    A process that nobody asks for the time would see a jump at its next request alone, and doubt
    from then on what others have long taken for right.
    """
    while True:
        clock()
        await asyncio.sleep(POLL_SECONDS)


def _log(news: str, doubt: _HeldJump, given: datetime) -> None:
    write = log.info if news == "clock_came_back" else log.warning
    write(news, jump_seconds=doubt.jump.total_seconds(), time=given.isoformat())
