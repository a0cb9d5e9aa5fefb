"""Processes that judge, and what may happen to them while they do."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from consumers.reactor.judging import JudgingProcess
from consumers.services import Services
from ledger.execute import AdvanceFollower, Context, Executor, Outcome
from ledger.execute.requests import Request
from tests.harness.homes import store_of


class Place(Protocol):
    """Where hosts are: one directory, one clock."""

    directory: Path

    def clock(self) -> datetime: ...

    def new_id(self) -> str: ...


class Died(Exception):
    """A process was killed."""


class Host:
    """A process: all but the store is its own."""

    def __init__(self, world: Place) -> None:
        self.store = store_of(world.directory)
        self.executor = Executor(self.store, clock=world.clock, new_id=world.new_id)
        self.services = Services(self.store, self.executor, clock=world.clock, new_id=world.new_id)
        self.judging = JudgingProcess(self.services)

    def close(self) -> None:
        self.executor.close()
        self.store.close()


class Interrupted:
    """An executor before or after whose work on a follower's behalf something happens first."""

    def __init__(
        self, executor: Executor, before: Callable[[], None], after: Callable[[], None]
    ) -> None:
        self._executor, self._before, self._after = executor, before, after

    def execute(self, request: Request, context: Context) -> Outcome:
        """As an executor does."""
        if not isinstance(request, AdvanceFollower):
            return self._executor.execute(request, context)
        self._before()
        outcome = self._executor.execute(request, context)
        self._after()
        return outcome


def judge(host: Host) -> None:
    """Lets a host judge."""
    host.judging.catch_up()


def die() -> None:
    """Kills the process."""
    raise Died


def nothing() -> None:
    """Lets nothing happen."""


def next_quarter(now: datetime, zone: str) -> datetime:
    """When the next quarter begins, by the clocks of a zone."""
    local = now.astimezone(ZoneInfo(zone))
    month = (local.month - 1) // 3 * 3 + 4
    year, month = (local.year + 1, 1) if month > 12 else (local.year, month)
    return datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
