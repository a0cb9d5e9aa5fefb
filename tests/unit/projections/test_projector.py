"""The projector: rows and position in one transaction, and what stops one projection alone."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Table

from ledger.errors import Unavailable
from ledger.store.sqlite import SQLiteStore
from projections.engine import Progress, Projector, ViewsDatabase, digest, feed, fold
from projections.engine.projection import Row
from projections.engine.statements import write_rows
from tests.unit.projections.places import Place
from tests.unit.projections.toy import (
    BOTH,
    INVENTED,
    NEW,
    OLD,
    OTHERS,
    TOTALS,
    Log,
    rows,
    totals,
)


@pytest.fixture
def projector(store: SQLiteStore, views: ViewsDatabase) -> Projector:
    return Projector(store, views, OLD, (TOTALS, OTHERS))


def test_what_is_sealed_is_folded_and_no_more(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    assert not projector.catch_up()
    log.add("toy/1", 1, 2)
    log.add("other/1", 5)
    log.add("toy/2", 10, seal=False)

    assert projector.catch_up()
    assert not projector.catch_up()

    assert {"toy/1": 3} == totals(views)
    assert {"other/1": 5} == totals(views, OTHERS)
    assert (Progress("totals", 3), Progress("others", 3)) == projector.progress


def test_a_log_longer_than_a_batch_is_folded_to_its_end(
    projector: Projector, views: ViewsDatabase, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_BATCH", 7)
    for number in range(10):
        log.add(f"toy/{number % 3}", *range(10))

    projector.catch_up()

    assert {"toy/0": 180, "toy/1": 135, "toy/2": 135} == totals(views)
    assert {100} == {progress.next for progress in projector.progress}


def test_rows_and_position_move_together_or_not_at_all(
    projector: Projector, views: ViewsDatabase, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add("toy/1", 1)
    projector.catch_up()
    log.add("toy/1", 2)

    def write_then_fail(
        connection: Connection, table: Table, changed: Iterable[Row], *, new: bool = False
    ) -> None:
        write_rows(connection, table, changed, new=new)
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(fold, "write_rows", write_then_fail)
        with pytest.raises(Unavailable):
            projector.catch_up()
    assert ({"toy/1": 1}, 1) == (totals(views), projector.progress[0].next)

    projector.catch_up()

    assert ({"toy/1": 3}, 2) == (totals(views), projector.progress[0].next)


def test_an_unknown_event_stops_that_projection_alone_after_what_came_before_it(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, 2, INVENTED, 3)
    log.add("other/1", 5)

    projector.catch_up()
    log.add("toy/1", 4)
    log.add("other/1", 6)
    projector.catch_up()

    stopped, runs = projector.progress
    assert ("totals", 2) == (stopped.name, stopped.next)
    assert "The event type 'toy.invented.v1' is not known to this program." in str(stopped.stopped)
    assert "Upgrade airledger" in str(stopped.stopped)
    assert Progress("others", 7) == runs
    assert ({"toy/1": 3}, {"other/1": 11}) == (totals(views), totals(views, OTHERS))


def test_a_stopped_projection_goes_on_once_its_event_is_known(
    projector: Projector, store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, INVENTED, 3)
    projector.catch_up()
    projector.resume()
    projector.catch_up()
    assert {"toy/1": 1} == totals(views)

    newer = Projector(store, views, NEW, (TOTALS,))
    newer.catch_up()

    assert ({"toy/1": 4}, (Progress("totals", 3),)) == (totals(views), newer.progress)


def test_an_unknown_event_of_a_kind_that_nobody_reads_stops_nobody(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    log.add("else/1", INVENTED)
    log.add("toy/1", 1)

    projector.catch_up()

    assert (Progress("totals", 2), Progress("others", 2)) == projector.progress


def test_an_event_that_does_not_fold_stops_that_projection_alone(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, 2, -1, 3)
    log.add("other/1", 5)
    projector = Projector(store, views, OLD, (TOTALS, BOTH, OTHERS))

    projector.catch_up()

    reason = "-1 at leaf 2 is no number to count"
    assert (
        Progress("totals", 2, reason),
        Progress("both", 2, reason),
        Progress("others", 5),
    ) == projector.progress
    assert {"toy/1": 3} == totals(views) == totals(views, BOTH)


def test_a_row_that_the_table_refuses_stops_that_projection_alone(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    faulty = replace(TOTALS, name="faulty", evolve=lambda row, _, key: {**columns_of(key[0])})
    log.add("toy/1", 1)
    projector = Projector(store, views, OLD, (faulty, TOTALS))

    projector.catch_up()

    stopped, runs = projector.progress
    assert re.search("(?i)not[- ]null constraint", str(stopped.stopped))
    assert Progress("totals", 1) == runs


def columns_of(stream: str) -> Row:
    return {"stream": stream, "count": None, "total": 0, "leaf": 0, "seen": {}}


def test_a_sealed_event_that_is_gone_stops_every_projection_and_says_so(
    projector: Projector, store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, 2, 3, 4)
    with store.sealing() as sealing:
        sealing._c.execute("DELETE FROM stored_events WHERE notification_id = 3")

    projector.catch_up()

    assert [2, 2] == [progress.next for progress in projector.progress]
    for progress in projector.progress:
        assert "The sealed event at leaf 2 is missing" in str(progress.stopped)
    assert {"toy/1": 3} == totals(views)


def test_two_projectors_at_once_have_one_effect(
    store: SQLiteStore, place: Place, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_BATCH", 5)
    for number in range(60):
        log.add(f"toy/{number % 7}", *range(5))

    def project(_: int) -> None:
        with place.opened() as own:
            Projector(store, own, OLD, (TOTALS, BOTH)).catch_up()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(project, range(3)))

    with place.opened() as views:
        found, others = rows(views, TOTALS), rows(views, BOTH)
    assert (300, 600) == (
        sum(row["count"] for row in found.values()),
        sum(row["total"] for row in found.values()),
    )
    assert found == others


def test_a_new_version_is_a_table_of_its_own_beside_the_old_one(
    projector: Projector, store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1)
    projector.catch_up()
    newer = replace(TOTALS, version=2)

    Projector(store, views, OLD, (newer,)).catch_up()

    assert rows(views, TOTALS) == rows(views, newer)
    assert digest(views, TOTALS) != digest(views, newer)
