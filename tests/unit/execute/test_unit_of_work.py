"""The parts of a batch's unit of work: each gives back what a refused request took."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import stream_id
from ledger.domain.incident.events import Communicated
from ledger.execute import DryRunExecutor, RecordSignals
from ledger.execute.last_seen import LastSeenCache
from ledger.execute.signal_routes import SignalRoutes, follow_merges
from ledger.execute.state_cache import StateCache
from ledger.execute.unit_of_work import POLICY_STREAM, Work
from ledger.policy import parse_policy, shipped
from ledger.store.mapper import EnvelopeMapper
from ledger.store.side_records import ConsumedId, LastSeen, PositionMove, StreamUnchanged
from tests.unit.execute.desk import NOON, Desk

ALERT = UUID(int=7)
INCIDENT = stream_id("incident", UUID(int=1))
SPOKEN = Communicated(at=NOON, message="We know.", audience="all")


@pytest.fixture
def work(desk: Desk) -> Work:
    """A batch behind an adopted policy and one reported incident."""
    desk.report(1)
    return new_work(desk)


def new_work(desk: Desk) -> Work:
    mapper, ids = EnvelopeMapper(CODEC), count(1_000_000)
    return Work(
        desk.store,
        mapper,
        StateCache(mapper, 100),
        LastSeenCache(desk.store),
        clock=lambda: desk.now,
        new_id=lambda: str(UUID(int=next(ids))),
    )


def test_a_rollback_sets_the_states_of_before_the_refused_request(desk: Desk, work: Work) -> None:
    before = work.states.loaded(INCIDENT)
    work.record(INCIDENT, SPOKEN, desk.context())
    kept = work.states.loaded(INCIDENT)
    point = work.savepoint()

    work.record(INCIDENT, SPOKEN, desk.context())
    work.record(INCIDENT, SPOKEN, desk.context())
    work.rollback(point)

    assert before.version + 1 == kept.version
    assert kept == work.states.loaded(INCIDENT)
    assert [kept.version] == [event.version for event in work.events]


def test_a_rollback_takes_back_claims_side_writes_and_preconditions(work: Work) -> None:
    assert work.claims.consume("signal/am", "kept")
    point = work.savepoint()
    assert work.claims.consume("signal/am", "refused")
    assert work.claims.claim_once("quarantine", "q1")
    work.require_unchanged([INCIDENT])

    work.rollback(point)

    assert [ConsumedId(scope="signal/am", id="kept")] == work.side_writes
    assert [False, True, True] == [
        work.claims.consume("signal/am", "kept"),
        work.claims.consume("signal/am", "refused"),
        work.claims.claim_once("quarantine", "q1"),
    ]
    assert [] == work.preconditions()


def test_an_id_that_the_store_holds_is_consumed_once_for_good(desk: Desk, work: Work) -> None:
    desk.store.append([], [ConsumedId(scope="signal/am", id="7")])

    assert [False, True, False] == [
        work.claims.consume("signal/am", name) for name in ("7", "8", "8")
    ]
    assert [ConsumedId(scope="signal/am", id="8")] == work.side_writes


def test_what_the_decisions_read_is_a_precondition_of_their_events(desk: Desk, work: Work) -> None:
    work.require_unchanged([INCIDENT])
    assert [] == work.preconditions()

    work.record(stream_id("incident", UUID(int=2)), SPOKEN, desk.context())

    assert [
        StreamUnchanged(stream=POLICY_STREAM, version=1),
        StreamUnchanged(stream=INCIDENT, version=work.states.loaded(INCIDENT).version),
    ] == work.preconditions()


def test_a_last_seen_time_counts_stored_ones_and_those_of_the_batch(desk: Desk, work: Work) -> None:
    policy, later = parse_policy(shipped()), NOON + timedelta(minutes=5)
    assert None is work.last_seen.of(ALERT)
    desk.store.append([], [LastSeen(subject=ALERT, at=NOON)])
    assert work.last_seen.of(ALERT) == NOON
    work.last_seen.look_up([ALERT])

    for at in (NOON + timedelta(seconds=30), later, later):
        work.last_seen.record_seen(ALERT, at, policy)

    assert [LastSeen(subject=ALERT, at=later)] == work.side_writes
    assert later == work.last_seen.of(ALERT)


def test_a_position_is_that_of_before_the_batch(desk: Desk, work: Work) -> None:
    desk.store.append([], [PositionMove(follower="clock", old=0, new=9)])
    work.positions.look_up(["clock", "other"])
    desk.store.append([], [PositionMove(follower="clock", old=9, new=10)])

    assert [9, 0] == [work.positions.of(name) for name in ("clock", "other")]
    assert 10 == new_work(desk).positions.of("clock")


def test_a_part_of_a_handler_is_made_once_a_batch(desk: Desk, work: Work) -> None:
    routes = work.part(SignalRoutes)

    assert routes is work.part(SignalRoutes)
    assert routes is not new_work(desk).part(SignalRoutes)


def test_an_incident_that_no_merge_closed_stands_for_itself(work: Work) -> None:
    state = work.states.loaded(INCIDENT).state

    assert (UUID(int=1), state) == follow_merges(UUID(int=1), work)
    assert None is follow_merges(None, work)


def test_a_dry_run_takes_no_signal_for_one_that_it_forgot(desk: Desk) -> None:
    """A new signal often has the memory, and so the identity, of one that is gone."""
    ids: Iterator[int] = count(1)
    tried = DryRunExecutor(
        desk.store, clock=lambda: NOON, new_id=lambda: str(UUID(int=1_000_000 + next(ids)))
    )

    fired = [
        tried.execute(
            RecordSignals(source="am", signals=(desk.signal(f"{n}"),)), desk.context()
        ).recorded
        for n in range(50)
    ]

    assert [1] * 50 == fired
