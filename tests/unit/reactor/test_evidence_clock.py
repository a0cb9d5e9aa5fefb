"""The end of evidence under the clock: recorded once, under its time, unless it was moved."""

from datetime import datetime

from ledger.domain.access.deciding import HOST
from ledger.domain.command import Command
from ledger.domain.evidence import EVIDENCE, EvidenceExpired, FileEvidence, WithdrawEvidence
from ledger.domain.identity import evidence_id
from ledger.execute import ExecuteCommand
from tests.unit.execute.desk import NOON
from tests.unit.reactor.watch import DAY, HOUR, Watch

UNTIL = NOON + 30 * DAY
DIGEST = "ab" * 32


def commands(desk: Watch, command: Command) -> None:
    """Somebody works on the evidence, and it is sealed."""
    subject = evidence_id("dpia", "chat", DIGEST)
    request = ExecuteCommand(asker=HOST, kind=EVIDENCE.kind, subject=subject, command=command)
    desk.executor.execute(request, desk.context())
    desk.seal()


def filed(desk: Watch, until: datetime | None) -> None:
    commands(
        desk,
        FileEvidence(kind="dpia", title="DPIA", digest=DIGEST, system="chat", valid_until=until),
    )


def expired(desk: Watch) -> list[tuple[object, object]]:
    return [(each.event.at, each.recorded_at) for each in desk.told_of(EvidenceExpired)]


def test_a_clock_that_comes_late_records_the_end_once_under_its_time(desk: Watch) -> None:
    filed(desk, UNTIL)
    desk.look()
    assert [] == expired(desk)
    desk.now = UNTIL + 5 * HOUR
    desk.look()
    desk.look()
    assert [(UNTIL, UNTIL + 5 * HOUR)] == expired(desk)


def test_one_that_was_filed_again_expires_at_its_later_end(desk: Watch) -> None:
    filed(desk, UNTIL)
    desk.look()
    filed(desk, UNTIL + DAY)
    filed(desk, None)
    desk.now = UNTIL
    desk.look()
    assert [] == expired(desk)
    desk.now = UNTIL + DAY
    desk.look()
    assert [(UNTIL + DAY, UNTIL + DAY)] == expired(desk)


def test_what_expired_and_was_filed_again_expires_again(desk: Watch) -> None:
    filed(desk, UNTIL)
    desk.look()
    desk.now = UNTIL
    desk.look()
    filed(desk, UNTIL + DAY)
    desk.now = UNTIL + DAY
    desk.look()
    assert [UNTIL, UNTIL + DAY] == [at for at, _ in expired(desk)]


def test_what_was_withdrawn_does_not_expire(desk: Watch) -> None:
    filed(desk, UNTIL)
    desk.look()
    commands(desk, WithdrawEvidence(reason="Wrong."))
    desk.now = UNTIL
    desk.look()
    assert [] == expired(desk)
