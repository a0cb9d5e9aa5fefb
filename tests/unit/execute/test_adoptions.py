"""Every event names the policy that was in force at its leaf, whoever adopts another meanwhile."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Amend, Contain, Report
from ledger.domain.incident.events import Amended, IncidentDetected
from ledger.domain.policy import AdoptPolicy, PolicyAdopted
from ledger.errors import Invalid, StaleVersion
from ledger.execute import AdoptPolicyRequest, ExecuteCommand, Outcome, RecordSignals
from ledger.execute.requests import Request
from ledger.policy import digest, shipped
from tests.harness.commands import command_incident, report_incident
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore

ALL_OPEN = shipped().replace("opens = false", "opens = true")
SHORTER = shipped().replace('due_after = "PT24H"', 'due_after = "PT12H"')
KOLKATA = shipped().replace('zone = "UTC"', 'zone = "Asia/Kolkata"')


@pytest.fixture
def other(desk: Desk, path: Path) -> Iterator[Desk]:
    """A second process, as it were."""
    other = Desk(store_of(path))
    yield other
    other.close()


def adoption(text: str, expect: str | None = None) -> AdoptPolicyRequest:
    return AdoptPolicyRequest(
        asker=HOST, command=AdoptPolicy(text=text, reason="Because.", expect=expect)
    )


def report(number: int) -> ExecuteCommand:
    return report_incident(
        incident=UUID(int=number), report=Report(title=f"Report {number}", system="chat")
    )


def held(desk: Desk, store: WatchedStore, *requests: Request) -> list["Future[Outcome]"]:
    """Submits requests while a first one is being committed: they are one batch."""
    store.hold()
    first = desk.executor.submit(report(99), desk.context())
    assert store.arrived.wait(DEADLINE)
    answers = [desk.executor.submit(request, desk.context()) for request in requests]
    store.gate.set()
    first.result(DEADLINE)
    return answers


def check_digests(desk: Desk) -> list[str]:
    """The policies in the order of their adoption; every event names the one in force then."""
    adopted: list[str] = []
    for recorded in desk.events():
        assert (adopted[-1] if adopted else None) == recorded.policy_digest, recorded.leaf
        if isinstance(recorded.event, PolicyAdopted):
            adopted.append(recorded.event.digest)
    return adopted


def detected(desk: Desk) -> list[IncidentDetected]:
    return [each.event for each in desk.events() if isinstance(each.event, IncidentDetected)]


def test_across_adoptions_every_event_names_the_policy_in_force(desk: Desk) -> None:
    info = {"alertname": "Slow", "severity": "info"}
    for number, text in enumerate((ALL_OPEN, SHORTER, shipped()), start=1):
        desk.report(number)
        desk.take(desk.signal(f"a{number}"), desk.signal(f"b{number}", labels=info))
        desk.command(number, Contain(action="Off"))
        desk.adopt(text)
        desk.pass_time(hours=2)
        desk.take(desk.signal(f"a{number}", "resolved"), desk.signal(f"c{number}", labels=info))
        desk.command(number, Amend(field="severity", to="low", reason="Seen"))

    assert [digest(text) for text in (shipped(), ALL_OPEN, SHORTER)] == check_digests(desk)[:3]
    assert 20 < len(desk.events())


def test_within_one_batch_the_next_request_uses_what_the_one_before_it_adopted(
    desk: Desk, watched: WatchedStore
) -> None:
    answers = held(
        desk,
        watched,
        report(1),
        adoption(SHORTER),
        report(2),
        RecordSignals(source="am", signals=(desk.signal("a"),)),
        command_incident(incident=UUID(int=1), command=Contain(action="Off")),
        adoption(shipped()),
        report(3),
    )
    for answer in answers:
        answer.result(DEADLINE)

    assert 2 == len(watched.appends)
    assert [digest(each) for each in (shipped(), SHORTER, shipped())] == check_digests(desk)
    hours = [(each.rca_due - each.at).total_seconds() / 3600 for each in detected(desk)]
    assert [24, 24, 12, 12, 24] == hours


def test_a_refused_adoption_leaves_the_rest_of_its_batch_to_the_policy_before(
    desk: Desk, watched: WatchedStore
) -> None:
    bad, stale, good = held(
        desk,
        watched,
        adoption("schema = 1"),
        adoption(SHORTER, expect=digest(ALL_OPEN)),
        report(1),
    )
    with pytest.raises(Invalid):
        bad.result(DEADLINE)
    with pytest.raises(StaleVersion):
        stale.result(DEADLINE)
    good.result(DEADLINE)

    assert [digest(shipped())] == check_digests(desk)


@pytest.mark.parametrize("adopted", [SHORTER, KOLKATA])
def test_what_was_decided_before_an_adoption_elsewhere_is_decided_again(
    desk: Desk, other: Desk, watched: WatchedStore, adopted: str
) -> None:
    desk.now = other.now = datetime(2026, 3, 31, 20, tzinfo=UTC)
    watched.hold()
    answer = desk.executor.submit(report(1), desk.context())
    assert watched.arrived.wait(DEADLINE)

    other.adopt(adopted)
    watched.gate.set()
    answer.result(DEADLINE)

    assert [digest(shipped()), digest(adopted)] == check_digests(desk)
    (event,) = detected(desk)
    hours = (event.rca_due - event.at).total_seconds() / 3600
    expected = (12, "2026-03") if adopted == SHORTER else (24, "2026-04")
    assert expected == (hours, event.month)


def test_reports_beside_adoptions_of_another_process_name_what_is_in_force(
    desk: Desk, other: Desk
) -> None:
    def adopt() -> None:
        for number in range(10):
            other.adopt(shipped().replace("more_than = 3", f"more_than = {10 + number}"))

    with ThreadPoolExecutor(1) as threads:
        adopting = threads.submit(adopt)
        for number in range(1, 41):
            desk.report(number)
        adopting.result(DEADLINE)

    assert 11 == len(check_digests(desk))
    assert 40 == len(detected(desk))


def test_two_who_expect_the_same_policy_do_not_overwrite_each_other(
    desk: Desk, other: Desk, watched: WatchedStore
) -> None:
    watched.hold()
    mine = desk.executor.submit(adoption(SHORTER, expect=digest(shipped())), desk.context())
    assert watched.arrived.wait(DEADLINE)

    theirs = other.executor.execute(adoption(KOLKATA, digest(shipped())), other.context())
    watched.gate.set()

    assert 1 == theirs.events
    with pytest.raises(StaleVersion):
        mine.result(DEADLINE)
    assert [digest(shipped()), digest(KOLKATA)] == check_digests(desk)


def test_a_zone_adopted_in_the_middle_of_a_month_is_for_what_is_detected_later(desk: Desk) -> None:
    desk.now = datetime(2026, 3, 31, 20, tzinfo=UTC)
    desk.report(1)
    desk.adopt(KOLKATA)
    desk.report(2)
    desk.pass_time(minutes=1)
    desk.command(1, Amend(field="severity", to="high", reason="Seen"))
    desk.command(1, Amend(field="detected_at", to="2026-03-31T19:00:00Z", reason="Logs"))

    amended = [each.event for each in desk.events() if isinstance(each.event, Amended)]
    assert ["2026-03", "2026-04"] == [each.month for each in detected(desk)]
    assert ["2026-03", "2026-04"] == [each.month for each in amended]


def test_what_was_taken_from_a_policy_stays_when_another_is_adopted(desk: Desk) -> None:
    desk.report(1)
    desk.command(1, Amend(field="detected_at", to="2026-03-01T11:00:00Z", reason="Logs"))
    before = desk.store.read(0, 100, sealed=False)

    for text in (KOLKATA, SHORTER, shipped()):
        desk.adopt(text)
        desk.command(1, Amend(field="system", to=digest(text)[-4:], reason="Renamed"))

    assert before == desk.store.read(0, len(before), sealed=False)
    amended = [each.event for each in desk.events() if isinstance(each.event, Amended)]
    due = datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert [("2026-03", due)] * 4 == [(each.month, each.rca_due) for each in amended]
