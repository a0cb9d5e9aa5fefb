"""Once: idempotency keys, versions that callers name, and ids that signals bring."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.alert import Sender
from ledger.domain.incident.commands import Assign, Communicate, Report
from ledger.errors import IdempotencyKeyReused, NotFound, Refused, StaleVersion
from ledger.execute import Outcome, RecordSignals, Truncation
from tests.harness.commands import command_incident, merge_incidents, report_incident
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, Desk, WatchedStore, once

SAY = Communicate(audience="all", message="We are on it.")


def where(outcome: Outcome) -> tuple[int, int]:
    return outcome.version, outcome.position


def test_the_same_key_and_body_get_the_first_status_version_and_position(desk: Desk) -> None:
    first = desk.report(1, idempotency=once("k"))
    desk.command(1, SAY)

    again = desk.report(1, title="Other words", idempotency=once("k"))

    assert (False, 1, 1) == (first.replayed, *where(first))
    assert (True, 1, 1) == (again.replayed, *where(again))
    assert (first.stream, 0) == (again.stream, again.events)


def test_a_command_under_a_key_is_run_once(desk: Desk) -> None:
    desk.report(1)
    first = desk.command(1, SAY, idempotency=once("k"))
    desk.command(1, SAY)

    again = desk.command(1, SAY, idempotency=once("k"), if_match=1)

    assert (False, 2, 2) == (first.replayed, *where(first))
    assert (True, 2, 2) == (again.replayed, *where(again))


def test_a_key_that_did_nothing_is_answered_again_with_where_it_stood(desk: Desk) -> None:
    desk.report(1)
    desk.command(1, Assign(owner="person/2"))
    first = desk.command(1, Assign(owner="person/2"), idempotency=once("k"))
    desk.command(1, SAY)

    assert (0, 2, 2) == (first.events, *where(first))
    assert where(first) == where(desk.command(1, Assign(owner="person/2"), idempotency=once("k")))


def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    desk.report(1, idempotency=once("k"))

    with pytest.raises(IdempotencyKeyReused):
        desk.report(1, idempotency=once("k", "another"))


def test_another_tokens_key_is_another_key(desk: Desk) -> None:
    desk.report(1, idempotency=once("k"))

    assert not desk.report(2, idempotency=once("k", "another", token="bob")).replayed


def test_a_refused_request_leaves_its_key_free(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.command(1, SAY, idempotency=once("k"))
    desk.report(1)

    assert (False, 2) == where_replayed(desk.command(1, SAY, idempotency=once("k")))


def where_replayed(outcome: Outcome) -> tuple[bool, int]:
    return outcome.replayed, outcome.version


def test_a_key_is_free_again_after_seven_days(desk: Desk) -> None:
    desk.report(1, idempotency=once("k"))
    desk.pass_time(days=7)
    assert (True, 1) == where_replayed(desk.report(1, idempotency=once("k")))

    desk.pass_time(seconds=1)

    assert (False, 1) == where_replayed(desk.report(2, idempotency=once("k", "another")))


def test_concurrent_duplicates_have_one_effect(desk: Desk, path: Path) -> None:
    other = Desk(store_of(path))

    def send(number: int) -> Outcome:
        return [desk, other][number % 2].report(1, idempotency=once("k"))

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(send, range(40)))
    other.close()

    assert {(1, 1)} == {where(outcome) for outcome in outcomes}
    assert 1 == [outcome.replayed for outcome in outcomes].count(False)
    assert [("incident", "incident.detected.v1")] == desk.told()


def test_a_key_that_waits_behind_itself_is_answered_without_another_write(
    desk: Desk, watched: WatchedStore
) -> None:
    request = report_incident(incident=UUID(int=1), report=Report(title="It broke", system="chat"))
    signals = RecordSignals(source="am", signals=(desk.signal("a"),))
    watched.hold()
    first = desk.executor.submit(signals, desk.context())
    assert watched.arrived.wait(DEADLINE)
    context = desk.context(idempotency=once("k"))
    answers = [desk.executor.submit(request, context) for _ in range(3)]
    watched.gate.set()

    assert [(1, 5)] * 3 == [where(answer.result(DEADLINE)) for answer in answers]
    assert 1 == first.result(DEADLINE).recorded
    assert [4, 1] == watched.appends


def test_a_key_is_remembered_after_a_restart(desk: Desk, path: Path) -> None:
    desk.report(1, idempotency=once("k"))
    desk.close()

    later = Desk(store_of(path))
    again = later.report(1, idempotency=once("k"))
    later.close()

    assert (True, 1, 1) == (again.replayed, *where(again))


def test_a_merge_under_a_key_is_run_once(desk: Desk) -> None:
    desk.report(1)
    desk.report(2)
    request = merge_incidents(incident=UUID(int=1), into=UUID(int=2), reason="The same.")

    first = desk.executor.execute(request, desk.context(idempotency=once("k")))
    again = desk.executor.execute(request, desk.context(idempotency=once("k")))

    assert (2, 3, 2) == (*where(first), first.events)
    assert (True, 2, 3) == (again.replayed, *where(again))
    with pytest.raises(Refused):
        desk.executor.execute(request, desk.context())


def test_a_version_that_the_caller_saw_must_still_be_the_incidents(desk: Desk) -> None:
    desk.report(1)

    assert 2 == desk.command(1, SAY, if_match=1).version
    with pytest.raises(StaleVersion) as refused:
        desk.command(1, SAY, if_match=1)

    assert "at version 2, not 1" in refused.value.message
    assert 2 == len([e for e in desk.events() if e.kind == "incident"])


def test_an_unknown_incident_is_not_found_whatever_version_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.command(1, SAY, if_match=3)


def test_two_commands_that_name_one_version_do_not_both_happen(desk: Desk) -> None:
    desk.report(1)
    request = command_incident(incident=UUID(int=1), command=SAY)
    answers = [desk.executor.submit(request, desk.context(if_match=1)) for _ in range(2)]

    errors = [answer.exception() for answer in answers]

    assert [type(None), StaleVersion] == [type(error) for error in errors]


def test_a_signals_own_id_is_taken_once_however_late_and_wherever(desk: Desk, path: Path) -> None:
    firing, ended = desk.signal("a", own_id="1"), desk.signal("a", "resolved", own_id="2")
    within = desk.take(firing, firing)
    desk.take(ended)
    desk.pass_time(days=30)
    later = desk.take(firing)
    desk.close()
    restarted = Desk(store_of(path))
    again = restarted.take(firing)
    restarted.close()

    assert [(1, 1), (0, 1), (0, 1)] == [
        (outcome.recorded, outcome.repeats) for outcome in (within, later, again)
    ]


def test_an_own_id_is_its_sources(desk: Desk) -> None:
    desk.take(desk.signal("a", own_id="1"))

    assert 1 == desk.take(desk.signal("a", own_id="1", source="other")).recorded


def test_a_truncated_body_is_told_once(desk: Desk) -> None:
    request = RecordSignals(
        source="am", truncation=Truncation(id="digest", sender=Sender(), missing=7)
    )

    outcomes = [desk.executor.execute(request, desk.context()) for _ in range(2)]

    assert [1, 0] == [outcome.events for outcome in outcomes]
    assert [("source", "source.alerts_truncated.v1")] == desk.told()
