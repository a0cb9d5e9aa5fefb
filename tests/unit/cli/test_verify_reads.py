"""The daily digest of what was read, and what `airledger verify` says of rows that were changed."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from ledger.domain.access import ReadsRecorded
from ledger.domain.catalogue import CODEC
from ledger.errors import Unavailable
from ledger.execute.reads import READS
from ledger.store.port import Store
from ledger.store.read_records import ReadKind, digest_of
from tests.contract.samples import NOON
from tests.harness.homes import settings_of, store_of
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_verify_beside import told

DAY = timedelta(days=1)
FIRST, SECOND = "2026-03-01", "2026-03-02"
MIDNIGHT = NOON.replace(hour=0) + DAY
Opened = Callable[[datetime], Ledger]


class Clock:
    """The ledger's time, which tests move."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(run: Run, data_dir: Path, clock: Clock) -> Opened:
    """Opens the ledger at a time."""

    def open_at(at: datetime) -> Ledger:
        clock.now = at
        return open_ledger(settings_of(data_dir), clock=clock)

    return open_at


def note(ledger: Ledger, *readers: str) -> None:
    for reader in readers:
        ledger.reads.note(reader, ReadKind.EXPORT, "incidents")


def digests(store: Store) -> list[ReadsRecorded]:
    events = [CODEC.decode(each.stored, each.leaf).event for each in store.load({READS: 0})[READS]]
    return [event for event in events if isinstance(event, ReadsRecorded)]


def test_a_day_is_recorded_once_by_who_reads_next_an_hour_after_its_end(
    opened: Opened, clock: Clock
) -> None:
    with closing(opened(NOON)) as ledger:
        for clock.now in (NOON, MIDNIGHT, MIDNIGHT + timedelta(minutes=59)):
            note(ledger, "person/1", "person/2")
            assert [] == digests(ledger.store)
        clock.now = MIDNIGHT + timedelta(hours=1)
        note(ledger, "person/1")
        note(ledger, "person/1")
        [recorded] = digests(ledger.store)
        rows = ledger.store.reads.of_day(FIRST)

    assert (FIRST, 2, digest_of(rows)) == (recorded.day, recorded.rows, recorded.digest)


def test_days_that_are_over_are_recorded_when_the_ledger_is_opened(opened: Opened) -> None:
    for at in (NOON, NOON + DAY, NOON + 3 * DAY):
        with closing(opened(at)) as ledger:
            note(ledger, "person/1")
    for _ in range(2):
        with closing(opened(NOON + 9 * DAY)) as ledger:
            assert [FIRST, SECOND, "2026-03-04"] == [each.day for each in digests(ledger.store)]


def test_a_digest_that_cannot_be_recorded_waits_and_the_read_stays(
    opened: Opened, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened(NOON)) as ledger, monkeypatch.context() as patched:
        note(ledger, "person/1")
        clock.now += DAY

        def fails(*_: object) -> None:
            raise Unavailable("The store is read-only.")

        patched.setattr(ledger.executor, "execute", fails)
        note(ledger, "person/2")
        assert ([], 1) == (digests(ledger.store), len(ledger.store.reads.of_day(SECOND)))
        patched.undo()
        note(ledger, "person/2")
        assert [FIRST] == [each.day for each in digests(ledger.store)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE reads SET count = 9 WHERE day = '2026-03-01' AND reader = 'person/1'", "it has 2"),
        (
            "UPDATE reads SET reader = 'x' WHERE day = '2026-03-01' AND reader = 'person/1'",
            "it has 2 rows, the log a digest of 2.",
        ),
        ("DELETE FROM reads WHERE day = '2026-03-01'", "it has 0 rows, the log a digest of 2."),
        (
            "INSERT INTO reads VALUES ('2026-02-01', 'person/1', 'login', 'token', 1, 'a', 'a')",
            "rows of 2026-02-01, and the log has no digest",
        ),
    ],
    ids=["count", "reader", "gone", "added"],
)
def test_rows_of_a_recorded_day_that_were_changed_are_named(
    run: Run, opened: Opened, data_dir: Path, statement: str, said: str
) -> None:
    with closing(opened(NOON)) as ledger:
        note(ledger, "person/1", "person/2")
    with closing(opened(NOON + DAY)) as ledger:
        note(ledger, "person/1")
        ledger.seal_and_react()
    assert [] == told(run)

    tamper(data_dir, statement, f"UPDATE reads SET count = 7 WHERE day = '{SECOND}'")

    [fault] = told(run)
    assert said in fault
    with closing(store_of(data_dir)) as store:
        assert 7 == store.reads.of_day(SECOND)[0].count
