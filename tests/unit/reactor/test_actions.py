"""Actions of findings become improvements, and what is not to happen again is watched (runbook 9).

However often an event is read, and whatever dies between.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from msgspec import UNSET

from consumers.maintenance.side_deadlines import Deadlines
from consumers.reactor.improvements import NAME, ImprovementProcess
from consumers.services import Services
from ledger.domain import improvement as i
from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.command import Command
from ledger.domain.envelope import Recorded, uuid_of
from ledger.domain.identity import action_id, review_id
from ledger.domain.incident import commands as c
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.rca_events import RcaCompleted
from ledger.domain.review import REVIEW, ConcludeReview
from ledger.domain.source import SourceSilent
from ledger.domain.text import OutsideText
from ledger.errors import Refused
from ledger.execute import AdvanceFollower, ExecuteCommand, Executor
from ledger.policy import shipped
from ledger.store.side_records import PositionMove
from ledger.vocabulary import ActsBy, Scope, Severity
from tests.harness.homes import store_of
from tests.unit.execute.desk import DEADLINE, NOON
from tests.unit.reactor.test_coverage import add, passes, policy, sign
from tests.unit.reactor.watch import DAY, HOUR, Watch, new_id

ADA, BOB = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d", "person/2"
PERSON = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)
ACTIONS = ["Test the filter", "Train the team"]
COMPLETE = c.CompleteRca(summary="A leak", root_cause="No filter", actions=ACTIONS)


def process(desk: Watch) -> ImprovementProcess:
    """As it begins: all that it knows is in the store."""
    return ImprovementProcess(desk.services())


def catch_up(desk: Watch) -> bool:
    desk.seal()
    return process(desk).catch_up()


def read_again(desk: Watch) -> None:
    """All that it read is read once more."""
    at = desk.store.followers.position(NAME)
    moved = PositionMove(follower=NAME, old=at, new=0)
    desk.executor.execute(AdvanceFollower(moved=moved), desk.context())


def sends(desk: Watch, of: UUID, command: Command, *, by: str = ADA, asker: Asker = HOST) -> None:
    """A command to an improvement, sealed."""
    request = ExecuteCommand(asker=asker, kind="improvement", subject=of, command=command)
    desk.executor.execute(request, desk.context(actor=by))
    desk.seal()


def proposed(desk: Watch) -> list[Recorded]:
    return desk.told_of(i.ImprovementProposed)


def told(desk: Watch) -> list[str]:
    """What happened to improvements, in log order."""
    return [each.event.name for each in desk.events() if each.kind == "improvement"]


def completes(desk: Watch, number: int = 1, **given: str) -> Recorded:
    """The RCA of a reported incident is complete; its event."""
    desk.happens(number)
    desk.command(number, c.Classify(severity=Severity.HIGH, category="safety_failure"))
    desk.command(number, COMPLETE, **given)
    return desk.told_of(RcaCompleted)[-1]


def test_each_action_of_a_completed_rca_is_proposed_with_where_it_came_from(desk: Watch) -> None:
    completed = completes(desk)
    assert catch_up(desk)
    found = proposed(desk)
    expected = [action_id(completed.stream, completed.leaf, place) for place in (0, 1)]
    assert expected == [uuid_of(each.stream) for each in found]
    for each, said in zip(found, completed.event.actions, strict=True):  # type: ignore[attr-defined]
        event = each.event
        assert isinstance(event, i.ImprovementProposed)
        assert completed.id == each.causation
        assert ("chat", said, UNSET) == (event.system, event.title, event.action)
        assert i.ImprovementKind.CORRECTIVE is event.improvement_kind
        assert (
            i.ImprovementCause(kind=i.CauseKind.INCIDENT, ref=completed.stream, leaf=completed.leaf)
            == event.cause
        )


def test_a_text_that_lies_beside_the_log_is_one_text_in_both_events(desk: Watch) -> None:
    desk.adopt(f"# Another\n{shipped()}")
    completes(desk)
    catch_up(desk)
    titles = [each.event.title for each in proposed(desk)]  # type: ignore[attr-defined]
    assert all(isinstance(each, OutsideText) for each in titles)
    [completed] = desk.told_of(RcaCompleted)
    assert list(completed.event.actions) == titles  # type: ignore[attr-defined]


RESTRICT = c.Restrict(reason="Names of people")


@pytest.mark.parametrize(
    "commands",
    [(RESTRICT, COMPLETE), (COMPLETE, RESTRICT)],
    ids=("restricted_before", "restricted_before_it_is_read"),
)
def test_the_actions_of_a_restricted_incident_are_proposed_without_their_words(
    desk: Watch, commands: tuple[c.IncidentCommand, ...]
) -> None:
    desk.happens(1)
    for each in commands:
        desk.command(1, each)
    assert catch_up(desk)
    assert [
        f"Action {number} of the root cause analysis of a restricted incident" for number in (1, 2)
    ] == [each.event.title for each in proposed(desk)]  # type: ignore[attr-defined]


def test_whatever_is_read_again_proposes_nothing_again(desk: Watch) -> None:
    completes(desk)
    catch_up(desk)
    size = desk.store.size()
    for _ in range(2):
        read_again(desk)
        assert not catch_up(desk)
    assert size == desk.store.size()
    sends(desk, uuid_of(proposed(desk)[0].stream), i.RejectImprovement(reason="Done."))
    read_again(desk)
    assert not catch_up(desk)


def test_what_an_import_recorded_and_what_the_policy_leaves_alone_proposes_nothing(
    desk: Watch,
) -> None:
    completes(desk, source="import/history")
    assert not catch_up(desk)
    desk.adopt(shipped().replace("from_actions = true", "from_actions = false"))
    completes(desk, 2)
    assert not catch_up(desk)
    text = shipped()
    desk.adopt(text[: text.index("[improvements]")] + text[text.index("no_recurrence =") :][24:])
    completes(desk, 3)
    assert not catch_up(desk)
    assert [] == proposed(desk)


def test_the_policy_of_the_event_decides_however_late_it_is_read(desk: Watch) -> None:
    completes(desk)
    desk.adopt(shipped().replace("from_actions = true", "from_actions = false"))
    assert catch_up(desk)
    assert 2 == len(proposed(desk))


def test_each_action_of_a_concluded_review_is_proposed(desk: Watch) -> None:
    for number in range(1, 5):
        desk.happens(number)
    desk.reviews().catch_up()
    review = review_id("chat", "2026-03")
    command = ConcludeReview(findings="Often the filter", actions=["Replace the filter"])
    request = ExecuteCommand(asker=HOST, kind=REVIEW.kind, subject=review, command=command)
    desk.executor.execute(request, desk.context())
    assert catch_up(desk)
    [found] = proposed(desk)
    assert ("chat", i.CauseKind.REVIEW, REVIEW.stream(review)) == (
        found.event.system,  # type: ignore[attr-defined]
        found.event.cause.kind,  # type: ignore[attr-defined]
        found.event.cause.ref,  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize("hosts", [2, 4])
def test_processes_that_race_on_one_store_propose_each_action_once(
    tmp_path: Path, desk: Watch, hosts: int
) -> None:
    for number in range(1, 11):
        completes(desk, number)
    desk.seal()
    together = Barrier(hosts)

    def run() -> None:
        with closing(store_of(tmp_path)) as store:
            executor = Executor(store, clock=lambda: NOON, new_id=new_id)
            try:
                one = ImprovementProcess(
                    Services(store, executor, clock=lambda: NOON, new_id=new_id)
                )
                together.wait(DEADLINE)
                one.catch_up()
            finally:
                executor.close()

    with ThreadPoolExecutor(hosts) as pool:
        for future in [pool.submit(run) for _ in range(hosts)]:
            future.result(6 * DEADLINE)
    assert 20 == len({each.stream for each in proposed(desk)}) == len(proposed(desk))


def opens(desk: Watch) -> Recorded:
    """An alert opens an incident, whose RCA proposes two actions; the event of the incident."""
    desk.take(desk.signal("a"))
    opened = desk.told_of(GroupOpenedIncident)[-1]
    incident = opened.event.incident  # type: ignore[attr-defined]
    desk.executor.execute(
        ExecuteCommand(asker=HOST, kind=INCIDENT.kind, subject=incident, command=COMPLETE),
        desk.context(),
    )
    catch_up(desk)
    return opened


def ends(desk: Watch) -> None:
    """The alert ends, and some time later its next episode is another incident."""
    desk.take(desk.signal("a", "resolved", ends_at=desk.now))
    desk.pass_time(days=2)


def watched(desk: Watch, days: int = 30) -> UUID:
    """The first action is done, and its incident is not to happen again for so long."""
    opens(desk)
    of = uuid_of(proposed(desk)[0].stream)
    command = i.AcceptImprovement(
        owner=ADA, due=desk.now + 9 * DAY, no_recurrence=True, within_days=days
    )
    sends(desk, of, command)
    desk.pass_time(hours=1)
    sends(desk, of, i.RecordImprovementDone(what="Tested"))
    return of


def test_the_clock_finds_it_effective_where_nothing_happened_again(desk: Watch) -> None:
    of = watched(desk)
    ends(desk)
    desk.look()
    desk.pass_time(days=29)
    for _ in range(2):
        catch_up(desk)
        desk.look()
    [checked] = desk.told_of(i.ImprovementChecked)
    assert (f"improvement/{of}", i.CheckResult.EFFECTIVE, UNSET) == (
        checked.stream,
        checked.event.result,  # type: ignore[attr-defined]
        checked.event.person,  # type: ignore[attr-defined]
    )


def test_what_nobody_could_hear_is_no_effect(desk: Watch) -> None:
    desk.adopt(policy())
    add(desk)
    sign(desk)
    watched(desk, days=1)
    passes(desk, 3 * HOUR)
    desk.look()
    assert 1 == len(desk.told_of(SourceSilent))
    desk.pass_time(days=1)
    desk.look()
    desk.look()
    [checked] = desk.told_of(i.ImprovementChecked)
    assert isinstance(checked.event, i.ImprovementChecked)
    assert (i.CheckResult.INCONCLUSIVE, UNSET) == (checked.event.result, checked.event.person)
    assert "for 24 of 24 hours nobody heard them" in str(checked.event.basis)


def test_an_incident_of_the_same_alerts_is_a_recurrence_once(desk: Watch) -> None:
    of = watched(desk)
    ends(desk)
    desk.take(desk.signal("a"))
    assert catch_up(desk)
    read_again(desk)
    assert not catch_up(desk)
    desk.pass_time(days=40)
    desk.look()
    [recurred] = desk.told_of(i.ImprovementRecurred)
    opened = desk.told_of(GroupOpenedIncident)[-1]
    assert (f"improvement/{of}", opened.event.incident, opened.id) == (  # type: ignore[attr-defined]
        recurred.stream,
        recurred.event.incident,  # type: ignore[attr-defined]
        recurred.causation,
    )
    assert [] == desk.told_of(i.ImprovementChecked)


def test_a_clock_that_looks_before_the_follower_finds_the_same(desk: Watch) -> None:
    watched(desk)
    ends(desk)
    desk.take(desk.signal("a"))
    desk.pass_time(days=40)
    desk.look()
    catch_up(desk)
    assert 1 == len(desk.told_of(i.ImprovementRecurred))
    assert [] == desk.told_of(i.ImprovementChecked)


def test_what_happens_after_its_time_is_no_recurrence(desk: Watch) -> None:
    watched(desk, days=1)
    ends(desk)
    desk.take(desk.signal("a"))
    catch_up(desk)
    desk.look()
    assert [] == desk.told_of(i.ImprovementRecurred)
    assert 1 == len(desk.told_of(i.ImprovementChecked))


def test_what_is_done_again_is_watched_anew(desk: Watch) -> None:
    of = watched(desk)
    ends(desk)
    desk.take(desk.signal("a"))
    catch_up(desk)
    sends(desk, of, i.ReopenImprovement(due=desk.now + 9 * DAY, reason="Another way"))
    ends(desk)
    desk.take(desk.signal("a"))
    catch_up(desk)  # it is not done now
    assert 1 == len(desk.told_of(i.ImprovementRecurred))
    ends(desk)
    sends(desk, of, i.RecordImprovementDone(what="Replaced"))
    read_again(desk)
    assert not catch_up(desk)
    desk.pass_time(days=1)
    desk.take(desk.signal("a"))
    catch_up(desk)
    assert 2 == len(desk.told_of(i.ImprovementRecurred))


def test_a_person_checks_it_in_his_session_and_the_owner_is_refused_by_name(desk: Watch) -> None:
    completes(desk)
    catch_up(desk)
    of = uuid_of(proposed(desk)[0].stream)
    sends(desk, of, i.AcceptImprovement(owner=ADA, due=desk.now + DAY))
    desk.pass_time(hours=25)
    desk.look()
    desk.look()
    sends(desk, of, i.RecordImprovementDone(what="Tested"))
    check = i.CheckImprovement(result=i.CheckResult.EFFECTIVE, basis="It holds.")
    with pytest.raises(Refused, match="own_check"):
        sends(desk, of, check, asker=PERSON)
    sends(desk, of, check, by=BOB, asker=PERSON)
    assert [
        "improvement.proposed.v1",
        "improvement.proposed.v1",
        "improvement.accepted.v1",
        "improvement.overdue.v1",
        "improvement.done.v1",
        "improvement.checked.v1",
    ] == told(desk)


def test_what_is_watched_by_the_clock_is_what_the_log_says(desk: Watch) -> None:
    watched(desk)
    desk.look()
    with closing(Deadlines(desk.store)) as deadlines:
        deadlines.follow(desk.store.read(0, 1_000))
        assert [] == list(deadlines.faults())
