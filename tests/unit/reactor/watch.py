"""A desk whose clock and review process are started as often as a test likes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from consumers.reactor import Clock, ReviewProcess
from consumers.services import Services
from ledger.domain.envelope import Event, Recorded
from ledger.domain.incident import commands as c
from ledger.execute import Executor
from tests.contract.samples import seal_all
from tests.harness.commands import report_incident
from tests.harness.homes import store_of
from tests.property.year.terms import Terms
from tests.unit.execute.desk import Desk

_ids = count(1_000_000)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def new_id() -> str:
    return str(UUID(int=next(_ids)))


class Watch(Desk):
    """Who looks at due times and monthly counts, and may die at any time."""

    def reviews(self, executor: Executor | None = None) -> ReviewProcess:
        """A review process, as it begins: all that it knows is in the store."""
        return ReviewProcess(self.services(executor))

    def clock(self) -> Clock:
        """A clock, as it begins."""
        return Clock(self.services())

    def services(self, executor: Executor | None = None) -> Services:
        """What they work with."""
        executor = executor or self.executor
        return Services(self.store, executor, clock=lambda: self.now, new_id=new_id)

    def seal(self) -> None:
        seal_all(self.store)

    def look(self) -> None:
        """A clock that is new looks once, at all that was appended."""
        self.seal()
        self.clock().catch_up()

    def happens(self, number: int, system: str = "chat", **given: Any) -> UUID:
        """An incident is reported, and sealed."""
        incident = UUID(int=number)
        report = c.Report(title="It broke", system=system, **given)
        self.executor.execute(report_incident(incident=incident, report=report), self.context())
        self.seal()
        return incident

    def adopts(self, **terms: Any) -> None:
        """Other terms take force, and are sealed."""
        self.adopt(Terms(**terms).text())
        self.seal()

    def told_of(self, *kinds: type[Event]) -> list[Recorded]:
        """The events of these types, in log order."""
        return [each for each in self.events() if isinstance(each.event, kinds)]


@contextmanager
def watch(data_dir: Path) -> Iterator[Watch]:
    opened = Watch(store_of(data_dir))
    opened.adopt()
    try:
        yield opened
    finally:
        opened.close()
