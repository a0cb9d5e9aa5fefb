"""A rebuild goes on beside the live view, is switched at once, and never takes readers back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import inspect

from ledger.domain.envelope import Recorded
from ledger.errors import Unavailable, UnknownEvent
from ledger.store.sqlite import SQLiteStore
from projections.engine import Progress, Projector, ViewsDatabase, digest, feed, rebuild
from projections.engine.feed import Feed
from projections.engine.generations import find
from projections.engine.projection import Key, Row
from tests.unit.projections.places import Place
from tests.unit.projections.toy import INVENTED, NEW, OLD, TOTALS, Log, live_rows, totals

DEADLINE = 20


@pytest.fixture
def projector(store: SQLiteStore, views: ViewsDatabase, log: Log) -> Projector:
    """Caught up with ten events."""
    for number in range(5):
        log.add(f"toy/{number}", number, number)
    projector = Projector(store, views, OLD, (TOTALS,))
    projector.catch_up()
    return projector


def states(views: ViewsDatabase) -> dict[str, int]:
    """The generation in each state."""
    with views.begin() as connection:
        found = {state: find(connection, TOTALS, state) for state in ("live", "old", "building")}
    return {state: at.number for state, at in found.items() if at is not None}


def tables(views: ViewsDatabase) -> list[str]:
    with views.begin() as connection:
        return sorted(t for t in inspect(connection).get_table_names() if t.startswith("totals"))


def test_a_rebuild_makes_a_new_generation_live_and_keeps_the_old_one(
    projector: Projector, views: ViewsDatabase
) -> None:
    before = digest(views, TOTALS)

    assert 10 == rebuild(projector, views, TOTALS, until=10)

    assert {"live": 2, "old": 1} == states(views)
    assert before == digest(views, TOTALS)


def test_the_next_rebuild_drops_what_the_last_one_left(
    projector: Projector, views: ViewsDatabase
) -> None:
    for _ in range(3):
        rebuild(projector, views, TOTALS, until=10)

    assert {"live": 4, "old": 3} == states(views)
    assert ["totals_v1_g3", "totals_v1_g4"] == tables(views)


def test_a_rebuild_repairs_rows_that_were_damaged(
    projector: Projector, views: ViewsDatabase
) -> None:
    before = digest(views, TOTALS)
    with views.begin(write=True) as connection:
        connection.execute(TOTALS.table(1).update().values(total=99))
    assert before != digest(views, TOTALS)

    rebuild(projector, views, TOTALS, until=10)

    assert before == digest(views, TOTALS)


def test_a_rebuild_sees_what_was_sealed_since_its_projector_last_looked(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 100)

    assert 11 == rebuild(projector, views, TOTALS, until=11)

    assert 102 == totals(views)["toy/1"]


def test_a_rebuild_goes_on_to_where_the_live_view_stands(
    projector: Projector, views: ViewsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 3)

    assert 10 == rebuild(projector, views, TOTALS, until=4)


def test_a_rebuild_that_is_to_pass_the_end_of_the_log_says_so_and_leaves_the_live_view(
    projector: Projector, views: ViewsDatabase
) -> None:
    with pytest.raises(Unavailable) as refused:
        rebuild(projector, views, TOTALS, until=11)

    assert "Only 10 events are sealed" in refused.value.message
    assert 1 == states(views)["live"]


def test_a_rebuild_that_meets_an_unknown_event_leaves_the_live_view(
    projector: Projector, store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", INVENTED)
    before = digest(views, TOTALS)

    with pytest.raises(UnknownEvent):
        rebuild(projector, views, TOTALS, until=11)
    assert (1, before) == (states(views)["live"], digest(views, TOTALS))

    newer = Projector(store, views, NEW, (TOTALS,))
    assert 11 == rebuild(newer, views, TOTALS, until=11)
    assert ["totals_v1_g1", "totals_v1_g2"] == tables(views)


def test_a_rebuild_lets_a_stopped_projection_try_again(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, 2)
    stumbling = [True]

    def stumble(row: Row | None, recorded: Recorded, key: Key) -> Row:
        if stumbling[0]:
            raise ValueError("stumbled")
        return TOTALS.evolve(row, recorded, key)

    projection = replace(TOTALS, evolve=stumble)
    projector = Projector(store, views, OLD, (projection,))
    projector.catch_up()
    assert ["stumbled"] == [each.stopped for each in projector.progress]
    stumbling[0] = False

    rebuild(projector, views, projection, until=2)
    log.add("toy/1", 3)
    projector.catch_up()

    assert [Progress("totals", 3)] == list(projector.progress)
    assert {"toy/1": 6} == totals(views, projection)


def test_a_rebuild_that_another_took_over_from_ends_and_harms_nothing(
    store: SQLiteStore,
    place: Place,
    views: ViewsDatabase,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 3)
    log.add("toy/1", *range(10))
    other = place.open()

    class Interrupted(Projector):
        """Its feed lets another rebuild in after the first batch."""

        def new_feed(self, limit: int) -> Feed:
            reads = iter(range(10))
            new = super().new_feed(limit)
            refresh = new.refresh

            def interrupted() -> None:
                refresh()
                if next(reads) == 1:
                    rebuild(Projector(store, other, OLD, (TOTALS,)), other, TOTALS, until=10)

            new.refresh = interrupted  # type: ignore[method-assign]
            return new

    with pytest.raises(Unavailable) as refused:
        rebuild(Interrupted(store, views, OLD, (TOTALS,)), views, TOTALS, until=10)

    assert "Another rebuild of totals took over" in refused.value.message
    assert ({"toy/1": 45}, ["live"]) == (totals(views), list(states(views)))
    other.close()


def test_a_live_projector_and_readers_go_on_beside_rebuilds(
    store: SQLiteStore,
    views: ViewsDatabase,
    place: Place,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_BATCH", 10)
    monkeypatch.setattr(feed, "EVENTS_PER_REBUILD_BATCH", 20)
    log.add("toy/1", *range(200))
    Projector(store, views, OLD, (TOTALS,)).catch_up()
    done = threading.Event()

    def until_done(step: Callable[[ViewsDatabase], None]) -> None:
        with place.opened() as own:
            while not done.wait(0.002):  # a loop that never rests keeps the others from writing
                step(own)

    def project(own: ViewsDatabase) -> None:
        Projector(store, own, OLD, (TOTALS,)).catch_up()

    seen: list[tuple[int, Row]] = []

    def look(own: ViewsDatabase) -> None:
        try:
            with own.begin() as connection:
                at = find(connection, TOTALS, "live")
                assert at is not None
                seen.append((at.next, live_rows(connection, TOTALS)["toy/1",]))
        except Unavailable as error:
            if "Try again: a rebuild may have replaced" not in str(error):
                raise  # else two rebuilds passed between the position and the rows

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(until_done, step) for step in (project, look)]
        for number in range(8):
            log.add("toy/1", *range(number * 10))
            own = Projector(store, views, OLD, (TOTALS,))
            assert store.size() <= rebuild(own, views, TOTALS, until=store.size())
        done.set()
        for each in running:
            each.result(DEADLINE)

    positions = [position for position, _ in seen]
    assert positions
    assert sorted(positions) == positions
    assert all(position == row["count"] == row["leaf"] + 1 for position, row in seen)
    Projector(store, views, OLD, (TOTALS,)).catch_up()
    live = digest(views, TOTALS)
    with place.another().opened() as fresh:
        Projector(store, fresh, OLD, (TOTALS,)).catch_up()
        assert live == digest(fresh, TOTALS)
