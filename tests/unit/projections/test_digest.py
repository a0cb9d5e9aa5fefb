"""The digest: the same for the same rows, whatever generation, batches or order made them."""

from dataclasses import replace

import pytest

from ledger.store.sqlite import SQLiteStore
from projections.engine import Projector, ViewsDatabase, digest, feed, rebuild
from tests.unit.projections.places import Place
from tests.unit.projections.toy import OLD, TOTALS, Log


@pytest.fixture
def projector(store: SQLiteStore, views: ViewsDatabase, log: Log) -> Projector:
    for number in range(5):
        log.add(f"toy/{number}", *range(number))
    projector = Projector(store, views, OLD, (TOTALS,))
    projector.catch_up()
    return projector


def test_a_digest_names_its_algorithm(projector: Projector, views: ViewsDatabase) -> None:
    algorithm, _, value = digest(views, TOTALS).partition(":")

    assert ("sha256", 64) == (algorithm, len(value))


def test_generations_of_one_history_have_one_digest(
    projector: Projector, views: ViewsDatabase, store: SQLiteStore
) -> None:
    before = digest(views, TOTALS)

    rebuild(projector, views, TOTALS, until=store.size())
    rebuild(projector, views, TOTALS, until=store.size())

    assert before == digest(views, TOTALS)


def test_batches_of_any_size_give_one_digest(
    projector: Projector,
    views: ViewsDatabase,
    store: SQLiteStore,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "EVENTS_PER_BATCH", 1)

    with place.another().opened() as other:
        Projector(store, other, OLD, (TOTALS,)).catch_up()

        assert digest(views, TOTALS) == digest(other, TOTALS)


def test_any_other_row_is_another_digest(
    projector: Projector, views: ViewsDatabase, log: Log
) -> None:
    before = digest(views, TOTALS)

    log.add("toy/1", 0)
    projector.catch_up()

    assert before != digest(views, TOTALS)


def test_a_key_in_another_order_within_a_value_is_no_difference(
    projector: Projector, views: ViewsDatabase
) -> None:
    before = digest(views, TOTALS)

    with views.begin(write=True) as connection:
        table = TOTALS.table(1)
        row = connection.execute(table.select().where(table.c.stream == "toy/4")).one()
        seen = dict(reversed(row.seen.items()))
        connection.execute(table.update().where(table.c.stream == "toy/4").values(seen=seen))

    assert before == digest(views, TOTALS)


def test_what_was_never_filled_has_the_digest_of_no_rows(views: ViewsDatabase) -> None:
    assert digest(views, TOTALS) == digest(views, replace(TOTALS, kinds=frozenset()))
    assert digest(views, TOTALS) != digest(views, replace(TOTALS, version=2))
