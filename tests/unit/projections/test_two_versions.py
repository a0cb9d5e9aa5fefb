"""Programs with two versions of a read model on one database: each has tables of its own."""

from contextlib import closing
from dataclasses import replace

from ledger.domain.envelope import Recorded
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, ViewsDatabase, digest, rebuild
from projections.engine.projection import Key, Row
from tests.unit.projections.places import Place
from tests.unit.projections.toy import INVENTED, NEW, OLD, TOTALS, Log, totals


def doubled(row: Row | None, recorded: Recorded, key: Key) -> Row:
    new = TOTALS.evolve(row, recorded, key)
    return {**new, "total": 2 * new["total"] - (row["total"] if row else 0)}


LATER = replace(TOTALS, version=2, evolve=doubled)


def test_both_versions_are_kept_up_beside_each_other(
    store: SQLiteStore, views: ViewsDatabase, place: Place, log: Log
) -> None:
    with closing(place.open()) as others:
        old = Projector(store, views, OLD, (TOTALS,))
        new = Projector(store, others, NEW, (LATER,))
        for number in range(1, 6):
            log.add("toy/1", number)
            (old if number % 2 else new).catch_up()
        old.catch_up()
        new.catch_up()

    assert {"toy/1": 15} == totals(views, TOTALS)
    assert {"toy/1": 30} == totals(views, LATER)


def test_a_rebuild_of_one_version_leaves_the_other_as_it_is(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    old = Projector(store, views, OLD, (TOTALS,))
    new = Projector(store, views, NEW, (LATER,))
    log.add("toy/1", 1, 2)
    old.catch_up()
    new.catch_up()
    before = digest(views, TOTALS)

    for _ in range(3):
        assert 2 == rebuild(new, views, LATER, until=2)

    assert before == digest(views, TOTALS)
    log.add("toy/1", 3)
    old.catch_up()
    new.catch_up()
    assert ({"toy/1": 6}, {"toy/1": 12}) == (totals(views, TOTALS), totals(views, LATER))


def test_an_event_that_only_the_newer_program_knows_stops_the_older_version_alone(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1, INVENTED, 2)
    old = Projector(store, views, OLD, (TOTALS,))
    new = Projector(store, views, NEW, (LATER,))

    old.catch_up()
    new.catch_up()

    assert ({"toy/1": 1}, {"toy/1": 6}) == (totals(views, TOTALS), totals(views, LATER))
    assert "Upgrade airledger" in str(old.progress[0].stopped)
    assert new.progress[0].stopped is None
