"""What nobody is told of: a ledger that moves, is rebuilt or restored, and a clock that jumps."""

import io
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from consumers.container.guarded_clock import GuardedClock
from consumers.container.ledger import Ledger, open_ledger
from consumers.maintenance.repair import repair
from consumers.notify import Sender
from ledger.domain.access.deciding import HOST
from ledger.domain.delivery import Delivered
from ledger.domain.incident.commands import Report
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.settings import Settings, WebhookChannel
from ledger.store.postgres import schema
from ledger.store.sqlite.raw_bytes import with_sidecars
from ledger.vocabulary import Severity
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from tests.faults.checking import recorded
from tests.faults.test_moving import Target
from tests.harness.commands import report_incident
from tests.harness.homes import settings_of
from tests.harness.postgres import Database
from tests.harness.receiver import Receiver, receiver
from tests.unit.policy.rules import telling

CHANNEL = "risk-manager"
POLICY = telling(CHANNEL).replace(
    '"incident_reopened",', '"incident_reopened", "rca_at_risk", "rca_overdue",'
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
_numbers = count(1)


class MachineClock:
    """A machine's clock and the seconds passed, which tests move."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.ahead = timedelta(0)
        self.guarded = GuardedClock(
            lambda: NOON + timedelta(seconds=self.passed) + self.ahead, lambda: self.passed
        )

    def pass_time(self, **span: float) -> None:
        self.passed += timedelta(**span).total_seconds()


class Telling:
    """A ledger, and the loops that tell a receiver from it, run by hand."""

    def __init__(self, settings: Settings, clock: MachineClock, told: Receiver) -> None:
        self.clock = clock
        self.told = told
        self.ledger: Ledger = open_ledger(settings, clock=clock.guarded)
        channel = WebhookChannel(kind="webhook", url=told.url, secret="secret")
        self._sender = Sender(self.ledger.services, {CHANNEL: channel}, public_url=None)
        _ = self.ledger.followers  # they begin here

    def close(self) -> None:
        self._sender.tries.finish()
        self.ledger.close()

    def adopt(self) -> None:
        command = AdoptPolicy(text=POLICY, reason="Tell.")
        request = AdoptPolicyRequest(command=command, asker=HOST)
        self.ledger.executor.execute(request, self.ledger.services.context())
        self.work()

    def report(self) -> None:
        report = Report(title="It broke", system="chat", severity=Severity.CRITICAL)
        request = report_incident(incident=UUID(int=next(_numbers)), report=report)
        self.ledger.executor.execute(request, self.ledger.services.context())

    def follow(self) -> None:
        """Everything but sending, until nothing is caused any more."""
        for _ in range(3):
            self.ledger.seal_and_project()

    def work(self) -> None:
        """Everything, until nothing is left."""
        self.follow()
        while self._sender.send_due():
            self.follow()

    @property
    def delivered(self) -> int:
        return sum(isinstance(each.event, Delivered) for each in recorded(self.ledger))


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


@pytest.mark.component("postgres")
@pytest.mark.only_on("sqlite", "moves from one store to the other itself")
def test_a_ledger_that_moved_or_is_rebuilt_tells_what_waited_and_nothing_else(
    database: Database, tmp_path: Path, told: Receiver
) -> None:
    clock, target = MachineClock(), Target(database, tmp_path, tuple(schema.ROLES))
    with ExitStack() as opened:
        old = Telling(Settings(data_dir=tmp_path / "old"), clock, told)
        opened.callback(old.close)
        old.report()
        old.adopt()
        assert [] == told.got
        old.report()
        old.work()
        told.answer = lambda _: 503
        old.report()
        old.work()
        assert (1, 2) == (old.delivered, len(told.keys))
    told.answer = lambda _: 204
    target.move(tmp_path / "old")
    clock.pass_time(minutes=30)
    with closing(Telling(target.settings, clock, told)) as new:
        new.work()
        assert (2, 3) == (new.delivered, len(told.keys))
        assert told.keys[1] == told.keys[2]
        views, size = new.ledger.views, new.ledger.store.size()
        rebuild_all(new.ledger.projector, views, PROJECTIONS, until=size)
        clock.pass_time(minutes=30)
        new.work()
        assert 3 == len(told.got)
        new.report()
        new.work()
        assert 4 == len(told.got)


@pytest.mark.only_on("sqlite", "copies the ledger's file")
def test_an_older_copy_that_is_repaired_does_not_tell_again(tmp_path: Path, told: Receiver) -> None:
    settings, clock = Settings(data_dir=tmp_path / "data"), MachineClock()
    with closing(Telling(settings, clock, told)) as before:
        before.adopt()
        before.report()
        before.follow()  # it is due by then, and not sent
    shutil.copy(settings.ledger_path, tmp_path / "backup.db")
    with closing(Telling(settings, clock, told)) as before:
        before.work()
        before.report()
        before.work()
        assert 2 == before.delivered == len(told.got)
        lines = b"".join(each.stored + b"\n" for each in before.ledger.store.read(0, 1_000))
    for each in with_sidecars(settings.ledger_path):
        each.unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", settings.ledger_path)
    repair(settings, io.BytesIO(lines), None, lambda *_: None)
    clock.pass_time(hours=1)
    with closing(Telling(settings, clock, told)) as after:
        after.work()
        assert 2 == after.delivered == len(told.got)
        after.report()
        after.work()
        assert 3 == after.delivered == len(told.got) == len(set(told.keys))


def test_a_clock_that_is_a_year_ahead_for_nine_minutes_tells_nobody(
    tmp_path: Path, told: Receiver
) -> None:
    clock = MachineClock()
    with closing(Telling(settings_of(tmp_path / "data"), clock, told)) as ledger:
        ledger.adopt()
        ledger.report()
        ledger.work()
        assert 1 == len(told.got)
        for ahead in (YEAR, timedelta(0), -YEAR, timedelta(0)):
            clock.ahead = ahead
            for _ in range(9):
                ledger.work()
                clock.pass_time(seconds=59)
        assert 1 == len(told.got)
        clock.pass_time(hours=25)  # as the time does that passes
        ledger.work()
        assert 3 == len(told.got) == ledger.delivered
